import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { StackRequest } from '../../core/request.ts'
import type { WorkloadSpec } from './spec.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { endOf, type WorkloadRecord } from './judge.ts'

/** Over the limit of the clause, so that an answer that is late is told from none. */
export const DEADLINE_MARGIN_MS = 1_000
const MOST_BODY_BYTES = 8 * 1_024 * 1_024
/** After an immediate error, so that a dead entry is not asked thousands of times a second. */
const PAUSE_MS = 50
const MOST_RECORDS = 50_000

/**
 * Keeps so many requests under way until the window's planned end, or until it is stopped. Their beginnings are spread over
 * `spreadMs`: in step with each other, a fault could come when all of them have just ended, and would meet none.
 */
export class WorkloadLanes {
  readonly records: WorkloadRecord[] = []
  private readonly spec: WorkloadSpec
  private readonly request: StackRequest
  private readonly ctx: ClauseContext
  private readonly stopped = new AbortController()
  private readonly underWay = new Set<{ readonly startedMs: Mono }>()
  private sent = 0

  constructor(spec: WorkloadSpec, request: StackRequest, spreadMs: number, ctx: ClauseContext) {
    this.spec = spec
    this.request = request
    this.ctx = ctx
    for (let lane = 0; lane < spec.in_flight; lane += 1) void this.runLane((spreadMs * lane) / spec.in_flight)
  }

  /** Sends nothing more. What is under way ends by itself, at its deadline at the latest. */
  stop(): void {
    this.stopped.abort()
  }

  get exhausted(): boolean {
    return this.sent >= MOST_RECORDS
  }

  /** When the requests were sent that have no outcome yet. */
  get unendedMs(): readonly Mono[] {
    return [...this.underWay].map(({ startedMs }) => startedMs)
  }

  private async runLane(afterMs: number): Promise<void> {
    const { ctx, stopped } = this
    const signal = AbortSignal.any([ctx.signal, stopped.signal])
    // Rejects when the lane is to end, which the loop's condition sees.
    if (afterMs > 0) await ctx.clock.sleep(afterMs, signal).catch(() => undefined)
    while (!signal.aborted && !this.exhausted && !windowIsOver(ctx)) {
      const record = await this.sendOne()
      if (record === null) return
      this.records.push(record)
      const tookMs = msBetween(record.startedMs, record.endedMs)
      if (record.end === 'good' || tookMs >= PAUSE_MS) continue
      await ctx.clock.sleep(PAUSE_MS, signal).catch(() => undefined)
    }
  }

  /** null for a request that a cancel of ours cut short: it says nothing of the system. */
  private async sendOne(): Promise<WorkloadRecord | null> {
    const { ctx, spec } = this
    const startedMs = ctx.clock.nowMs()
    const request = { startedMs }
    this.sent += 1
    this.underWay.add(request)
    try {
      const outcome = await ctx.request(this.request, limitsOf(spec))
      if (outcome.error === 'aborted') return null
      return { startedMs, endedMs: ctx.clock.nowMs(), id: outcome.answerId ?? null, ...endOf(outcome, spec.within_ms) }
    } catch (error) {
      // Outcomes are values; what is thrown is a fault of ours, such as a variable without a value.
      const what = `could not be sent: ${describeError(error, 200)}`
      return { startedMs, endedMs: ctx.clock.nowMs(), id: null, end: 'unknown', what }
    } finally {
      this.underWay.delete(request)
    }
  }
}

/** How long one of its requests may take, and how much of the answer is read. */
export function limitsOf(spec: WorkloadSpec): { readonly deadlineMs: number; readonly maxBytes: number } {
  return { deadlineMs: spec.within_ms + DEADLINE_MARGIN_MS, maxBytes: MOST_BODY_BYTES }
}

/** False before inject has returned: the window is not open yet. */
function windowIsOver(ctx: ClauseContext): boolean {
  let window
  try {
    window = ctx.window()
  } catch {
    return false
  }
  return ctx.clock.nowMs() >= later(window.startedMs, window.plannedMs)
}
