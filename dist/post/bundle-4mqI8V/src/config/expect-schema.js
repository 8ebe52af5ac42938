/** The `expect` block: what makes the prose of `expected_behavior` checkable. */
import * as z from 'zod';
import { EXPECTATION_KINDS } from "../core/expectations.js";
import { jmespath, line, milliseconds, oneOf, quantity, serviceName, statuses } from "./schema-kit.js";
/** Nothing is awaited longer than this by the canary, so a longer limit could never be missed. */
const CANARY_DEADLINE_MS = 15_000;
const REQUEST_DEADLINE_MS = 600_000;
/** Zero is refused: a share that everything has is no expectation. */
function share(description) {
    return quantity({ minimum: 0, above: true, maximum: 1, description });
}
const canary = z
    .strictObject({
    success_rate: share('At least this share of the canary requests is good').optional(),
    answers: z
        .strictObject({
        status: statuses('Statuses that count'),
        share: share('At least this share of the canary requests is answered with one of them'),
    })
        .meta({ description: 'Which answers the canary gets' })
        .optional(),
    within_ms: milliseconds(1, CANARY_DEADLINE_MS, 'Every canary request has its answer, good or bad, within this time').optional(),
    slower_by_fault: z
        .strictObject({
        tolerance: quantity({ minimum: 0, above: true, maximum: 1, description: 'Fraction by which the slow-down may differ' }),
    })
        .meta({ description: 'The median is slower than before by what the fault adds, give or take the tolerance' })
        .optional(),
})
    .refine((spec) => Object.keys(spec).length > 0, {
    error: 'says nothing: give at least one of success_rate, answers, within_ms, slower_by_fault',
})
    .meta({ description: 'Judges the canary requests of the fault window', minProperties: 1 });
const request = z
    .strictObject({
    name: line(64, "One of the descriptor's requests"),
    within_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'The whole answer is there within this time'),
    same_as_steady: z.boolean().meta({ description: 'The body equals, byte for byte, the one before the fault' }).optional(),
    rate_kb_per_s: z
        .strictObject({
        at_least: quantity({ unit: 'KB/s', minimum: 0, maximum: 10_000_000 }),
        at_most: quantity({ unit: 'KB/s', minimum: 0, above: true, maximum: 10_000_000 }),
    })
        .refine((rate) => rate.at_least <= rate.at_most, { error: 'can never hold: at_least is above at_most' })
        .meta({ description: 'Body bytes a second, in KB (1000 B), from the first byte to the last' })
        .optional(),
})
    .meta({ description: "Sends one of the descriptor's requests while the fault bites" });
const logGaps = z
    .strictObject({
    service: serviceName('Whose log is read'),
    group_by: jmespath('What tells one series of attempts from another, for example task_id'),
    at: jmespath("The line's own time, ISO 8601 or epoch ms; Docker's timestamp when left out").optional(),
    from: jmespath('A gap runs from a line for which this is true'),
    to: jmespath('… to the next line of the group for which this is true'),
    growth: quantity({ minimum: 1, maximum: 100, description: 'Each gap is at least this many times the one before' }),
    // One gap has none before it to be compared with.
    min_gaps: quantity({ minimum: 2, maximum: 100, integer: true, description: 'A group counts when it has this many gaps' }),
    min_groups: quantity({ minimum: 1, maximum: 10_000, integer: true, description: 'So many groups must count' }),
    share: share('At least this share of them must grow'),
})
    .meta({ description: 'Looks for growing pauses between repeated attempts in the JSON log lines of a service' });
/** One of the kinds per clause. `when` lets the count be checked even where a spec has mistakes of its own. */
export const clauseSchema = z
    .strictObject({
    phase: oneOf(['during', 'after'], 'While the fault bites (the default), or after it was reverted').optional(),
    canary: canary.optional(),
    request: request.optional(),
    log_gaps: logGaps.optional(),
})
    .refine((clause) => kindsOf(clause).length === 1, {
    error: (issue) => `must hold exactly one of ${EXPECTATION_KINDS.join(', ')}; it has ${describeKinds(issue.input)}`,
    when: (payload) => typeof payload.value === 'object' && payload.value !== null,
})
    .meta({ oneOf: EXPECTATION_KINDS.map((kind) => ({ required: [kind] })) });
export const expectSchema = z
    .array(clauseSchema)
    .min(1, { error: 'is an empty list: leave it out, or say what must hold' })
    .max(50)
    .meta({ id: 'expect', description: 'What must hold; without it only effect and recovery are judged' });
function kindsOf(clause) {
    return typeof clause === 'object' && clause !== null ? EXPECTATION_KINDS.filter((kind) => Object.hasOwn(clause, kind)) : [];
}
function describeKinds(clause) {
    const kinds = kindsOf(clause);
    return kinds.length === 0 ? 'none' : kinds.join(' and ');
}
export const SPECS_MATCH = [true, true, true];
