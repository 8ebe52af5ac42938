/** A scenario file as users write it: the schemas that check it and that editors get as JSON Schema. */
import * as z from 'zod';
import { SUITES } from "../core/model.js";
import { expectSchema } from "./expect-schema.js";
import { attributesSchema, hasStream, linkSchema, streamSchema, TOXIC_NAMES, toxicitySchema } from "./network-schema.js";
import { line, oneOf, prose, quantity, serviceName, shaped, wrong } from "./schema-kit.js";
const DAY_SECONDS = 86_400;
export const SCENARIO_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const MAX_ENTRIES = 1_000;
function seconds(description) {
    return quantity({ unit: 's', minimum: 0, above: true, maximum: DAY_SECONDS, description });
}
const profile = z.strictObject({ duration_seconds: seconds('Length of the fault window in this profile') });
const common = {
    id: shaped(SCENARIO_ID, 'an id of 1 to 64 letters, digits, dots, dashes and underscores that begins with a letter or digit', 'Unique over all scenario files, for example NF-006'),
    name: line(200, 'What the scenario does, in one line'),
    expected_behavior: prose(4_000, 'What should happen, for people; expect makes it checkable'),
    description: prose(4_000, 'More about it, for people').optional(),
    duration_seconds: seconds('How long the fault is held in the full profile; the default is 30').optional(),
    expect: expectSchema.optional(),
    control: serviceName('A service that must stay untouched; chosen by the engine where it is left out').optional(),
    recovery_seconds: seconds('Limit of the recovery; the default is 20, and 60 in the full profile').optional(),
    profiles: z
        .strictObject({ smoke: profile.optional(), quick: profile.optional(), full: profile.optional() })
        .meta({ description: 'Values of their own for some profiles' })
        .optional(),
};
const network = { link: linkSchema.optional(), stream: streamSchema.optional(), toxicity: toxicitySchema.optional() };
function networkEntry(toxic) {
    const streams = hasStream(toxic) ? network : { link: network.link };
    const entry = z.strictObject({ ...common, toxic: z.literal(toxic), attributes: attributesSchema(toxic), ...streams });
    return entry;
}
export const networkEntrySchemas = Object.fromEntries(TOXIC_NAMES.map((toxic) => [toxic, networkEntry(toxic)]));
export const CRASH_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGHUP'];
/** Ways to say when and how much of a crash; an entry has at most one. */
export const CRASH_MODES = ['timing', 'timeout_seconds', 'count'];
const PERCENT = /^(?:100|[1-9]\d?)%$/;
function wrongCount(issue) {
    return wrong(issue.input, 'a share such as "50%" (1 to 100), or a whole number of containers from 1 to 1000');
}
const crashEntry = z
    .strictObject({
    ...common,
    target: serviceName('The service whose container is hit'),
    signal: oneOf(CRASH_SIGNALS, 'What is sent to it'),
    timing: oneOf(['during_inference', 'during_registration', 'random'], 'When it is sent').optional(),
    timeout_seconds: quantity({
        unit: 's',
        minimum: 0,
        above: true,
        maximum: 3_600,
        description: 'Within this time the system ends the unresponsive container itself',
    }).optional(),
    count: z
        .union([
        z.string().regex(PERCENT, { error: wrongCount }),
        z.int().min(1, { error: wrongCount }).max(1_000, { error: wrongCount }),
    ], {
        error: wrongCount,
    })
        .meta({ description: 'How many containers are hit at once' })
        .optional(),
})
    .meta({
    not: { anyOf: CRASH_MODES.map((mode, index) => ({ required: [mode, CRASH_MODES[(index + 1) % CRASH_MODES.length]] })) },
});
const resourceEntry = z.strictObject({
    ...common,
    resource: oneOf(['disk', 'memory', 'cpu', 'file_descriptors', 'vram'], 'What is used up'),
    target: serviceName('The service whose resource it is'),
    threshold: shaped(/^(?:(?:100|[1-9]\d?)%|ulimit)$/, 'a share such as "95%" (1 to 100), or "ulimit"', 'How far it is used up'),
});
export const crashEntrySchema = crashEntry;
export const resourceEntrySchema = resourceEntry;
/** Which keys belong to which kind of entry; the first one of each names the fault. */
export const KIND_KEYS = {
    network: ['toxic', 'attributes', 'link', 'stream', 'toxicity'],
    crash: ['signal', 'target', 'timing', 'timeout_seconds', 'count'],
    resource: ['resource', 'target', 'threshold'],
};
export const COMMON_KEYS = Object.keys(common);
/** Checks what can be checked of an entry that does not say, or says twice, what it breaks. */
export const commonEntrySchema = z.object({ ...common, ...network });
const fileKeys = {
    $schema: z.string().max(2_000).optional(),
    name: line(200, 'What the scenarios of this file are about'),
    description: prose(4_000, 'For people').optional(),
    created_by: line(200, 'For people').optional(),
    date: line(100, 'For people').optional(),
    suite: oneOf(SUITES, 'Which suite they belong to; else the name of the folder says it, else it is chaos').optional(),
};
function listOf(entry) {
    return z.array(entry).min(1, { error: 'is empty: a file without a scenario checks nothing' }).max(MAX_ENTRIES);
}
/** The file around its entries, which are checked one by one with the schema of their kind. */
export const scenarioFileSchema = z.strictObject({ ...fileKeys, scenarios: listOf(z.unknown()) });
const networkEntries = Object.values(networkEntrySchemas);
/** The whole file for editors. */
export const scenarioFileJsonSchema = z
    .strictObject({
    ...fileKeys,
    scenarios: listOf(z.union([z.discriminatedUnion('toxic', networkEntries), crashEntry, resourceEntry])),
})
    .meta({ title: 'chaos-action scenarios' });
