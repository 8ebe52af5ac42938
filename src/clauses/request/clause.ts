import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { answerText, type RequestOutcome } from '../../core/request.ts'
import type { Observation } from '../../kinds/clause.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { eventually, eventuallyMs } from '../shared/eventually.ts'
import { namedRequest, statusProblem } from '../shared/requests.ts'
import { judgeRequest, requestExpected, requestText, type SteadyAnswer } from './judge.ts'
import { requestSpec } from './spec.ts'

/** Of the body kept as text, so that its good-answer rule sees it whole. The hash is over all of it. */
const MOST_BYTES = 8 * 1_024 * 1_024
/** Where it is sent again and again: enough to tell, too few to be a load. */
const SEND_EVERY_MS = 500
/** Whatever the sender needs beyond the deadline of the request. */
const SENDER_MS = 2_000

/** One of the descriptor's requests, sent in the steady state and again while the fault bites, once or until it is answered so. */
export const requestClause = defineClause({
  key: 'request',
  schema: requestSpec,
  text: requestText,
  lacks: ({ requests }, { name, status }) => (status === undefined ? null : statusProblem(name, requests[name])),
  afterWindowMs: ({ within_ms: deadlineMs, eventually_within_seconds: within }) =>
    within === undefined ? deadlineMs : eventuallyMs({ withinSeconds: within, lookMs: deadlineMs + SENDER_MS }),
  async steady(spec, ctx) {
    const request = namedRequest(spec.name, ctx)
    // The steady state is fast: one that needs longer there is nothing to compare with.
    const before = steadyAnswer(await ctx.request(request, { deadlineMs: CANARY_DEADLINE_MS, maxBytes: MOST_BYTES }))
    const limits = { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES }
    return {
      async observe(observeCtx) {
        const look = async (): Promise<Observation> => judgeRequest(spec, before, await observeCtx.request(request, limits))
        const { eventually_within_seconds: withinSeconds } = spec
        // Nothing decides where there is nothing to compare with, however often it is sent.
        if (withinSeconds === undefined || !before.good) return look()
        const lookMs = limits.deadlineMs + SENDER_MS
        return eventually({ withinSeconds, everyMs: SEND_EVERY_MS, lookMs, expected: requestExpected(spec), look }, observeCtx)
      },
    }
  },
})

function steadyAnswer(outcome: RequestOutcome): SteadyAnswer {
  const { good, reason, error, bodyHash, bytes } = outcome
  return { good, why: reason ?? error ?? answerText(outcome), bodyHash, bytes }
}
