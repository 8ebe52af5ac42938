import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { answerName, type RequestOutcome, type StackRequest } from '../../core/request.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { atIntervals } from '../shared/fault-phase.ts'
import { namedRequest } from '../shared/requests.ts'
import { grpcText, judgeGrpc, type GrpcSeen } from './judge.ts'
import { grpcSpec, type GrpcSpec } from './spec.ts'

/** Five a second: enough to tell, too few to be a load. */
const SEND_EVERY_MS = 200
/** After the fault, where no window says how long. */
const SENT_AFTER = 25
const MOST_BYTES = 1_048_576

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
  const outcomes: Promise<RequestOutcome>[] = []
  await atIntervals(ctx, SEND_EVERY_MS, SENT_AFTER, () => {
    const outcome = ctx.request(request, { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES })
    // It is awaited below, with all the others.
    outcome.catch(() => undefined)
    outcomes.push(outcome)
  })
  return (await Promise.all(outcomes)).filter(({ error }) => error !== 'aborted')
}
