import { error, warning } from '@actions/core';
import { describeError, isChaosError } from "../core/errors.js";
/** The runner shows ten of each level per step. */
const MOST_ERRORS = 10;
const ORDER = ['failed', 'error', 'inconclusive'];
/** One annotation for the run's own trouble, then one per scenario that is not green, failures first. */
export function annotationsOf(result, allowInconclusive) {
    const annotations = [];
    if (result.reasons.length > 0)
        annotations.push({ level: 'error', title: `chaos: ${result.verdict}`, message: result.reasons.join('\n') });
    for (const verdict of ORDER) {
        for (const entry of [...result.scenarios, ...result.load].filter((one) => one.verdict === verdict)) {
            annotations.push({
                level: verdict === 'inconclusive' && allowInconclusive ? 'warning' : 'error',
                title: `${entry.id} ${entry.name}: ${verdict}`,
                message: [...entry.reasons, `Repeat: ${entry.repeatCommand}`].join('\n'),
            });
        }
    }
    return annotations.slice(0, MOST_ERRORS);
}
/** The toolkit escapes titles and messages. */
export function annotate(annotations) {
    for (const { level, title, message } of annotations) {
        if (level === 'error')
            error(message, { title });
        else
            warning(message, { title });
    }
}
export function annotateWarning(text) {
    warning(text);
}
/** An error that ended a step, with its hint. */
export function annotateError(cause) {
    const hint = isChaosError(cause) && cause.hint !== undefined ? `\n${cause.hint}` : '';
    error(`${describeError(cause, 20_000)}${hint}`, { title: 'chaos: error' });
}
