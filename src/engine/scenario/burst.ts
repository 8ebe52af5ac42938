/**
 * Many requests at once, before the fault and after it: a system that has lost some of what it can do side by side answers those
 * who ask it one after the other as ever.
 */
import { CANARY_DEADLINE_MS, endsText, latencyMs } from '../../core/canary.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ExpectationResult, ScenarioResult } from '../../core/result/scenario.ts'
import { later, type Mono } from '../../core/time/moment.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { DENSE_PACE_FACTOR, STEADY_LIMIT_MS } from '../options.ts'
import type { PhaseRecorder } from './phases.ts'
import { withoutRelapse } from './recovery.ts'
import type { ScenarioState } from './state.ts'

/** The last answer comes within this much of what it took before, or this margin above it; a healthy stack's varies by a quarter. */
const LATE_FACTOR = 1.5
const LATE_MARGIN_MS = 300
/** What has just started is slow at first: so many before anything is broken, and more while none comes whole. */
const FIRST_BURSTS = 2
/** So often at least one may be late, so long after one another. */
const FEWEST_TRIES = 3
const PAUSE_MS = 500
const LONGEST_MS = CANARY_DEADLINE_MS + 2_000
/** Beside the limit of the recovery. */
const BURSTS_LIMIT_MS = FEWEST_TRIES * (LONGEST_MS + PAUSE_MS)
const CLAUSE = 'capacity'

type BurstDeps = Pick<EngineDeps, 'clock' | 'stack' | 'load'>
type BurstCanary = Pick<RunningCanary, 'burst' | 'pace'>

export interface Burst {
  readonly isWhole: boolean
  /** `38 × good, 2 × status 429` */
  readonly ends: string
  /** From the sending of all to the last answer, ms. */
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
  const isWhole = samples.length === requests && samples.every(({ ok }) => ok)
  return { isWhole, ends: endsText(samples), lastMs: samples.reduce((last, sample) => Math.max(last, latencyMs(sample)), 0) }
}

/** A scenario, of which these are phases. */
interface Run {
  readonly deps: BurstDeps
  readonly canary: StackCanary
  readonly phases: Pick<PhaseRecorder, 'run'>
  readonly signal: AbortSignal
  readonly state: Pick<ScenarioState, 'recovery' | 'expectations'>
}

/**
 * Once on a stack, before anything is broken, or looked at: what they leave open for a while is a part of what is usual then.
 * @throws NOT_STEADY where the stack does not bear what its descriptor says.
 */
export async function firstBursts({ deps, canary, phases, signal }: Omit<Run, 'state'>): Promise<void> {
  const requests = burstSize(deps)
  if (requests === null || canary.usualBurst !== null) return
  await phases.run('capacity', STEADY_LIMIT_MS + LONGEST_MS, signal, async (phaseSignal) => {
    canary.usualBurst = await quickestOf(deps, canary.requests, requests, phaseSignal)
    canary.steadySinceMs = deps.clock.nowMs()
  })
}

async function quickestOf({ clock }: BurstDeps, canary: BurstCanary, requests: number, signal: AbortSignal): Promise<Burst> {
  const untilMs = later(clock.nowMs(), STEADY_LIMIT_MS)
  const whole: Burst[] = []
  for (let sent = 1; ; sent += 1) {
    const burst = await sendBurst(canary, requests)
    if (burst.isWhole) whole.push(burst)
    const [first, ...others] = whole
    if (sent >= FIRST_BURSTS && first !== undefined) return others.reduce(quicker, first)
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
 */
export async function lastBursts({ deps, canary, phases, signal, state }: Run, fromMs: Mono, limitMs: number): Promise<void> {
  const requests = burstSize(deps)
  const was = canary.usualBurst
  if (requests === null || was === null || state.recovery?.recovered !== true) return
  await phases.run('capacity', limitMs + BURSTS_LIMIT_MS, signal, async (phaseSignal) => {
    const { burst, ...judged } = await judgeBurst(
      deps,
      canary.requests,
      { requests, was, untilMs: later(fromMs, limitMs) },
      phaseSignal,
    )
    state.expectations.push(judged)
    if (judged.met === true) canary.usualBurst = quicker(burst, was)
    if (state.recovery !== null) {
      // Of the others, which are asked for beside it as ever.
      const others = canary.requests.samples(fromMs).filter((sample) => sample.burst !== 'of')
      state.recovery = withoutRelapse(state.recovery, others, fromMs)
    }
  })
}

function quicker(one: Burst, other: Burst): Burst {
  return one.lastMs < other.lastMs ? one : other
}

interface BurstTerms {
  readonly requests: number
  /** The quickest on this stack so far. */
  readonly was: Burst
  /** When the recovery must have been. */
  readonly untilMs: Mono
}

/** Again and again until one is as the quickest before it, a few times at least, for what is slow for a moment on a busy machine. */
async function judgeBurst(
  { clock, stack }: BurstDeps,
  canary: BurstCanary,
  { requests, was, untilMs }: BurstTerms,
  signal: AbortSignal,
): Promise<ExpectationResult & { readonly burst: Burst }> {
  const limitMs = Math.max(was.lastMs * LATE_FACTOR, was.lastMs + LATE_MARGIN_MS)
  const clause = {
    phase: 'after',
    text: CLAUSE,
    expected: `${requests} requests at once all served, the last within ${told(limitMs)} (${told(was.lastMs)} before)`,
  } as const
  try {
    for (let tries = 1; ; tries += 1) {
      const burst = await sendBurst(canary, requests)
      signal.throwIfAborted()
      const observed = `${burst.ends}, the last after ${told(burst.lastMs)}`
      if (!burst.isWhole || burst.lastMs <= limitMs) return { ...clause, observed, met: burst.isWhole, burst }
      const isOver = tries >= FEWEST_TRIES && clock.nowMs() >= untilMs
      if (isOver) return { ...clause, observed: `${observed}, at the last of ${tries} tries`, met: false, burst }
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
