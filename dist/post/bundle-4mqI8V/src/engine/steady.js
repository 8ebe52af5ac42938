import { ChaosError, isChaosError } from "../core/errors.js";
import { waitUntil } from "../core/wait.js";
import { STEADY_LIMIT_MS, STEADY_STREAK } from "./options.js";
/**
 * The hypothesis that must hold before anything is broken: services healthy and ten good canary requests in a row.
 * @returns the intended send time of the first request of the streak, ms of the run's clock.
 * @throws NOT_STEADY saying what is not well.
 */
export async function reachSteadyState(deps, canary, signal) {
    try {
        return await waitUntil(`${String(STEADY_STREAK)} good canary requests in a row on a healthy stack`, async (attemptSignal) => {
            const unhealthy = await deps.stack.unhealthy(attemptSignal);
            if (unhealthy !== null)
                throw new ChaosError('STACK_UNHEALTHY', unhealthy);
            return tail(canary.samples());
        }, (streak) => streak.good >= STEADY_STREAK, { everyMs: 50, attemptMs: 5_000, limitMs: STEADY_LIMIT_MS, signal, clock: deps.clock }).then((streak) => streak.firstIntendedMs);
    }
    catch (error) {
        if (!isChaosError(error, 'TIMEOUT'))
            throw error;
        throw new ChaosError('NOT_STEADY', `no steady state, so nothing was injected: ${error.message}`, { cause: error });
    }
}
function tail(samples) {
    let good = 0;
    let firstIntendedMs = Number.NaN;
    for (const sample of [...samples].reverse()) {
        if (!sample.ok)
            return { good, firstIntendedMs, lastError: sample.error };
        good += 1;
        firstIntendedMs = sample.intendedMs;
    }
    return { good, firstIntendedMs, lastError: null };
}
