/** Work of a fault that goes on beside the scenario from its injection to its revert: readings, and what keeps it biting. */
import { later, msBetween } from '../../../core/time/moment.ts'
import { ChaosError, describeError } from '../../../core/errors.ts'
import type { Clock } from '../../../core/time/clock.ts'
import type { FaultContext, UndoContext } from '../../../kinds/context.ts'
import { isAborted, waitUntil, withDeadline } from '../../../core/time/wait.ts'

export interface UpkeepOptions {
  /** Name of one step, for messages. */
  readonly what: string
  /** Pause between the end of one step and the start of the next, ms. */
  readonly everyMs: number
  readonly stepLimitMs: number
  readonly clock: Clock
}

export interface Upkeep {
  /** Why it ended before it was stopped; null as long as it has not, or when its own last step said that it was the last. */
  readonly problem: () => string | null
  /** No further step will come. */
  readonly ended: () => boolean
  /** Ends the step under way. Idempotent, never rejects. */
  readonly stop: () => Promise<void>
}

/** Takes a step at once and then again and again, until one answers false, fails, or it is stopped. */
export function startUpkeep(options: UpkeepOptions, step: (signal: AbortSignal) => Promise<boolean>): Upkeep {
  const { what, everyMs, stepLimitMs, clock } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let problem: string | null = null
  let ended = false
  const run = async (): Promise<void> => {
    try {
      while (await withDeadline(what, stepLimitMs, signal, step, clock)) await clock.sleep(everyMs, signal)
    } catch (error) {
      if (!isAborted(signal)) problem = describeError(error, 400)
    } finally {
      ended = true
    }
  }
  const done = run()
  return {
    problem: () => problem,
    ended: () => ended,
    stop: async () => {
      stopping.abort(new ChaosError('ABORTED', `${what}: it is over`))
      await done
    },
  }
}

/** Why the first of them that ended too soon did; null when none did. */
export function problemOf(upkeeps: readonly Upkeep[]): string | null {
  return upkeeps.map((upkeep) => upkeep.problem()).find((text) => text !== null) ?? null
}

const told = new WeakSet<Upkeep>()

/** Ends our own traffic. What ended it before goes to the log, once, as all else goes on without it. */
export async function stopTraffic(traffic: readonly Upkeep[], what: string, { log }: UndoContext): Promise<void> {
  const problem = problemOf(traffic.filter((lane) => !told.has(lane)))
  if (problem !== null) log.log('warn', `${what} stopped: ${problem}`)
  for (const lane of traffic) told.add(lane)
  await Promise.all(traffic.map((lane) => lane.stop()))
}

const TICK_MS = 50
const GRACE_MS = 5_000

/** Waits until the planned window is over, or `over` says that there is no more to be seen. */
export async function untilWindowEnds(what: string, ctx: FaultContext, over: () => boolean = () => false): Promise<void> {
  const { startedMs, plannedMs } = ctx.window()
  const endMs = later(startedMs, plannedMs)
  const limitMs = Math.max(0, msBetween(ctx.clock.nowMs(), endMs)) + GRACE_MS
  const options = { everyMs: TICK_MS, attemptMs: GRACE_MS, limitMs, signal: ctx.signal, clock: ctx.clock }
  const isOver = (): Promise<boolean> => Promise.resolve(over() || ctx.clock.nowMs() >= endMs)
  await waitUntil(`the end of the window, with ${what}`, isOver, (yes) => yes, options)
}
