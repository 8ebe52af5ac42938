import { ChaosError } from "../core/errors.js";
import { judgeRequest, requestText } from "./request-judgement.js";
/** The steady state is fast; a request that needs longer there has no baseline. */
const STEADY_DEADLINE_MS = 15_000;
/** Of the body kept as text, so that its good-answer rule sees it whole. The hash is over all of it. */
const MOST_BYTES = 8 * 1_024 * 1_024;
/** One of the descriptor's requests, sent in the steady state and again while the fault bites. */
export const requestExpectation = {
    kind: 'request',
    text: requestText,
    async baseline(spec, ctx) {
        return toJson(await ctx.request(named(spec, ctx), { deadlineMs: STEADY_DEADLINE_MS, maxBytes: MOST_BYTES }));
    },
    async observe(spec, baseline, ctx) {
        const during = await ctx.request(named(spec, ctx), { deadlineMs: spec.within_ms, maxBytes: MOST_BYTES });
        return judgeRequest(spec, fromJson(baseline), during);
    },
};
/** @throws TARGET_NOT_FOUND listing the names that the descriptor has. */
function named(spec, ctx) {
    const { requests, name } = ctx.stack.descriptor;
    const request = Object.hasOwn(requests, spec.name) ? requests[spec.name] : undefined;
    if (request)
        return request;
    const known = Object.keys(requests).join(', ') || 'none';
    throw new ChaosError('TARGET_NOT_FOUND', `the stack '${name}' has no request '${spec.name}'; it has: ${known}`);
}
function toJson(outcome) {
    const { good, reason, error, status, bodyHash, bytes } = outcome;
    return { good, why: reason ?? error ?? (status === null ? 'no answer' : `status ${String(status)}`), bodyHash, bytes };
}
function fromJson(baseline) {
    if (typeof baseline !== 'object' || baseline === null || Array.isArray(baseline))
        return null;
    const { good, why, bodyHash, bytes } = baseline;
    return {
        good: good === true,
        why: typeof why === 'string' ? why : 'unknown',
        bodyHash: typeof bodyHash === 'string' ? bodyHash : null,
        bytes: typeof bytes === 'number' ? bytes : 0,
    };
}
