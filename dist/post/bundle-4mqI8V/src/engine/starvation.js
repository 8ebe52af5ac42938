import { monitorEventLoopDelay } from 'node:perf_hooks';
import { percentile } from "../core/statistics.js";
import { STARVED_LAG_P99_MS, STARVED_LATENESS_P95_MS } from "./options.js";
/** Watches whether this process itself gets the CPU that its measurements need. */
export class StarvationWatch {
    histogram;
    constructor() {
        this.histogram = monitorEventLoopDelay({ resolution: 20 });
        this.histogram.enable();
    }
    stop() {
        this.histogram.disable();
    }
    /** Event-loop lag, p99 since the start, ms. The resolution's own 20 ms are taken off. */
    lagP99Ms() {
        return Math.max(0, this.histogram.percentile(99) / 1e6 - 20);
    }
    /** Why the harness's own figures cannot be trusted; null when they can. */
    verdict(samples) {
        const latenessMs = percentile(samples.map((sample) => sample.sentMs - sample.intendedMs), 95);
        if (latenessMs > STARVED_LATENESS_P95_MS) {
            return `the canary was sent ${String(Math.round(latenessMs))} ms late at p95 (limit ${String(STARVED_LATENESS_P95_MS)} ms)`;
        }
        const lagMs = this.lagP99Ms();
        if (lagMs > STARVED_LAG_P99_MS)
            return `event-loop lag p99 ${String(Math.round(lagMs))} ms (limit ${String(STARVED_LAG_P99_MS)} ms)`;
        return null;
    }
}
