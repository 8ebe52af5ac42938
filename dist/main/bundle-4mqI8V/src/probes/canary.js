import { ChaosError } from "../core/errors.js";
import { waitUntil } from "../core/wait.js";
import { sendRequest } from "./http-request.js";
const DEADLINE_MS = 15_000;
const MAX_IN_FLIGHT = 200;
const MAX_BODY_BYTES = 1024 * 1024;
/** A scenario lasts minutes at most; this many samples are hours. Beyond it the canary stops, and says so by its silence. */
const MAX_SAMPLES = 200_000;
export const canaryPort = {
    start: (stack, options) => new OpenLoopCanary(stack, options.clock, options.signal),
    request: (stack, spec, limits, signal) => sendRequest(spec, { baseUrl: stack.entryUrl, variables: stack.variables, ...limits, signal }),
};
class OpenLoopCanary {
    stack;
    spec;
    clock;
    intervalMs;
    startedMs;
    stopped = new AbortController();
    signal;
    outcomes = [];
    inFlight = 0;
    timer = null;
    constructor(stack, clock, signal) {
        const { request, ratePerSecond } = stack.descriptor.canary;
        const spec = stack.descriptor.requests[request];
        if (spec === undefined)
            throw new ChaosError('BAD_INPUT', `the descriptor's canary names the request ${request}, which it does not define`);
        this.stack = stack;
        this.spec = spec;
        this.clock = clock;
        this.intervalMs = 1_000 / ratePerSecond;
        this.signal = AbortSignal.any([signal, this.stopped.signal]);
        this.startedMs = clock.nowMs();
        this.schedule();
    }
    samples() {
        return this.outcomes.filter((outcome) => outcome !== null);
    }
    async settled(fromMs, toMs, signal) {
        const untilSentMs = Math.max(0, toMs - this.clock.nowMs());
        await waitUntil(`the outcome of every canary request sent in ${String(Math.round(toMs - fromMs))} ms`, () => Promise.resolve(this.pending(fromMs, toMs)), (pending) => pending === 0, { everyMs: 20, attemptMs: 1_000, limitMs: untilSentMs + DEADLINE_MS + 2_000, signal, clock: this.clock });
        return this.samples().filter((sample) => sample.intendedMs >= fromMs && sample.intendedMs < toMs);
    }
    stop() {
        if (this.timer !== null)
            clearTimeout(this.timer);
        this.stopped.abort(new Error('the canary was stopped'));
    }
    intendedMs(index) {
        return this.startedMs + index * this.intervalMs;
    }
    /** Requests of the span that have no outcome, those not yet sent included. */
    pending(fromMs, toMs) {
        const first = Math.max(0, Math.ceil((fromMs - this.startedMs) / this.intervalMs));
        const end = Math.ceil((toMs - this.startedMs) / this.intervalMs);
        let pending = 0;
        for (let index = first; index < end; index += 1)
            if ((this.outcomes[index] ?? null) === null)
                pending += 1;
        return pending;
    }
    /** Sends all that is due, then sleeps until the next: a late timer delays nothing but is seen as lateness. */
    schedule() {
        if (this.signal.aborted)
            return;
        while (this.outcomes.length < MAX_SAMPLES && this.intendedMs(this.outcomes.length) <= this.clock.nowMs())
            this.send();
        const waitMs = Math.max(0, this.intendedMs(this.outcomes.length) - this.clock.nowMs());
        this.timer = setTimeout(() => {
            this.schedule();
        }, waitMs);
    }
    send() {
        const index = this.outcomes.length;
        const intendedMs = this.intendedMs(index);
        const sentMs = this.clock.nowMs();
        this.outcomes.push(null);
        if (this.inFlight >= MAX_IN_FLIGHT) {
            this.outcomes[index] = { intendedMs, sentMs, doneMs: sentMs, status: null, ok: false, error: 'overflow' };
            return;
        }
        this.inFlight += 1;
        const deadlineMs = Math.max(1, intendedMs + DEADLINE_MS - sentMs);
        void sendRequest(this.spec, {
            baseUrl: this.stack.entryUrl,
            variables: this.stack.variables,
            deadlineMs,
            maxBytes: MAX_BODY_BYTES,
            signal: this.signal,
        })
            .then((outcome) => {
            // A request that our own stop cut short says nothing of the system.
            if (outcome.error === 'aborted')
                return;
            this.outcomes[index] = {
                intendedMs,
                sentMs,
                doneMs: this.clock.nowMs(),
                status: outcome.status,
                ok: outcome.good,
                error: outcome.reason,
            };
        }, (error) => {
            this.outcomes[index] = {
                intendedMs,
                sentMs,
                doneMs: this.clock.nowMs(),
                status: null,
                ok: false,
                error: `could not be sent: ${String(error)}`,
            };
        })
            .finally(() => {
            this.inFlight -= 1;
        });
    }
}
