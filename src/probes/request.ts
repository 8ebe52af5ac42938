import type { RequestExpectation } from '../core/expectations.ts'
import type { Json } from '../core/json.ts'
import type { Probe, RequestOutcome } from '../core/ports.ts'
import { namedRequest } from './named-request.ts'
import { judgeRequest, requestText } from './request-judgement.ts'
import type { SteadyAnswer } from './request-judgement.ts'

/** The steady state is fast; a request that needs longer there has no baseline. */
const STEADY_DEADLINE_MS = 15_000
/** Of the body kept as text, so that its good-answer rule sees it whole. The hash is over all of it. */
const MOST_BYTES = 8 * 1_024 * 1_024

/** One of the descriptor's requests, sent in the steady state and again while the fault bites. */
export const requestExpectation: Probe<RequestExpectation> = {
  kind: 'request',
  text: requestText,
  afterWindowMs: (spec) => spec.within_ms,
  async baseline(spec, ctx) {
    return toJson(await ctx.request(namedRequest(spec.name, ctx), { deadlineMs: STEADY_DEADLINE_MS, maxBytes: MOST_BYTES }))
  },
  async observe(spec, baseline, ctx) {
    const during = await ctx.request(namedRequest(spec.name, ctx), { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES })
    return judgeRequest(spec, fromJson(baseline), during)
  },
}

function toJson(outcome: RequestOutcome): Json {
  const { good, reason, error, status, bodyHash, bytes } = outcome
  return { good, why: reason ?? error ?? (status === null ? 'no answer' : `status ${String(status)}`), bodyHash, bytes }
}

function fromJson(baseline: Json): SteadyAnswer | null {
  if (typeof baseline !== 'object' || baseline === null || Array.isArray(baseline)) return null
  const { good, why, bodyHash, bytes } = baseline as { readonly [key: string]: Json }
  return {
    good: good === true,
    why: typeof why === 'string' ? why : 'unknown',
    bodyHash: typeof bodyHash === 'string' ? bodyHash : null,
    bytes: typeof bytes === 'number' ? bytes : 0,
  }
}
