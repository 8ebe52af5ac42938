/** From a checked entry to what the engine runs. Total: whatever the schemas let through has a meaning here. */
import { EXPECTATION_KINDS } from "../core/expectations.js";
import { PROFILES } from "../core/model.js";
import { CRASH_MODES } from "./scenario-schema.js";
const DEFAULT_DURATION_SECONDS = 30;
const DEFAULT_RESETS_PER_THIRD = 3;
export function toScenario(checked, suite, source) {
    const entry = checked.entry;
    return {
        id: entry.id,
        name: entry.name,
        suite,
        expectedBehavior: entry.expected_behavior,
        faults: [toFault(checked)],
        expect: (entry.expect ?? []).map(toExpectation),
        durationSeconds: entry.duration_seconds ?? DEFAULT_DURATION_SECONDS,
        profileSeconds: toProfileSeconds(entry),
        recoveryLimitSeconds: entry.recovery_seconds ?? null,
        control: entry.control ?? null,
        source,
    };
}
function toProfileSeconds(entry) {
    const seconds = {};
    for (const profile of PROFILES) {
        const own = entry.profiles?.[profile];
        if (own !== undefined)
            seconds[profile] = own.duration_seconds;
    }
    return seconds;
}
function toFault(checked) {
    switch (checked.kind) {
        case 'network':
            return toNetworkFault(checked.entry);
        case 'crash':
            return { kind: 'crash', spec: toCrashSpec(checked.entry) };
        case 'resource': {
            const { resource, target, threshold } = checked.entry;
            return { kind: 'resource', spec: { resource, target, threshold } };
        }
    }
}
function toCrashSpec(entry) {
    const spec = { target: entry.target, signal: entry.signal };
    for (const mode of CRASH_MODES) {
        const value = entry[mode];
        if (value !== undefined)
            spec[mode] = value;
    }
    return spec;
}
function toNetworkFault(entry) {
    const allLinks = entry.link === 'all';
    const links = entry.link === undefined || allLinks ? null : [entry.link].flat();
    const { toxic } = entry;
    const attributes = entry.attributes ?? {};
    if (toxic === 'packet_loss') {
        // The schema requires it.
        const spec = { percent: attributes['percent'] ?? Number.NaN, links, allLinks };
        return { kind: 'packet_loss', spec };
    }
    if (toxic === 'connection_resets') {
        const spec = { perThird: attributes['per_third'] ?? DEFAULT_RESETS_PER_THIRD, links, allLinks };
        return { kind: 'connection_resets', spec };
    }
    const spec = {
        toxic,
        attributes,
        links,
        allLinks,
        stream: entry.stream ?? 'downstream',
        toxicity: entry.toxicity ?? 1,
    };
    return { kind: 'toxic', spec };
}
function toExpectation(clause) {
    const kind = EXPECTATION_KINDS.find((name) => clause[name] !== undefined);
    const spec = kind === undefined ? undefined : clause[kind];
    // The schema lets no clause through that has none.
    if (kind === undefined || spec === undefined)
        throw new TypeError('a clause without a kind passed the schema');
    return { phase: clause.phase ?? 'during', probe: kind, spec: withoutUndefined(spec) };
}
/** zod types optional keys as possibly undefined; none is, as JSON has no undefined. */
function withoutUndefined(spec) {
    return Object.fromEntries(Object.entries(spec).filter((pair) => pair[1] !== undefined));
}
