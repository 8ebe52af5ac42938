import { later, msBetween, type Wall } from '../../core/time/moment.ts'
import type { ContainerSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { joinParts, listText, secondsText, type Part } from '../shared/parts.ts'
import { calmParts, type Calm } from './calm.ts'
import { OOM_SLACK_MS, type Life } from './life.ts'

/** Events reach us this much after Docker's own time for them, at most. */
export const EVENT_LAG_MS = 1_000

export interface ContainersSeen {
  readonly lives: readonly Life[]
  /** The stretch from before the fault to the window's end. */
  readonly calm: Calm
  /** Names of the containers that the faults hit, of any service. */
  readonly hit: readonly string[]
}

/** Pure. Without a hit there is nothing to ask a clause about hit containers of. */
export function judgeContainers(spec: ContainerSpec, { lives, calm, hit }: ContainersSeen): Observation {
  const judged = joinParts([...(asksForDeath(spec) ? [fatePart(spec, lives)] : []), ...calmParts(spec, calm)])
  if (lives.length > 0) return judged
  const others = hit.length === 0 ? '' : ` of ${spec.service} (only ${listText(hit, ', ')})`
  return { ...judged, observed: `nothing was hit${others}`, met: null }
}

/** `containers of mock-worker that were hit: each died within 2 s of being hit; with exit code 137`. */
export function containerText(spec: ContainerSpec): string {
  const nothing = { lives: [], calm: { names: [], deaths: [], unhealthy: [], uncheckable: [] }, hit: [] }
  const { expected } = judgeContainers(spec, nothing)
  return `containers of ${spec.service}${spec.hit === true ? ' that were hit' : ''}: ${expected}`
}

export function asksForDeath(spec: ContainerSpec): boolean {
  return (
    spec.died_within_seconds !== undefined ||
    spec.exit_code !== undefined ||
    spec.oom !== undefined ||
    spec.running_again_within_seconds !== undefined
  )
}

/** Pure: nothing that may still happen can change what the clause says of this container. */
export function isSettled(spec: ContainerSpec, life: Life, nowWallMs: Wall): boolean {
  if (!asksForDeath(spec)) return true
  if (life.death === null) {
    const limitMs = spec.died_within_seconds === undefined ? 0 : spec.died_within_seconds * 1_000
    return nowWallMs > later(life.subject.sinceWallMs, limitMs + EVENT_LAG_MS)
  }
  const sinceDeathMs = msBetween(life.death.atWallMs, nowWallMs)
  if (spec.oom !== undefined && life.oomAtWallMs === null && sinceDeathMs <= OOM_SLACK_MS + EVENT_LAG_MS) return false
  const againSeconds = spec.running_again_within_seconds
  if (againSeconds === undefined || life.againAtWallMs !== null) return true
  return sinceDeathMs > againSeconds * 1_000 + EVENT_LAG_MS
}

function fateExpected(spec: ContainerSpec): string {
  const { died_within_seconds: died, exit_code: code, oom, running_again_within_seconds: again } = spec
  const since = spec.hit === true ? 'being hit' : 'the fault'
  return [
    ...(died === undefined ? [] : [`each died within ${died} s of ${since}`]),
    ...(code === undefined ? [] : [`each died with exit code ${code}`]),
    ...(oom === undefined ? [] : [oom ? 'each died of an oom event' : 'none had an oom event']),
    ...(again === undefined ? [] : [`each runs again with another pid within ${again} s of its death`]),
  ].join('; ')
}

function fatePart(spec: ContainerSpec, lives: readonly Life[]): Part {
  const missed = lives.filter((life) => !meets(spec, life))
  // What went wrong comes first: the list is cut.
  const told = [...missed, ...lives.filter((life) => !missed.includes(life))]
  const count = lives.length > 1 ? `${lives.length - missed.length} of ${lives.length} did: ` : ''
  return {
    expected: fateExpected(spec),
    observed: `${count}${listText(told.map((life) => story(spec, life)))}`,
    met: missed.length === 0,
  }
}

function meets(spec: ContainerSpec, life: Life): boolean {
  const { died_within_seconds: diedSeconds, exit_code: code, oom, running_again_within_seconds: againSeconds } = spec
  if (oom === false && life.oomAtWallMs !== null) return false
  if (life.death === null) return diedSeconds === undefined && code === undefined && againSeconds === undefined && oom === false
  if (msBetween(life.subject.sinceWallMs, life.death.atWallMs) > (diedSeconds ?? Infinity) * 1_000) return false
  if (code !== undefined && life.death.exitCode !== code) return false
  if (oom === true && life.oomAtWallMs === null) return false
  if (againSeconds === undefined) return true
  return life.againAtWallMs !== null && msBetween(life.death.atWallMs, life.againAtWallMs) <= againSeconds * 1_000
}

/** `worker-1 died after 0.31 s with exit code 137, running again 0.52 s later with another pid`. */
function story(spec: ContainerSpec, life: Life): string {
  const { subject, death } = life
  if (death === null) return `${subject.name} did not die (${life.status}${oomText(spec, life)})`
  const afterMs = Math.max(0, msBetween(subject.sinceWallMs, death.atWallMs))
  const died = `died after ${secondsText(afterMs)} with exit code ${death.exitCode === null ? 'unknown' : String(death.exitCode)}`
  return `${subject.name} ${died}${oomText(spec, life)}${againText(spec, life, death.atWallMs)}`
}

function oomText(spec: ContainerSpec, life: Life): string {
  if (spec.oom === undefined) return ''
  return life.oomAtWallMs === null ? ', no oom event' : ', oom event'
}

function againText(spec: ContainerSpec, life: Life, diedWallMs: Wall): string {
  const relapses = life.laterDeaths === 0 ? '' : ` after ${life.laterDeaths} more deaths`
  if (life.againAtWallMs !== null)
    return `, running again ${secondsText(msBetween(diedWallMs, life.againAtWallMs))} later with another pid${relapses}`
  return spec.running_again_within_seconds === undefined ? '' : `, not running again (${life.status})${relapses}`
}
