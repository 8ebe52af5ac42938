import { ChaosError } from "../core/errors.js";
/** `result.json`, with a newline at its end. @throws INTERNAL for NaN or an infinity, which JSON would turn into null. */
export function renderResultJson(result) {
    const check = (key, value) => {
        if (typeof value === 'number' && !Number.isFinite(value))
            throw new ChaosError('INTERNAL', `the result holds ${String(value)} under "${key}", which JSON cannot say`);
        return value;
    };
    return `${JSON.stringify(result, check, 2)}\n`;
}
