import { constantBackoff, exponentialBackoff } from "./backoff.js";
const ATTEMPT_LIMIT_MS = 1_200;
const ANSWER_LIMIT_MS = 4_000;
const FIRST_GAP_MS = 100;
const BODY = { idleMs: 10_000, totalMs: null, whenIdle: 'cut' };
export function upstreamPolicy(defects) {
    return {
        attemptLimitMs: attemptLimitMs(defects),
        answerLimitMs: ANSWER_LIMIT_MS,
        backoff: defects.has('no-backoff') ? constantBackoff(FIRST_GAP_MS) : exponentialBackoff(FIRST_GAP_MS),
        retries: (reason) => !defects.has('single-short-attempt') && !(reason === 'reset' && defects.has('no-retry-on-reset')),
        whenExhausted: defects.has('hangs-without-upstream') ? 'say-nothing' : 'answer-503',
        body: {
            ...BODY,
            ...(defects.has('total-body-deadline') ? { totalMs: 2_000 } : {}),
            ...(defects.has('truncates-slow-bodies') ? { idleMs: 60, whenIdle: 'end' } : {}),
        },
    };
}
function attemptLimitMs(defects) {
    if (defects.has('single-short-attempt'))
        return 300;
    if (defects.has('tight-upstream-timeout'))
        return 400;
    return ATTEMPT_LIMIT_MS;
}
