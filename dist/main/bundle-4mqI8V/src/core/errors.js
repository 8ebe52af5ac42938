/** An error whose message is meant for the user. `code` is stable; `hint` is the next step, when there is one. */
export class ChaosError extends Error {
    code;
    hint;
    constructor(code, message, options = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.name = 'ChaosError';
        this.code = code;
        this.hint = options.hint;
    }
}
/** True also for a ChaosError of another copy of this module, as two bundles in one process would have. */
export function isChaosError(value, code) {
    if (!(value instanceof Error) || value.name !== 'ChaosError' || !('code' in value))
        return false;
    return code === undefined || value.code === code;
}
/** The text of anything thrown, with its chain of causes, bounded so that a report stays readable. */
export function describeError(value, maxLength = 2_000) {
    const parts = [];
    let current = value;
    for (let depth = 0; depth < 5 && current !== undefined; depth += 1) {
        parts.push(current instanceof Error ? current.message || current.name : plainText(current));
        current = current instanceof Error ? current.cause : undefined;
    }
    const text = parts.filter((part, index) => index === 0 || !parts[index - 1]?.includes(part)).join(': ');
    return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
function plainText(value) {
    if (typeof value === 'string')
        return value;
    // The library's type hides that undefined and functions give undefined.
    const text = JSON.stringify(value);
    return text ?? typeof value;
}
/** The abort reason as an error that callers can tell from a failure. */
export function abortedError(signal, what) {
    if (isChaosError(signal.reason, 'TIMEOUT'))
        return signal.reason;
    return new ChaosError('ABORTED', `${what} was cancelled`, { cause: signal.reason });
}
/** For the default branch of a switch over a union: a new member becomes a compile error, not a silent default. */
export function assertNever(value, what) {
    throw new ChaosError('INTERNAL', `unexpected ${what}: ${JSON.stringify(value)}`);
}
