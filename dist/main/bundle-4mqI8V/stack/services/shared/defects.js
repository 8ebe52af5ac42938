/**
 * Deliberate defects. Each changes one promised behaviour where that behaviour is decided: the policies of the three
 * services are computed from this set at the start, and nothing else asks for it.
 */
import { BadSettingError, readText } from "./env.js";
export const DEFECTS = [
    'no-backoff',
    'hangs-without-upstream',
    'tight-upstream-timeout',
    'single-short-attempt',
    'no-retry-on-reset',
    'total-body-deadline',
    'truncates-slow-bodies',
];
/** @throws BadSettingError for a name that is not known: a misspelt defect would be judged as none. */
export function readDefects(env) {
    const names = readText(env, 'RBEE_DEFECTS', ',')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
    return new Set(names.map(toDefect));
}
function toDefect(name) {
    const known = DEFECTS.find((defect) => defect === name);
    if (known === undefined)
        throw new BadSettingError('RBEE_DEFECTS', `names "${name}"; known are ${DEFECTS.join(', ')}`);
    return known;
}
