const EVERY_MS = 250;
/** Sweeps the registry regularly. A tick that comes late means that the hive stood still, and heartbeats wait unread. */
export function startMonitor(registry) {
    let dueMs = performance.now() + EVERY_MS;
    const timer = setInterval(() => {
        const nowMs = performance.now();
        const lateMs = nowMs - dueMs;
        registry.sweep(nowMs, lateMs > EVERY_MS ? lateMs : 0);
        dueMs = nowMs + EVERY_MS;
    }, EVERY_MS);
    return () => {
        clearInterval(timer);
    };
}
