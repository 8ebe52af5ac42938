/** Canary samples and what is computed from them. Pure: sending is the probe's work. */
import { percentile, roundOrNull } from "./statistics.js";
export function latencyMs(sample) {
    return sample.doneMs - sample.intendedMs;
}
/** Percentiles are over good samples: a fast wrong answer must not look like a fast system. */
export function summarizeCanary(samples, fromMs, toMs) {
    const inWindow = samples.filter((sample) => sample.intendedMs >= fromMs && sample.intendedMs < toMs);
    const good = inWindow.filter((sample) => sample.ok);
    const latencies = good.map(latencyMs);
    return {
        samples: inWindow,
        total: inWindow.length,
        failed: inWindow.length - good.length,
        p50Ms: percentile(latencies, 50),
        p95Ms: percentile(latencies, 95),
        longestOutageMs: longestOutage(samples, fromMs, toMs),
        maxLatenessMs: inWindow.reduce((worst, sample) => Math.max(worst, sample.sentMs - sample.intendedMs), 0),
    };
}
/** Gap between successful completions of any request, so that an outage that outlasts the window's requests counts whole. */
function longestOutage(samples, fromMs, toMs) {
    const done = samples
        .filter((sample) => sample.ok && sample.doneMs >= fromMs)
        .map((sample) => sample.doneMs)
        .sort((a, b) => a - b);
    if (samples.length === 0)
        return Number.NaN;
    let previous = fromMs;
    let longest = 0;
    for (const at of done) {
        if (previous >= toMs)
            break;
        longest = Math.max(longest, at - previous);
        previous = at;
    }
    if (previous < toMs)
        longest = Math.max(longest, toMs - previous);
    return longest;
}
/** Requests in a row that notice one dead backend of `backends` with 99 % (at least 5). */
export function recoveryStreak(backends) {
    if (backends <= 1)
        return 5;
    return Math.max(5, Math.ceil(Math.log(0.01) / Math.log(1 - 1 / backends)));
}
export function roundedWindow(window) {
    return {
        p50Ms: roundOrNull(window.p50Ms),
        p95Ms: roundOrNull(window.p95Ms),
        longestOutageMs: roundOrNull(window.longestOutageMs),
        maxLatenessMs: roundOrNull(window.maxLatenessMs),
    };
}
