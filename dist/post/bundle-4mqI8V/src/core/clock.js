export const systemClock = {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    sleep: sleepFor,
};
function sleepFor(ms, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
            reject(signal.reason);
            return;
        }
        const onAbort = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
        }, Math.max(0, ms));
        signal?.addEventListener('abort', onAbort, { once: true });
    });
}
/** An ISO time for reports from an epoch in milliseconds. */
export function isoTime(wallMs) {
    return new Date(wallMs).toISOString();
}
