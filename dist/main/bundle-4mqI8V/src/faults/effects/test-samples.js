/** Samples for tests: answered after `totalMs`. */
export function ok(totalMs, closeMs = 1) {
    return { totalMs, connectMs: 1, closeMs, status: 200, bytes: 120, error: null };
}
/** Not answered; `connected` says whether the proxy accepted the connection. */
export function failed(error, connected = true) {
    return { totalMs: null, connectMs: connected ? 1 : null, closeMs: null, status: null, bytes: 0, error };
}
export function times(count, make) {
    return Array.from({ length: count }, (_, index) => make(index));
}
export function moved(bytes, lastByteMs, rest = {}) {
    return { bytes, firstByteMs: 1, lastByteMs, chunks: 1, medianGapMs: null, end: 'complete', ...rest };
}
