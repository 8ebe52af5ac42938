import { InvalidArgumentError } from 'commander';
/** Strict: `12s`, `1e3` and an empty string are refused, not rounded. */
export function parseInteger(minimum, maximum) {
    return (text) => {
        const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
        if (!(value >= minimum && value <= maximum))
            throw new InvalidArgumentError(`a whole number from ${String(minimum)} to ${String(maximum)} is expected.`);
        return value;
    };
}
/** Splits at commas, so that `--only NF-001,'NF-*'` and a repeated flag mean the same; empty parts are refused. */
export function collectList(text, before = []) {
    const parts = text.split(',').map((part) => part.trim());
    if (parts.some((part) => part === ''))
        throw new InvalidArgumentError('an empty name is in the list.');
    return [...before, ...parts];
}
export function collectOneOf(allowed) {
    return (text, before = []) => {
        const parts = collectList(text);
        const isAllowed = (part) => allowed.includes(part);
        const good = parts.filter(isAllowed);
        if (good.length !== parts.length)
            throw new InvalidArgumentError(`allowed are ${allowed.join(', ')}.`);
        return [...before, ...good];
    };
}
/** Warnings and errors to stderr; the rest only with CHAOS_DEBUG=1. */
export function stderrLogger(env) {
    const least = env['CHAOS_DEBUG'] === '1' ? 'debug' : 'warn';
    const order = ['debug', 'info', 'warn', 'error'];
    return {
        log(level, text) {
            if (order.indexOf(level) >= order.indexOf(least))
                process.stderr.write(`${level}: ${text}\n`);
        },
    };
}
/** Aborts on the first SIGINT or SIGTERM; a second one ends the process at once. `code` is 0 until a signal came. */
export function watchSignals() {
    const controller = new AbortController();
    let code = 0;
    const handlers = ['SIGINT', 'SIGTERM'].map((name) => {
        const onSignal = () => {
            const own = name === 'SIGINT' ? 130 : 143;
            // The lease runs out with the process: helpers undo their faults, and `cleanup` removes the rest.
            if (code !== 0)
                process.exit(own);
            code = own;
            process.stderr.write(`\n${name}: reverting and taking down; once more ends at once\n`);
            controller.abort(new Error(`interrupted by ${name}`));
        };
        process.on(name, onSignal);
        return () => process.off(name, onSignal);
    });
    return {
        signal: controller.signal,
        code: () => code,
        stop() {
            for (const off of handlers)
                off();
        },
    };
}
