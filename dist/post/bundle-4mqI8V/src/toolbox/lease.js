/** Time that the helper may go on without hearing from its runner. Calls `onExpired` once when nobody renews. */
export class Lease {
    ttlMs;
    onExpired;
    timer;
    constructor(ttlMs, onExpired) {
        this.ttlMs = ttlMs;
        this.onExpired = onExpired;
        this.timer = setTimeout(onExpired, ttlMs);
    }
    renew() {
        clearTimeout(this.timer);
        this.timer = setTimeout(this.onExpired, this.ttlMs);
        return { ttlMs: this.ttlMs };
    }
    end() {
        clearTimeout(this.timer);
    }
}
const SHORTEST_TTL_MS = 1_000;
const LONGEST_TTL_MS = 10 * 60_000;
/** @throws Error for anything but a whole number of milliseconds from 1 s to 10 min: without a lease nothing heals. */
export function parseTtl(value) {
    const ttlMs = Number(value);
    if (value === undefined || !/^\d+$/.test(value) || ttlMs < SHORTEST_TTL_MS || ttlMs > LONGEST_TTL_MS) {
        throw new Error(`the lease must be ${String(SHORTEST_TTL_MS)} to ${String(LONGEST_TTL_MS)} ms, not '${value ?? ''}'`);
    }
    return ttlMs;
}
