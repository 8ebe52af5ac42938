import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { answerText, type RequestOutcome } from '../../core/request.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { namedRequest, statusProblem } from '../shared/requests.ts'
import { judgeRequest, requestText, type SteadyAnswer } from './judge.ts'
import { requestSpec } from './spec.ts'

/** Of the body kept as text, so that its good-answer rule sees it whole. The hash is over all of it. */
const MOST_BYTES = 8 * 1_024 * 1_024

/** One of the descriptor's requests, sent in the steady state and again while the fault bites. */
export const requestClause = defineClause({
  key: 'request',
  schema: requestSpec,
  text: requestText,
  lacks: ({ requests }, { name, status }) => (status === undefined ? null : statusProblem(name, requests[name])),
  afterWindowMs: (spec) => spec.within_ms,
  async steady(spec, ctx) {
    const request = namedRequest(spec.name, ctx)
    // The steady state is fast: one that needs longer there is nothing to compare with.
    const before = steadyAnswer(await ctx.request(request, { deadlineMs: CANARY_DEADLINE_MS, maxBytes: MOST_BYTES }))
    return {
      async observe(observeCtx) {
        return judgeRequest(spec, before, await observeCtx.request(request, { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES }))
      },
    }
  },
})

function steadyAnswer(outcome: RequestOutcome): SteadyAnswer {
  const { good, reason, error, bodyHash, bytes } = outcome
  return { good, why: reason ?? error ?? answerText(outcome), bodyHash, bytes }
}
