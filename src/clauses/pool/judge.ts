import { later, latest, monoAt, msBetween, type Mono } from '../../core/time/moment.ts'
import type { PoolSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { Hit } from '../../kinds/context.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { allMet, joinParts, listText, secondsText, type Part } from '../shared/parts.ts'

/** The listing as it was at one moment: when it had been read. */
export interface PoolReading {
  readonly atMs: Mono
  readonly members: readonly PoolMember[]
}

export interface PoolSeen {
  /** In order of time; those from before the fault too. */
  readonly readings: readonly PoolReading[]
  readonly hits: readonly Hit[]
  /** What times count from where no hit says it: the window's start, or in the phase after the fault its own. */
  readonly startMs: Mono
  /** Times count from `startMs` whatever was hit when. */
  readonly afterFault: boolean
  /** Why the listing could not be read in the end; null when it could. */
  readonly problem: string | null
}

/** Between two readings further apart than this, when something happened is unknown. */
const CLOSE_MS = 750
/** A member that registers just as it is hit is first listed in a reading that began before. */
const MEET_MS = 500
/** What has just become true may be so for a moment only. */
const HOLD_MS = 300

/** Since when something is so. */
interface Moment {
  /** Not before this; equal to `toMs` where the two readings were close. */
  readonly fromMs: Mono
  /** The first reading of those in which it was so; null where it was not in the last one, which is `fromMs`. */
  readonly toMs: Mono | null
}

/** Pure. What the listing did not say because it could not be read leaves its part undecided. */
export function judgePool(spec: PoolSpec, seen: PoolSeen): Observation {
  const parts: Part[] = []
  if (spec.hit_removed_within_seconds !== undefined) parts.push(hitPart('removed', spec.hit_removed_within_seconds, seen))
  if (spec.hit_failed_within_seconds !== undefined) parts.push(hitPart('failed', spec.hit_failed_within_seconds, seen))
  if (spec.hit_gets_no_work !== undefined) parts.push(noWorkPart(seen))
  if (spec.ready !== undefined) parts.push(readyPart(spec.ready, seen))
  const joined = joinParts(parts)
  if (seen.problem === null || joined.met === true) return joined
  return { ...joined, observed: `${joined.observed}; the listing could not be read in the end: ${seen.problem}` }
}

/** `pool: the member that was hit is listed as failed within 4 s`. */
export function poolText(spec: PoolSpec): string {
  const nothing = { readings: [], hits: [], startMs: monoAt(0), afterFault: false, problem: null }
  return `pool: ${judgePool(spec, nothing).expected}`
}

/** Pure: nothing that may still be listed can change the judgement. */
export function isPoolSettled(spec: PoolSpec, seen: PoolSeen, nowMs: Mono): boolean {
  const past = (zeroMs: Mono, seconds: number): boolean => nowMs > later(zeroMs, seconds * 1_000)
  const hitsSettled = (state: 'removed' | 'failed', seconds: number | undefined): boolean =>
    seconds === undefined ||
    seen.hits.every((hit) => {
      const member = memberOf(hit, seen)
      if (member === null) return nowMs > later(hit.atMs, MEET_MS)
      return sinceOf(hitMoment(state, member, hit, seen)) !== null || past(zeroOf(hit, seen), seconds)
    })
  if (!hitsSettled('removed', spec.hit_removed_within_seconds) || !hitsSettled('failed', spec.hit_failed_within_seconds))
    return false
  if (spec.ready === undefined) return true
  const sinceMs = sinceOf(readyMoment(spec.ready.at_least, seen))
  return (sinceMs !== null && msBetween(sinceMs, nowMs) >= HOLD_MS) || past(readyZero(seen), spec.ready.within_seconds)
}

function zeroOf(hit: Hit, seen: PoolSeen): Mono {
  return seen.afterFault ? seen.startMs : hit.atMs
}

/** So many can work again some time after the last of them was hit. */
function readyZero(seen: PoolSeen): Mono {
  const [first = seen.startMs, ...others] = seen.hits.map((hit) => zeroOf(hit, seen))
  return latest(first, ...others)
}

function hitPart(state: 'removed' | 'failed', seconds: number, seen: PoolSeen): Part {
  const as = state === 'removed' ? 'listed no more, or as failed,' : 'listed as failed'
  const expected = `the member that was hit is ${as} within ${seconds} s`
  if (seen.hits.length === 0) return { expected, observed: 'nothing of the pool was hit', met: null }
  const each = seen.hits.map((hit) => oneHit(state, seconds, hit, seen))
  // What went wrong comes first: the list is cut.
  const rank = (met: boolean | null): number => (met === false ? 0 : met === null ? 1 : 2)
  const told = [...each].sort((a, b) => rank(a.met) - rank(b.met))
  return { expected, observed: listText(told.map(({ observed }) => observed)), met: allMet(each.map(({ met }) => met)) }
}

function oneHit(state: 'removed' | 'failed', seconds: number, hit: Hit, seen: PoolSeen): Omit<Part, 'expected'> {
  const member = memberOf(hit, seen)
  if (member === null) return { observed: `${hit.name} was not in the listing`, met: null }
  const moment = hitMoment(state, member, hit, seen)
  const met = inTime(moment, zeroOf(hit, seen), seconds)
  const when = whenText(moment, zeroOf(hit, seen))
  const last = seen.readings.at(-1)?.members.find(({ id }) => id === member)
  if (sinceOf(moment) === null) {
    const now = last === undefined ? 'not listed' : `listed as ${last.state}`
    return { observed: `${member} (${hit.name}) is ${now} ${when}`, met }
  }
  const what = state === 'failed' || last?.meaning === 'failed' ? 'listed as failed' : 'listed no more'
  return { observed: `${member} (${hit.name}) ${what} ${when}`, met }
}

/** What it had under way when it was hit may be listed until that is noticed. */
const NOTICED_MS = 1_000

/** Who cannot work gets none: one that is not ready yet, or has failed. */
function noWorkPart(seen: PoolSeen): Part {
  const expected = 'the member that was hit gets no work'
  const { hits, readings } = seen
  const members = hits.map((hit) => ({ hit, id: memberOf(hit, seen) }))
  const strange = members.find(({ id }) => id === null)
  if (hits.length === 0 || strange !== undefined)
    return {
      expected,
      observed: strange === undefined ? 'nothing of the pool was hit' : `${strange.hit.name} was not in the listing`,
      met: null,
    }
  const found = members.flatMap(({ hit, id }) =>
    readings.flatMap(({ atMs, members: listed }) => {
      const works = listed.filter((one) => one.id === id && one.inFlight > 0)
      const cannot = ({ meaning }: PoolMember): boolean =>
        meaning === 'registering' || (meaning === 'failed' && atMs > later(hit.atMs, NOTICED_MS))
      return works.filter(cannot).map((member) => ({ hit, member, atMs }))
    }),
  )
  const [first] = found
  if (first === undefined)
    return { expected, observed: `none in ${readings.length} listings`, met: readings.length === 0 ? null : true }
  const { hit, member, atMs } = first
  const when = secondsText(msBetween(hit.atMs, atMs))
  return {
    expected,
    observed: `${member.id} (${hit.name}) was listed as ${member.state} with ${member.inFlight} under way, ${when} after its hit`,
    met: false,
  }
}

function readyPart(ready: NonNullable<PoolSpec['ready']>, seen: PoolSeen): Part {
  const expected = `≥ ${ready.at_least} members ready or busy within ${ready.within_seconds} s`
  const zeroMs = readyZero(seen)
  const moment = readyMoment(ready.at_least, seen)
  const counts = seen.readings.filter(({ atMs }) => atMs > zeroMs).map(workable)
  const many = sinceOf(moment) !== null ? `${ready.at_least} or more` : `only ${String(counts.at(-1) ?? 'an unknown number')}`
  const fewest = counts.length === 0 ? '' : ` (fewest ${Math.min(...counts)})`
  const observed = `${many} ready or busy ${whenText(moment, zeroMs)}${fewest}`
  return { expected, observed, met: inTime(moment, zeroMs, ready.within_seconds) }
}

/** null for what is not so, and where the listing was never read. */
function sinceOf(moment: Moment | null): Mono | null {
  return moment?.toMs ?? null
}

function inTime(moment: Moment | null, zeroMs: Mono, seconds: number): boolean | null {
  const deadlineMs = later(zeroMs, seconds * 1_000)
  if (moment === null) return null
  if (moment.toMs !== null && moment.toMs <= deadlineMs) return true
  return moment.fromMs >= deadlineMs ? false : null
}

function whenText(moment: Moment | null, zeroMs: Mono): string {
  if (moment === null) return 'as far as is known: the listing was never read'
  const after = (atMs: Mono): string => secondsText(Math.max(0, msBetween(zeroMs, atMs)))
  const { fromMs, toMs } = moment
  if (toMs === null || toMs === fromMs) return `after ${after(fromMs)}`
  return `between ${after(fromMs)} and ${after(toMs)}, when the listing was not read`
}

function hitMoment(state: 'removed' | 'failed', member: string, hit: Hit, seen: PoolSeen): Moment | null {
  const readings = seen.readings.filter(({ atMs }) => atMs > hit.atMs)
  const meaning = (reading: PoolReading): PoolMember['meaning'] | 'gone' => {
    const found = reading.members.find(({ id }) => id === member)
    return found === undefined ? 'gone' : found.meaning
  }
  if (state === 'removed')
    return sinceWhen(readings, (reading) => ['gone', 'failed'].includes(String(meaning(reading))), hit.atMs)
  // Failed members are listed for a while only: what counts is that it was listed so once.
  const first = readings.findIndex((reading) => meaning(reading) === 'failed')
  return sinceWhen(first === -1 ? readings : readings.slice(0, first + 1), (reading) => meaning(reading) === 'failed', hit.atMs)
}

function readyMoment(atLeast: number, seen: PoolSeen): Moment | null {
  const zeroMs = readyZero(seen)
  const readings = seen.readings.filter(({ atMs }) => atMs > zeroMs)
  return sinceWhen(readings, (reading) => workable(reading) >= atLeast, zeroMs)
}

/** From which reading on it was so in all that followed; null without a reading. */
function sinceWhen(readings: readonly PoolReading[], isSo: (reading: PoolReading) => boolean, zeroMs: Mono): Moment | null {
  const last = readings.at(-1)
  if (last === undefined) return null
  const lastNot = readings.findLastIndex((reading) => !isSo(reading))
  const first = readings[lastNot + 1]
  if (first === undefined) return { fromMs: last.atMs, toMs: null }
  const fromMs = readings[lastNot]?.atMs ?? zeroMs
  return { fromMs: msBetween(fromMs, first.atMs) <= CLOSE_MS ? first.atMs : fromMs, toMs: first.atMs }
}

/** The id by which the pool listed what was hit: told with the hit, or found by its container in the listing nearest before it. */
export function memberOf(hit: Hit, seen: PoolSeen): string | null {
  if (hit.member !== null) return hit.member
  const before = seen.readings.filter(({ atMs }) => atMs <= hit.atMs).toReversed()
  const known = seen.readings.filter(({ atMs }) => atMs <= later(hit.atMs, MEET_MS))
  for (const reading of [...before, ...known]) {
    const listed = reading.members.filter((member) => isContainer(member, hit))
    // Earlier registrations of the same container may still be listed as failed.
    const member = listed.find(({ meaning }) => meaning !== 'failed')
    if (member !== undefined) return member.id
  }
  return null
}

function isContainer(member: PoolMember, hit: Hit): boolean {
  const { container } = member
  return container === hit.name || (container.length >= 12 && hit.containerId.startsWith(container))
}

function workable(reading: PoolReading): number {
  return reading.members.filter(({ meaning }) => meaning === 'ready' || meaning === 'busy').length
}
