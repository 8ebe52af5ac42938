import { thirdOf } from "./reset-moments.js";
/** Pure: at least one connection reset in every third of the window, and the kernel's own counters agree that resets happened. */
export function judgeResets(seen) {
    const { counters } = seen;
    const thirds = [0, 0, 0];
    for (const { atMs, resets } of counters.history) {
        const third = thirdOf(atMs, seen.windowMs);
        thirds[third] = (thirds[third] ?? 0) + resets;
    }
    const empty = thirds.flatMap((count, index) => (count === 0 ? [index + 1] : []));
    // ss -K sends RSTs that OutRsts counts; a REJECT rule's never reach it, but the peer's EstabResets has them.
    const kernel = Math.max(counters.outRsts, seen.peerEstabResets);
    const reasons = [
        empty.length === 0 ? null : `no connection was reset in third ${empty.join(' and ')} of the window (${thirds.join(', ')})`,
        counters.moments >= seen.plannedMoments
            ? null
            : `only ${String(counters.moments)} of ${String(seen.plannedMoments)} moments had passed when the window ended`,
        kernel >= 3
            ? null
            : `the kernel counted ${String(counters.outRsts)} resets sent and the other end ${String(seen.peerEstabResets)} received, at least 3 are needed`,
    ].filter((reason) => reason !== null);
    return {
        headline: `${String(counters.resets)} resets at ${String(counters.moments)} moments (${thirds.join(', ')} by third)`,
        measures: {
            resetsCount: counters.resets,
            momentsCount: counters.moments,
            firstThirdCount: thirds[0] ?? 0,
            secondThirdCount: thirds[1] ?? 0,
            lastThirdCount: thirds[2] ?? 0,
            outRstsCount: counters.outRsts,
            peerBaselineResetsCount: seen.peerBaselineResets,
            peerEstabResetsCount: seen.peerEstabResets,
        },
        reasons,
    };
}
