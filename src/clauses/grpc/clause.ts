import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { answerName, type RequestOutcome, type StackRequest } from '../../core/request.ts'
import { later, msBetween } from '../../core/time/moment.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { faultIsOver } from '../shared/fault-phase.ts'
import { namedRequest } from '../shared/named-request.ts'
import { grpcText, judgeGrpc, type GrpcSeen } from './judge.ts'
import { grpcSpec, type GrpcSpec } from './spec.ts'

/** Five a second: enough to tell, too few to be a load. */
const SEND_EVERY_MS = 200
/** After the fault, where no window says how long. */
const SENT_AFTER = 25
const MOST_BYTES = 1_024 * 1_024

/** One of the descriptor's gRPC requests, at a rate: one that hangs keeps no other back. */
export const grpcClause = defineClause({
  key: 'grpc',
  schema: grpcSpec,
  text: grpcText,
  afterWindowMs: (spec) => spec.within_ms + SEND_EVERY_MS,
  async steady(spec, ctx) {
    const request = namedRequest(spec.name, ctx)
    const before = await ctx.request(request, { deadlineMs: CANARY_DEADLINE_MS, maxBytes: MOST_BYTES })
    const steady = answerName(before) === null ? (before.reason ?? 'no answer') : null
    return { observe: async (observeCtx) => judgeGrpc(spec, steady, await sent(spec, request, observeCtx)) }
  },
})

async function sent(spec: GrpcSpec, request: StackRequest, ctx: ClauseContext): Promise<GrpcSeen[]> {
  const { startedMs, plannedMs } = ctx.window()
  const endMs = later(startedMs, plannedMs)
  const over = faultIsOver(ctx)
  const outcomes: Promise<RequestOutcome>[] = []
  while (over ? outcomes.length < SENT_AFTER : ctx.clock.nowMs() < endMs) {
    const nextMs = later(ctx.clock.nowMs(), SEND_EVERY_MS)
    const outcome = ctx.request(request, { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES })
    // It is awaited below, with all the others.
    outcome.catch(() => undefined)
    outcomes.push(outcome)
    await ctx.clock.sleep(Math.max(0, msBetween(ctx.clock.nowMs(), nextMs)), ctx.signal)
  }
  return (await Promise.all(outcomes)).filter(({ error }) => error !== 'aborted')
}
