import { describeError } from "../core/errors.js";
/**
 * Waits for all, so that one failure does not leave the others unfinished, then throws the first with the rest named.
 */
export async function allOrThrow(works) {
    const results = await Promise.allSettled(works);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length === 0)
        return;
    if (failures.length === 1)
        throw failures[0];
    throw new AggregateError(failures, failures.map((failure) => describeError(failure, 500)).join('; '));
}
