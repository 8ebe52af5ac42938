import { latencyMs, recoveryStreak } from "../core/canary.js";
import { ChaosError, isChaosError } from "../core/errors.js";
import { median } from "../core/statistics.js";
import { waitUntil } from "../core/wait.js";
/** Latency is back when the streak's median is under twice the steady one, or this much above it. */
const LATENCY_FACTOR = 2;
const LATENCY_MARGIN_MS = 250;
/** Waits for an unbroken streak at near-baseline latency on a healthy stack; a miss is a value, not a throw. */
export async function awaitRecovery(deps, canary, terms, signal) {
    const needed = recoveryStreak(terms.backends);
    const latencyLimitMs = latencyLimit(terms);
    try {
        const streak = await waitUntil(`a streak of ${String(needed)} good requests with a median under ${String(Math.round(latencyLimitMs))} ms`, async (attemptSignal) => {
            const unhealthy = await deps.stack.unhealthy(attemptSignal);
            if (unhealthy !== null)
                throw new ChaosError('STACK_UNHEALTHY', unhealthy);
            return currentStreak(canary.samples(), terms.fromMs);
        }, (seen) => seen.length >= needed && seen.p50Ms <= latencyLimitMs, { everyMs: 50, attemptMs: 5_000, limitMs: terms.limitMs, signal, clock: deps.clock });
        return result(streak, terms, needed, null);
    }
    catch (error) {
        if (!isChaosError(error, 'TIMEOUT'))
            throw error;
        return result(currentStreak(canary.samples(), terms.fromMs), terms, needed, `no recovery within ${String(terms.limitMs)} ms: ${error.message}`);
    }
}
/** A streak that broke again before the scenario ended was no recovery. */
export function withoutRelapse(recovery, samples, fromMs) {
    if (!recovery.recovered || recovery.firstGoodMs === null)
        return recovery;
    const goodSince = fromMs + recovery.firstGoodMs;
    const relapse = samples.find((sample) => !sample.ok && sample.intendedMs >= fromMs && sample.doneMs > goodSince);
    if (relapse === undefined)
        return recovery;
    return {
        ...recovery,
        recovered: false,
        reason: `relapse ${String(Math.round(relapse.intendedMs - fromMs))} ms after the fault ended: ${relapse.error ?? 'bad answer'}`,
    };
}
function latencyLimit(terms) {
    return Math.max(terms.steadyP50Ms * LATENCY_FACTOR, terms.steadyP50Ms + LATENCY_MARGIN_MS);
}
/** The unbroken run of good requests up to the newest outcome; requests sent before the fault ended do not count. */
export function currentStreak(samples, fromMs) {
    const after = samples.filter((sample) => sample.intendedMs >= fromMs);
    let lastBad = -1;
    for (const [index, sample] of after.entries())
        if (!sample.ok)
            lastBad = index;
    const streak = after.slice(lastBad + 1);
    const bad = after[lastBad];
    const first = streak[0];
    return {
        lastBadMs: bad === undefined ? null : bad.intendedMs - fromMs,
        firstGoodMs: first === undefined ? null : first.doneMs - fromMs,
        length: streak.length,
        p50Ms: median(streak.map(latencyMs)),
    };
}
function result(streak, terms, needed, reason) {
    const round = (value) => (value === null ? null : Math.round(value));
    return {
        recovered: reason === null,
        afterMs: reason === null ? round(streak.firstGoodMs) : null,
        limitMs: terms.limitMs,
        lastBadMs: round(streak.lastBadMs ?? 0),
        firstGoodMs: round(streak.firstGoodMs),
        streak: needed,
        reason,
    };
}
