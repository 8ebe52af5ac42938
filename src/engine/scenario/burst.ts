/**
 * Many requests at once, before the fault and after it: a system that has lost some of what it can do side by side answers those
 * who ask it one after the other as ever.
 */
import { endsText, latencyMs } from '../../core/canary.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ExpectationResult, RecoveryResult, ScenarioResult } from '../../core/result/scenario.ts'
import { later, type Mono } from '../../core/time/moment.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { lookAtWorkAgain, type AfterDeps, type Standing } from './aftermath.ts'
import { DENSE_PACE_FACTOR, STEADY_LIMIT_MS } from '../options.ts'
import type { PhaseRecorder } from './phases.ts'
import { withoutRelapse } from './recovery.ts'
import type { ScenarioState } from './state.ts'

/** The last answer comes within this much of what it took before, or this margin above it; a healthy stack's varies by a quarter. */
const LATE_FACTOR = 1.5
const LATE_MARGIN_MS = 300
/** What has just started is slow at first: so many before anything is broken, and more while none comes whole. */
const FIRST_BURSTS = 4
/** So often at least one may be late, so long after one another. */
const FEWEST_TRIES = 3
const PAUSE_MS = 500
/** More than a request may take, and the pause after it. */
const ONE_BURST_MS = 17_000
/** Beside the limit of the recovery. */
const BURSTS_LIMIT_MS = FEWEST_TRIES * ONE_BURST_MS
const CLAUSE = 'capacity'

type BurstDeps = Pick<EngineDeps, 'clock' | 'stack' | 'load'>
type BurstCanary = Pick<RunningCanary, 'burst' | 'pace'>

interface Burst {
  readonly isWhole: boolean
  /** `38 × good, 2 × status 429` */
  readonly ends: string
  /** From the sending of all to the last answer. */
  readonly lastMs: number
}

/** The quickest whole one on a stack so far. */
export interface UsualBurst {
  readonly requests: number
  /** From the sending of all to the last answer. */
  readonly lastMs: number
}

/** How many at once; null where the descriptor says none, and where a load asks for many already. */
function burstSize({ stack, load }: Pick<BurstDeps, 'stack' | 'load'>): number | null {
  return load === null ? (stack.descriptor.canary.burst ?? null) : null
}

/** At the rate of the descriptor: beside more of the others it would be another one. */
async function sendBurst(canary: BurstCanary, requests: number): Promise<Burst> {
  canary.pace(null)
  const samples = await canary.burst(requests)
  const isWhole = samples.filter(({ ok }) => ok).length === requests
  return { isWhole, ends: endsText(samples), lastMs: Math.max(0, ...samples.map(latencyMs)) }
}

/** A scenario, of which these are phases. */
interface Run {
  readonly deps: BurstDeps
  readonly canary: StackCanary
  readonly phases: Pick<PhaseRecorder, 'run'>
  readonly signal: AbortSignal
  readonly state: Pick<ScenarioState, 'expectations' | 'startedMs'>
}

/**
 * Once on a stack, before anything is broken, or looked at: what they leave open for a while is a part of what is usual then.
 * @throws NOT_STEADY where the stack does not bear what its descriptor says.
 */
export async function firstBursts({ deps, canary, phases, signal }: Omit<Run, 'state'>): Promise<void> {
  const requests = burstSize(deps)
  if (requests === null || canary.usualBurst !== null) return
  await phases.run('capacity', STEADY_LIMIT_MS + ONE_BURST_MS, signal, async (phaseSignal) => {
    canary.usualBurst = { requests, lastMs: await quickestOf(deps, canary.requests, requests, phaseSignal) }
    canary.steadySinceMs = deps.clock.nowMs()
  })
}

