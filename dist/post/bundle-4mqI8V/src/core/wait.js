import { abortedError, ChaosError, describeError } from "./errors.js";
/**
 * The only polling loop. Reads until `ok` accepts the value; a read that throws counts as "not yet" and its reason is kept.
 * @throws ChaosError TIMEOUT naming what was awaited, the limit and the last thing seen; ABORTED when the signal fires.
 */
export async function waitUntil(name, read, ok, options) {
    const startedMs = options.clock.nowMs();
    let last = 'nothing was read yet';
    for (;;) {
        if (isAborted(options.signal))
            throw abortedError(options.signal, `waiting for ${name}`);
        const leftMs = options.limitMs - (options.clock.nowMs() - startedMs);
        if (leftMs <= 0)
            break;
        try {
            const value = await withDeadline(`one attempt at ${name}`, Math.min(options.attemptMs, leftMs), options.signal, read);
            if (ok(value))
                return value;
            last = `last seen: ${preview(value)}`;
        }
        catch (error) {
            if (isAborted(options.signal))
                throw abortedError(options.signal, `waiting for ${name}`);
            last = `last error: ${describeError(error, 500)}`;
        }
        const pauseMs = Math.min(options.everyMs, options.limitMs - (options.clock.nowMs() - startedMs));
        if (pauseMs > 0)
            await sleepOrAbort(options, pauseMs, name);
    }
    throw new ChaosError('TIMEOUT', `${name} did not happen within ${String(options.limitMs)} ms (${last})`);
}
/** A call, as the compiler would otherwise hold the first answer for good. */
export function isAborted(signal) {
    return signal.aborted;
}
async function sleepOrAbort(options, ms, name) {
    try {
        await options.clock.sleep(ms, options.signal);
    }
    catch {
        throw abortedError(options.signal, `waiting for ${name}`);
    }
}
/**
 * Runs `work` with a signal that aborts after `limitMs` or with `parent`. The promise settles at the deadline even when
 * the work ignores its signal.
 */
export async function withDeadline(name, limitMs, parent, work) {
    const controller = new AbortController();
    const timeout = new ChaosError('TIMEOUT', `${name} took longer than ${String(Math.round(limitMs))} ms`);
    const onParent = () => {
        controller.abort(parent.reason);
    };
    if (parent.aborted)
        throw abortedError(parent, name);
    parent.addEventListener('abort', onParent, { once: true });
    const timer = setTimeout(() => {
        controller.abort(timeout);
    }, limitMs);
    const aborted = new Promise((_resolve, reject) => {
        controller.signal.addEventListener('abort', () => {
            reject(controller.signal.reason === timeout ? timeout : abortedError(controller.signal, name));
        }, { once: true });
    });
    try {
        return await Promise.race([work(controller.signal), aborted]);
    }
    finally {
        clearTimeout(timer);
        parent.removeEventListener('abort', onParent);
    }
}
function stringify(value) {
    // The library's type hides that undefined and functions give undefined.
    const text = JSON.stringify(value);
    return text ?? typeof value;
}
function preview(value) {
    const text = typeof value === 'string' ? value : stringify(value);
    return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
