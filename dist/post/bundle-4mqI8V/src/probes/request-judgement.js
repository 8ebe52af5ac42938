import { joinParts, msText } from "./clauses.js";
/** `request large: answered well within 15000 ms; the same body as in the steady state; 5 to 13 KB/s`. */
export function requestText(spec) {
    return `request ${spec.name}: ${expectedTexts(spec).join('; ')}`;
}
/** Pure. Without a good answer in the steady state nothing is decided: there is nothing to compare with. */
export function judgeRequest(spec, steady, during) {
    if (steady?.good !== true) {
        const why = steady === null ? 'it was not sent' : steady.why;
        return {
            expected: expectedTexts(spec).join('; '),
            observed: `no good answer in the steady state to compare with (${why})`,
            met: null,
        };
    }
    const parts = [answerPart(spec, during)];
    if (spec.same_as_steady === true)
        parts.push(samePart(steady, during));
    if (spec.rate_kb_per_s !== undefined)
        parts.push(ratePart(spec.rate_kb_per_s, during));
    return joinParts(parts);
}
function expectedTexts(spec) {
    const texts = [answerExpected(spec)];
    if (spec.same_as_steady === true)
        texts.push(SAME_EXPECTED);
    if (spec.rate_kb_per_s !== undefined)
        texts.push(rateExpected(spec.rate_kb_per_s));
    return texts;
}
const SAME_EXPECTED = 'the same body as in the steady state';
function answerExpected(spec) {
    return `a good answer within ${String(spec.within_ms)} ms`;
}
function rateExpected(rate) {
    return `${String(rate.at_least)} to ${String(rate.at_most)} KB/s`;
}
function answerPart(spec, during) {
    const why = during.reason ?? during.error;
    const good = during.good && during.complete;
    const what = good ? 'good' : `not good: ${why ?? (during.complete ? 'refused by its rule' : 'cut short')}`;
    return {
        expected: answerExpected(spec),
        observed: `${during.status === null ? 'no answer' : `status ${String(during.status)}`}, ${what}, ${String(during.bytes)} bytes after ${msText(during.totalMs)}`,
        met: good && during.totalMs <= spec.within_ms,
    };
}
function samePart(steady, during) {
    const same = during.complete && during.bodyHash !== null && during.bodyHash === steady.bodyHash;
    return {
        expected: SAME_EXPECTED,
        observed: same ? 'the same body' : `another body: ${String(during.bytes)} bytes, ${String(steady.bytes)} in the steady state`,
        met: same,
    };
}
/** From the first byte to the last: the wait for the first says nothing about the rate. */
function ratePart(rate, during) {
    const tookMs = during.firstByteMs === null ? Number.NaN : during.totalMs - during.firstByteMs;
    const measured = during.bytes / tookMs;
    if (!(tookMs > 0) || during.bytes === 0) {
        return {
            expected: rateExpected(rate),
            observed: `no rate: ${String(during.bytes)} bytes in one piece`,
            met: during.bytes > 0 && tookMs === 0 ? false : null,
        };
    }
    return {
        expected: rateExpected(rate),
        observed: `${String(Math.round(measured * 10) / 10)} KB/s`,
        met: measured >= rate.at_least && measured <= rate.at_most,
    };
}