async function quickestOf({ clock }: BurstDeps, canary: BurstCanary, requests: number, signal: AbortSignal): Promise<number> {
  const untilMs = later(clock.nowMs(), STEADY_LIMIT_MS)
  const wholeMs: number[] = []
  for (let sent = 1; ; sent += 1) {
    const burst = await sendBurst(canary, requests)
    if (burst.isWhole) wholeMs.push(burst.lastMs)
    if (sent >= FIRST_BURSTS && wholeMs.length > 0) return Math.min(...wholeMs)
    if (clock.nowMs() >= untilMs) {
      throw new ChaosError('NOT_STEADY', `${requests} requests at once were not borne, so nothing was injected: ${burst.ends}`, {
        hint: 'Give `burst` of the canary in the descriptor as many as the stack bears, or leave it out.',
      })
    }
    if (!burst.isWhole) await clock.sleep(PAUSE_MS, signal)
  }
}

/**
 * After all other looks, which they would disturb. Of what is not well already nothing is asked.
 * @param fromMs - End of the fault.
 * @param limitMs - Of the recovery.
 * @param before - How the stack stood in the steady state.
 * @returns The recovery, of which it may be the relapse.
 */
export async function lastBursts(
  { deps, canary, phases, signal, state }: Run & { readonly deps: AfterDeps },
  recovery: RecoveryResult,
  fromMs: Mono,
  limitMs: number,
  before: Promise<Standing>,
): Promise<RecoveryResult> {
  const was = canary.usualBurst
  if (was === null || !recovery.recovered) return recovery
  return phases.run('capacity', limitMs + BURSTS_LIMIT_MS, signal, async (phaseSignal) => {
    const { lastMs, ...judged } = await judgeBurst(deps, canary.requests, was, later(fromMs, limitMs), phaseSignal)
    state.expectations.push(judged)
    await lookAtWorkAgain(deps, state, canary, before, phaseSignal)
    // One that was not served has the stack made anew, and this forgotten.
    canary.usualBurst = { ...was, lastMs: Math.min(was.lastMs, lastMs) }
    // Of the others, which are asked for beside it as ever.
    const others = canary.requests.samples(fromMs).filter((sample) => sample.burst !== 'of')
    return withoutRelapse(recovery, others, fromMs)
  })
}

/**
 * Again and again until one is as the quickest before it, a few times at least, for what is slow for a moment on a busy machine.
 * @param untilMs - When the recovery must have been.
 */
async function judgeBurst(
  { clock, stack }: BurstDeps,
  canary: BurstCanary,
  { requests, lastMs: wasMs }: UsualBurst,
  untilMs: Mono,
  signal: AbortSignal,
): Promise<ExpectationResult & Pick<Burst, 'lastMs'>> {
  const limitMs = Math.max(wasMs * LATE_FACTOR, wasMs + LATE_MARGIN_MS)
  const clause = {
    phase: 'after',
    text: CLAUSE,
    expected: `${requests} requests at once all served, the last within ${told(limitMs)} (${told(wasMs)} before)`,
  } as const
  try {
    for (let tries = 1; ; tries += 1) {
      const { isWhole, ends, lastMs } = await sendBurst(canary, requests)
      signal.throwIfAborted()
      const observed = `${ends}, the last after ${told(lastMs)}`
      if (!isWhole || lastMs <= limitMs) return { ...clause, observed, met: isWhole, lastMs }
      const isOver = tries >= FEWEST_TRIES && clock.nowMs() >= untilMs
      if (isOver) return { ...clause, observed: `${observed}, at the last of ${tries} tries`, met: false, lastMs }
      await clock.sleep(PAUSE_MS, signal)
    }
  } finally {
    canary.pace(stack.descriptor.canary.ratePerSecond * DENSE_PACE_FACTOR)
  }
}

/** What is lost is lost for whoever comes next, too. */
export function hasLostCapacity({ expectations }: Pick<ScenarioResult, 'expectations'>): boolean {
  return expectations.some(({ text, met }) => text === CLAUSE && met === false)
}

function told(ms: number): string {
  return `${Math.round(ms)} ms`
}
