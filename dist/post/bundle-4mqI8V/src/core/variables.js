import { ChaosError } from "./errors.js";
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/**
 * Fills `${NAME}` with the run's variables, for example a secret in an Authorization header.
 * @throws BAD_INPUT for a name that the run does not know: an empty token would look like a broken service.
 */
export function fillVariables(text, variables) {
    return text.replace(REFERENCE, (_reference, name) => {
        const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
        if (value === undefined) {
            const known = Object.keys(variables).sort().join(', ') || 'none';
            throw new ChaosError('BAD_INPUT', `the stack's descriptor refers to \${${name}}, which has no value (known: ${known})`);
        }
        return value;
    });
}
export function fillRecord(record, variables) {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fillVariables(value, variables)]));
}
