/** Work that was acknowledged, held against the system's own list of what it has done. */
import type { Clock } from '../../core/time/clock.ts'
import { msBetween, type Mono } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import { describeError, isChaosError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { isAborted, waitUntil } from '../../core/time/wait.ts'
import type { CompletedPort } from '../../ports/stack.ts'
import type { EngineDeps } from '../deps.ts'

/** The list is written a little after the answer. */
const CATCH_UP_MS = 5_000
const CATCH_UP_EVERY_MS = 200
const PAGE_LIMIT_MS = 2_000
/** The end of the wait cuts off whatever is being read then: what was read so shortly before says as much. */
const FRESH_MS = 1_000
/** A list that never ends is not followed for ever. */
const MOST_PAGES = 1_000
const MOST_TOLD = 5

/** Where the list ended, and when that was. */
export interface WorkPlace {
  readonly place: string
  readonly atMs: Mono
}

type ListDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer'>
type WorkDeps = ListDeps & Pick<EngineDeps, 'asked' | 'load'>

/** null for a stack that does not tell what it has done; a text says why its list could not be read. Never throws. */
export async function markWork({ clock, stack, observer }: ListDeps, signal: AbortSignal): Promise<WorkPlace | string | null> {
  const port = stack.completed(observer())
  if (port === null) return null
  try {
    const { next } = await port.page(port.first, signal)
    return { place: next, atMs: clock.nowMs() }
  } catch (error) {
    return isAborted(signal) ? null : describeError(error, 300)
  }
}

/** What a stack told of jobs: those that it answered as done, and those that it refused. */
export interface Acknowledged {
  readonly answered: readonly string[]
  readonly refused: readonly string[]
}

/** Pure. */
export function acknowledgedIn({ atMs }: WorkPlace, samples: readonly CanarySample[]): Acknowledged {
  const since = samples.filter(({ intendedMs }) => intendedMs > atMs)
  return {
    answered: since.flatMap(({ ok, jobId }) => (ok && jobId !== undefined ? [jobId] : [])),
    refused: since.flatMap(({ refusedJob }) => refusedJob ?? []),
  }
}

/**
 * Waits until each answer that was good and had an id stands on the list, at most 5 s.
 * @param samples - All that the canary was answered since `from`.
 */
export async function reconcile(
  deps: WorkDeps,
  from: WorkPlace | string | null,
  samples: readonly CanarySample[],
  signal: AbortSignal,
  clause: WorkClause = CLAUSE,
): Promise<ExpectationResult | null> {
  const { clock, stack, observer } = deps
  const port = stack.completed(observer())
  if (port === null || from === null) return null
  if (typeof from === 'string') {
    const isAsked = samples.some(({ ok, jobId, refusedJob }) => (ok && jobId !== undefined) || refusedJob !== undefined)
    return isAsked ? toldAs(clause, `the list could not be read: ${from}`, null) : null
  }
  const { answered, refused } = acknowledgedIn(from, samples)
  if (answered.length + refused.length === 0) return null
  const done = new DoneList(port, from.place, clock)
  const lost = (): string[] => answered.filter((id) => !done.counts.has(id))
  try {
    const read = async (inner: AbortSignal): Promise<readonly string[]> => {
      await done.catchUp(inner)
      return lost()
    }
    const options = { everyMs: CATCH_UP_EVERY_MS, attemptMs: PAGE_LIMIT_MS, limitMs: CATCH_UP_MS, signal, clock }
    await waitUntil('all that was answered to be on the list of what was done', read, (missing) => missing.length === 0, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    const { problem } = done
    if (problem !== null && !done.isFresh()) return toldAs(clause, `the list could not be read: ${problem}`, null)
  }
  return judgeWork({ answered, refused, unasked: unaskedOf(deps, from, done.counts) }, done.counts, clause)
}

/** null where others may have asked for them, or we for jobs of which nobody knows the ids. */
function unaskedOf(
  { stack, asked, load }: Pick<WorkDeps, 'stack' | 'asked' | 'load'>,
  { atMs }: WorkPlace,
  counts: ReadonlyMap<string, number>,
): readonly string[] | null {
  // A load's own script calls its jobs as it likes; what of them is done after its end is of no scenario.
  if (stack.descriptor.completed?.oursAlone !== true || load !== null || !asked.knowsAllSince(atMs)) return null
  return [...counts.keys()].filter((id) => !asked.has(id))
}

/** As what it is told. */
export interface WorkClause {
  readonly text: string
  readonly expected: string
  /** Of jobs that are not on the list. */
  readonly lost: string
}

/** Of what is asked of every scenario. */
export const WORK = 'work'

const CLAUSE: WorkClause = {
  text: WORK,
  expected: 'each job that was answered was done, none twice, and none that was refused',
  lost: 'were never done',
}

function toldAs({ text, expected }: WorkClause, observed: string, met: boolean | null): ExpectationResult {
  return { phase: 'after', text, expected, observed, met }
}

export interface Reconciled extends Acknowledged {
  /** Jobs on the list that nobody has asked for; null where that is not known. */
  readonly unasked: readonly string[] | null
}

/** `counts`: how often each job stands on the list. Pure. */
export function judgeWork(
  { answered, refused, unasked }: Reconciled,
  counts: ReadonlyMap<string, number>,
  clause: WorkClause = CLAUSE,
): ExpectationResult {
  const lost = answered.filter((id) => !counts.has(id))
  // Whoever asked for it: a job that nobody here knows of is done once as well.
  const doubled = [...counts].flatMap(([id, count]) => (count > 1 ? [id] : []))
  const swapped = answered.filter((id, place) => answered.indexOf(id) !== place)
  const parts = [
    ...told(lost, clause.lost),
    ...told(doubled, 'were done more than once'),
    ...told(swapped, 'were the answer to two requests'),
    ...told(
      refused.filter((id) => counts.has(id)),
      'were done though they had been refused',
    ),
    ...told(unasked ?? [], 'were done though nobody had asked for them'),
  ]
  const none = refused.length === 0 ? '' : `, and none of ${refused.length} that were refused`
  const observed = parts.length === 0 ? `all ${answered.length} were${none}` : parts.join('; ')
  const expected = unasked === null ? clause.expected : `${clause.expected}, nor any that nobody had asked for`
  return toldAs({ ...clause, expected }, observed, parts.length === 0)
}

function told(ids: readonly string[], what: string): string[] {
  if (ids.length === 0) return []
  const more = ids.length > MOST_TOLD ? `, ${ids.length - MOST_TOLD} more` : ''
  return [`${ids.length} ${what} (${ids.slice(0, MOST_TOLD).join(', ')}${more})`]
}

class DoneList {
  readonly counts = new Map<string, number>()
  /** Why it could not be read the last time; null when it could. */
  problem: string | null = null
  private readonly port: CompletedPort
  private readonly clock: Clock
  private place: string
  /** When all of it was read the last time; null before. */
  private readMs: Mono | null = null

  constructor(port: CompletedPort, place: string, clock: Clock) {
    this.port = port
    this.clock = clock
    this.place = place
  }

  isFresh(): boolean {
    return this.readMs !== null && msBetween(this.readMs, this.clock.nowMs()) <= FRESH_MS
  }

  async catchUp(signal: AbortSignal): Promise<void> {
    try {
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const { ids, next } = await this.port.page(this.place, signal)
        for (const id of ids) this.counts.set(id, (this.counts.get(id) ?? 0) + 1)
        const isNew = next !== this.place
        this.place = next
        if (!isNew || ids.length === 0) break
      }
      this.problem = null
      this.readMs = this.clock.nowMs()
    } catch (error) {
      this.problem = describeError(error, 300)
      throw error
    }
  }
}
