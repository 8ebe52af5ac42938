/** Never shorter: a canary of 10 requests a second needs this long to mean anything. */
export const SHORTEST_WINDOW_MS = 5_000;
const QUICK_WINDOW_MS = 6_000;
/** How long the fault is held at least. Limits and service timers are never scaled, only this. */
export function faultWindowMs(scenario, profile) {
    const own = scenario.profileSeconds[profile];
    const seconds = own ?? scenario.durationSeconds;
    const scaled = own === undefined && profile !== 'full' ? Math.min(seconds * 1_000, QUICK_WINDOW_MS) : seconds * 1_000;
    return Math.max(SHORTEST_WINDOW_MS, scaled);
}
const RECOVERY_LIMIT_MS = { smoke: 20_000, quick: 20_000, full: 60_000 };
export function recoveryLimitMs(scenario, profile) {
    return scenario.recoveryLimitSeconds === null ? RECOVERY_LIMIT_MS[profile] : scenario.recoveryLimitSeconds * 1_000;
}
