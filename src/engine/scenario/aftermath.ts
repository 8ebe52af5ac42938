/** The look at what the fault has left behind, once the system is proven to answer again. */
import { mostUnderWay } from '../../core/canary.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import type { StackCanary } from '../lanes/lane.ts'
import type { EngineDeps } from '../deps.ts'
import { judgeConnections, usualConnections, withOpen, type CountRequests } from '../watch/connections.ts'
import { GaugeLooks, judgeGauges, watchGauges } from '../watch/gauges.ts'
import { HeldLooks, judgeHeld, watchHeld, type HeldSeen } from '../watch/growth.ts'
import { judgeMembers, watchMembers, type PoolSeen } from '../watch/members.ts'
import { markWork, reconcile, WORK, type WorkPlace } from '../watch/work.ts'
import { awaitCalm } from './calm.ts'
import type { ScenarioState } from './state.ts'

type StandingDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer' | 'containers' | 'looker' | 'log'>
export type AfterDeps = StandingDeps & Pick<EngineDeps, 'load' | 'asked'>

/** How the stack stands beside what its clients see; null where nobody can look. */
export interface Standing {
  readonly members: PoolSeen | null
  readonly held: HeldSeen | null
  readonly gauges: GaugeLooks | null
  /** Where its list of what it has done ended when the look began; a text says why that could not be read. */
  readonly work: WorkPlace | string | null
}

interface Looks {
  readonly held: HeldLooks
  readonly gauges: GaugeLooks
}

/** Looks until `signal` ends it, at what is held into `looks`. Never throws. */
export async function watchStanding(deps: StandingDeps, signal: AbortSignal, looks: Partial<Looks> = {}): Promise<Standing> {
  const watches = [
    watchMembers(deps, signal),
    watchHeld(deps, signal, looks.held),
    watchGauges(deps, signal, looks.gauges),
    markWork(deps, signal),
  ] as const
  const [members, held, gauges, work] = await Promise.all(watches)
  return { members, held, gauges, work }
}

/** What was opened for many is given back a while after they have gone: servers and their clients keep connections for 4 to 5 s. */
const SETTLE_LIMIT_MS = 10_000
const SETTLE_EVERY_MS = 250
/** A look that was over soon has too few looks at connections: for so long more are waited for. */
const MORE_LOOKS_MS = 1_000

/**
 * Fills in the state whether all is as before.
 * @param before - How the stack stood in the steady state.
 */
export async function lookAfter(
  deps: AfterDeps,
  state: ScenarioState,
  canary: StackCanary,
  before: Promise<Standing>,
  untilMs: Mono,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const looks: Looks = { held: new HeldLooks(), gauges: new GaugeLooks() }
  const watched = watchStanding(deps, AbortSignal.any([signal, over.signal]), looks)
  try {
    const { result, lateUntilMs, reason } = await awaitCalm(
      deps,
      canary.requests,
      { untilMs, steady: state.steadySamples },
      signal,
    )
    const was = await before
    const calmMs = deps.clock.nowMs()
    const count: CountRequests = (fromMs, toMs) =>
      canary.requests.samples(fromMs).filter(({ intendedMs }) => intendedMs < toMs).length
    const trails = [...(was.held?.trails.values() ?? [])]
    canary.usualConnections ??= usualConnections(trails, count)
    const usual = withOpen(canary.usualConnections, trails)
    const isCrowd = deps.load !== null || state.descriptions.some(({ crowd }) => crowd === true)
    // What the first bursts have left open was there before.
    const asked = canary.requests.samples(state.startedMs).filter(({ burst }) => burst !== 'of')
    const underWay = isCrowd ? null : mostUnderWay(asked)
    const connections = (): ExpectationResult | null => judgeConnections(usual, looks.held.trails.values(), count, underWay)
    const isMore = (): boolean =>
      [judgeHeld(was.held, looks.held, isCrowd), connections(), judgeGauges(was.gauges, looks.gauges)].some(
        (one) => one?.met === false,
      )
    const isWithin = (limitMs: number): boolean => deps.clock.nowMs() < later(calmMs, limitMs)
    const isShort = (): boolean => usual !== null && connections() === null && isWithin(MORE_LOOKS_MS)
    while (isShort() || (isMore() && isWithin(SETTLE_LIMIT_MS))) await deps.clock.sleep(SETTLE_EVERY_MS, signal)
    over.abort()
    const is = await watched
    const work = await reconcile(deps, was.work, canary.requests.samples(state.startedMs), signal)
    const held = [judgeHeld(was.held, is.held, isCrowd), connections(), judgeGauges(was.gauges, is.gauges)]
    const judged = [judgeMembers(was.members, is.members), ...held, work]
    state.expectations.push(...judged.filter((one) => one !== null))
    if (state.recovery === null) return
    const fromMs = later(untilMs, -state.recovery.limitMs)
    // Answers that are good and late for a while are no recovery yet.
    const afterMs = lateUntilMs === null ? state.recovery.afterMs : Math.round(msBetween(fromMs, lateUntilMs))
    const relapse = reason === null ? { afterMs } : { recovered: false, afterMs: null, reason }
    state.recovery = { ...state.recovery, calm: result, ...relapse }
  } finally {
    over.abort()
  }
}

/**
 * At work once more, where all of it was as it should be: a system that does something twice does so when many ask it at once, and
 * what comes onto the list late is of this scenario still.
 */
export async function lookAtWorkAgain(
  deps: AfterDeps,
  state: Pick<ScenarioState, 'expectations' | 'startedMs'>,
  { requests }: StackCanary,
  before: Promise<Standing>,
  signal: AbortSignal,
): Promise<void> {
  const place = state.expectations.findIndex(({ text, met }) => text === WORK && met === true)
  if (place === -1) return
  const again = await reconcile(deps, (await before).work, requests.samples(state.startedMs), signal)
  if (again !== null) state.expectations[place] = again
}
