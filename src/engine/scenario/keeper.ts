/**
 * Who keeps the list of what was done is restarted once after a fault that what is stored may have suffered from: what is in
 * memory alone answers as well as what is stored, until then.
 */
import { recoveryStreak, type CanarySample } from '../../core/canary.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import { instantOf } from '../../core/time/clock.ts'
import { isoTime, later, msBetween, type Mono } from '../../core/time/moment.ts'
import type { EngineDeps } from '../deps.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { acknowledgedIn, reconcile, type WorkPlace } from '../watch/work.ts'
import type { Standing } from './aftermath.ts'
import { awaitCalm } from './calm.ts'
import { currentStreak } from './recovery.ts'
import type { ScenarioState } from './state.ts'
import { awaitWell } from './well.ts'

/** As Docker and compose give it by themselves: whoever saves what it has when it is told to end may do so. */
const GRACE_SECONDS = 10
/** So long after its start it may take up again what it has not finished, and what it has as well, by mistake. */
const RESUME_MS = 3_000

type KeeperDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer' | 'containers' | 'asked' | 'load'>

export interface KeeperTerms {
  readonly keeper: string
  /** Where the list ended in the steady state. */
  readonly work: WorkPlace
  /** How long the stack may take until it is well. */
  readonly limitMs: number
}

/** null where nobody is to be restarted, or nothing could be held against what it knows then. */
export async function keeperTerms(
  { stack, load }: Pick<EngineDeps, 'stack' | 'load'>,
  state: ScenarioState,
  before: Promise<Standing>,
  limitMs: number,
): Promise<KeeperTerms | null> {
  const keeper = keeperOf(stack.descriptor, state, load !== null)
  // How it stood before is known only where it came to an injection.
  if (keeper === null || state.harnessErrors.length > 0) return null
  const { work } = await before
  return work === null || typeof work === 'string' ? null : { keeper, work, limitMs }
}

/** null where nothing was at risk, the stack does not say who, or a load would break with it. Pure. */
export function keeperOf(
  { completed }: Pick<Descriptor, 'completed'>,
  { injected, descriptions, recovery }: Pick<ScenarioState, 'injected' | 'descriptions' | 'recovery'>,
  isUnderLoad: boolean,
): string | null {
  if (isUnderLoad || !injected || recovery?.recovered !== true) return null
  return descriptions.some(({ risksData }) => risksData === true) ? (completed?.keptBy ?? null) : null
}

/** Ends when the stack is well again, and fills in the state whether all is on the list still that was answered. */
export async function restartKeeper(
  deps: KeeperDeps,
  state: ScenarioState,
  canary: StackCanary,
  { keeper, work, limitMs }: KeeperTerms,
  signal: AbortSignal,
): Promise<void> {
  const { clock, containers } = deps
  const samples = (): readonly CanarySample[] => canary.requests.samples(state.startedMs)
  if (acknowledgedIn(work, samples()).answered.length === 0) return
  const clause = {
    text: `work, ${keeper} restarted`,
    expected: `each job that was answered is on the list of what was done still when ${keeper} was restarted, and none twice`,
    lost: 'were not on the list any more',
  }
  const kept = await containers.list(keeper, signal)
  // Whoever is not there was not restarted, and that all is on the list still would say nothing.
  if (kept.length === 0) throw new ChaosError('TARGET_NOT_FOUND', `there is no container of ${keeper} to restart`)
  state.disturbed = instantOf(clock)
  const at = isoTime(state.disturbed.atWallMs)
  state.notes.push({ at, source: 'engine', kind: 'restart', detail: `of ${keeper} by us, to see what it keeps` })
  for (const { id } of kept) {
    await containers.act(id, { do: 'stop', graceSeconds: GRACE_SECONDS }, signal)
    await containers.act(id, { do: 'start' }, signal)
  }
  const startedMs = clock.nowMs()
  try {
    await awaitBack(deps, canary, state.disturbed.atMs, limitMs, signal)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    state.expectations.push({ phase: 'after', text: clause.text, expected: clause.expected, observed: error.message, met: false })
    if (state.recovery !== null) state.recovery = { ...state.recovery, ...NOT_BACK }
    return
  }
  // One that has just started is slow for a while, and would be no baseline for the next scenario.
  const terms = { untilMs: later(startedMs, limitMs), steady: state.steadySamples }
  const { sinceMs, reason } = await awaitCalm(deps, canary.requests, terms, signal)
  canary.steadySinceMs = sinceMs
  if (reason !== null) state.notes.push({ at: isoTime(clock.wallMs()), source: 'engine', kind: 'restart', detail: reason })
  await clock.sleep(RESUME_MS - msBetween(startedMs, clock.nowMs()), signal)
  // What was answered to the last, and since then.
  const judged = await reconcile(deps, work, samples(), signal, clause)
  if (judged !== null) state.expectations.push(judged)
}

const NOT_BACK = { recovered: false, afterMs: null, reason: 'the stack was not well again after a restart of ours' } as const

/** @throws TIMEOUT */
async function awaitBack(
  deps: KeeperDeps,
  { requests }: StackCanary,
  fromMs: Mono,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const needed = recoveryStreak(deps.stack.descriptor.pool?.size ?? 1)
  const wanted = {
    what: `a streak of ${needed} good requests after the restart`,
    read: () => currentStreak(requests.samples(fromMs), fromMs).length,
    isEnough: (length: number) => length >= needed,
    tell: (length: number) => `the newest ${length} were good`,
  }
  await awaitWell(deps, wanted, limitMs, signal)
}
