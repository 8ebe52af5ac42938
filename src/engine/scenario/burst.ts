/**
 * Many requests at once, before the fault and after it: a system that has lost some of what it can do side by side answers those
 * who ask it one after the other as ever.
 */
import { endsText, latencyMs } from '../../core/canary.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { later, type Mono } from '../../core/time/moment.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { BURST_FACTOR, BURST_FEWEST_TRIES, BURST_MARGIN_MS, BURST_PAUSE_MS } from '../options.ts'
import { reachSteadyState } from './steady.ts'

type BurstDeps = Pick<EngineDeps, 'clock' | 'stack' | 'load'>
type BurstCanary = Pick<RunningCanary, 'burst' | 'settled'>

export interface Burst {
  readonly requests: number
  readonly failed: number
  /** `38 × good, 2 × status 429` */
  readonly ends: string
  /** From the sending of all to the last answer, ms. */
  readonly lastMs: number
}

/** How many at once; null where the descriptor says none, and where a load asks for many already. */
export function burstOf({ stack, load }: Pick<BurstDeps, 'stack' | 'load'>): number | null {
  return load === null ? (stack.descriptor.canary.burst ?? null) : null
}

async function sendBurst(canary: BurstCanary, requests: number, signal: AbortSignal): Promise<Burst> {
  const atMs = canary.burst(requests)
  const samples = (await canary.settled(atMs, later(atMs, 1), signal)).filter(({ burst }) => burst === true)
  const failed = samples.filter(({ ok }) => !ok).length
  return { requests: samples.length, failed, ends: endsText(samples), lastMs: Math.max(...samples.map(latencyMs)) }
}

function quicker(one: Burst, other: Burst): Burst {
  return one.lastMs < other.lastMs ? one : other
}

/**
 * Once on a stack, before anything is broken. Two of them: what has just started is slow at first.
 * @param steadyOver - Aborted before it: what it leaves open for a while belongs to no steady state.
 * @returns since when the steady state holds; what it was before where there was no burst.
 * @throws NOT_STEADY where the stack does not bear what its descriptor says.
 */
export async function firstBurst(
  deps: BurstDeps,
  canary: StackCanary,
  steadySinceMs: Mono,
  steadyOver: AbortController,
  signal: AbortSignal,
): Promise<Mono> {
  const requests = burstOf(deps)
  if (requests === null || canary.usualBurst !== null) return steadySinceMs
  steadyOver.abort()
  const cold = await sendBurst(canary.requests, requests, signal)
  const warm = await sendBurst(canary.requests, requests, signal)
  const failed = [cold, warm].find((burst) => burst.failed > 0)
  if (failed !== undefined) {
    throw new ChaosError('NOT_STEADY', `${requests} requests at once were not borne, so nothing was injected: ${failed.ends}`, {
      hint: 'Give `burst` of the canary in the descriptor as many as the stack bears, or leave it out.',
    })
  }
  canary.usualBurst = quicker(cold, warm)
  canary.steadySinceMs = deps.clock.nowMs()
  return reachSteadyState(deps, canary, signal)
}

/**
 * Again and again until one is as the quickest before it on this stack, a few times at least, for what is slow for a moment on a busy machine.
 * @param untilMs - When the recovery must have been.
 */
export async function judgeBurst(
  { clock }: Pick<BurstDeps, 'clock'>,
  canary: StackCanary,
  was: Burst,
  untilMs: Mono,
  signal: AbortSignal,
): Promise<ExpectationResult> {
  const limitMs = Math.max(was.lastMs * BURST_FACTOR, was.lastMs + BURST_MARGIN_MS)
  const told = (ms: number): string => `${Math.round(ms)} ms`
  const clause = {
    phase: 'after',
    text: 'capacity',
    expected: `${was.requests} requests at once all served, the last within ${told(limitMs)} (${told(was.lastMs)} before)`,
  } as const
  for (let tries = 1; ; tries += 1) {
    const burst = await sendBurst(canary.requests, was.requests, signal)
    const { failed, ends, lastMs } = burst
    const observed = `${ends}, the last after ${told(lastMs)}`
    if (failed > 0) return { ...clause, observed, met: false }
    if (lastMs <= limitMs) {
      canary.usualBurst = quicker(burst, was)
      return { ...clause, observed, met: true }
    }
    if (tries >= BURST_FEWEST_TRIES && clock.nowMs() >= untilMs) {
      return { ...clause, observed: `${observed}, the ${tries}th time`, met: false }
    }
    await clock.sleep(BURST_PAUSE_MS, signal)
  }
}
