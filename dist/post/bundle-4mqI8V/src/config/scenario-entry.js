/** Checks one entry of a scenario file: finds out what it breaks, and checks it with the schema of that. */
import { show } from "./display.js";
import { hasStream, isToxicName, TOXIC_NAMES } from "./network-schema.js";
import { checkNode, unknownKey } from "./schema-issues.js";
import { COMMON_KEYS, commonEntrySchema, CRASH_MODES, crashEntrySchema, KIND_KEYS, networkEntrySchemas, resourceEntrySchema, } from "./scenario-schema.js";
import { didYouMean } from "./suggest.js";
const KINDS = Object.keys(KIND_KEYS);
const ALL_KEYS = [...new Set([...COMMON_KEYS, ...KINDS.flatMap((kind) => KIND_KEYS[kind])])];
const WAYS = 'toxic + attributes (network), target + signal (crash) or resource + target + threshold (resource)';
/** The entry as its schema yields it, or null after at least one mistake was added. */
export function checkEntry(node, at, mistakes) {
    const before = mistakes.count;
    if (node.kind !== 'object') {
        mistakes.add(node.offset, at, 'must be an object: one scenario');
        return null;
    }
    const kind = kindOf(node, at, mistakes);
    const checked = kind === null ? checkCommon(node, at, mistakes) : checkKind(kind, node, at, mistakes);
    checkTogether(node, at, mistakes);
    return mistakes.count === before ? checked : null;
}
/** What the entry breaks; null, after a mistake, when it says nothing or more than one thing. */
function kindOf(node, at, mistakes) {
    const named = KINDS.filter((kind) => node.members.has(KIND_KEYS[kind][0]));
    const [first, second] = named;
    if (second !== undefined) {
        const keys = named.map((kind) => `${KIND_KEYS[kind][0]} (${kind})`).join(' and ');
        const place = node.members.get(KIND_KEYS[second][0]);
        mistakes.add(place?.keyOffset ?? node.offset, at, `two kinds of fault in one entry, ${keys}: make them two entries`);
        return null;
    }
    if (first !== undefined)
        return first;
    const hinted = KINDS.filter((kind) => KIND_KEYS[kind].some((key) => key !== 'target' && node.members.has(key)));
    const [only] = hinted;
    if (only !== undefined && hinted.length === 1) {
        mistakes.add(node.offset, [...at, KIND_KEYS[only][0]], `is missing: the entry looks like a ${only} fault; a fault is given by ${WAYS}`);
    }
    else {
        mistakes.add(node.offset, at, `names no fault: give ${WAYS}`);
    }
    return null;
}
function checkCommon(node, at, mistakes) {
    checkNode(commonEntrySchema, node, at, mistakes);
    for (const [key, member] of node.members) {
        if (!ALL_KEYS.includes(key))
            mistakes.add(member.keyOffset, [...at, key], () => unknownKey(key, ALL_KEYS));
    }
    return null;
}
function checkKind(kind, node, at, mistakes) {
    const explain = (key, path) => (path.length === 0 ? foreignKey(key, kind, node) : null);
    if (kind === 'network')
        return checkNetwork(node, at, mistakes, explain);
    if (kind === 'crash') {
        const entry = checkNode(crashEntrySchema, node, at, mistakes, explain);
        return entry === null ? null : { kind, entry };
    }
    const entry = checkNode(resourceEntrySchema, node, at, mistakes, explain);
    return entry === null ? null : { kind, entry };
}
function checkNetwork(node, at, mistakes, explain) {
    const toxic = node.members.get('toxic')?.value;
    const name = toxic?.kind === 'scalar' ? toxic.value : null;
    if (isToxicName(name)) {
        const entry = checkNode(networkEntrySchemas[name], node, at, mistakes, explain);
        return entry === null ? null : { kind: 'network', entry };
    }
    const guess = typeof name === 'string' ? didYouMean(name, TOXIC_NAMES) : '';
    const found = toxic?.kind === 'scalar' ? show(toxic.value) : `a value of another type`;
    mistakes.add(toxic?.offset ?? node.offset, [...at, 'toxic'], `must be one of ${TOXIC_NAMES.join(', ')}, not ${found}${guess}`);
    return checkCommon(node, at, mistakes);
}
/** A key that exists, but for another kind of fault. */
function foreignKey(key, kind, node) {
    if (kind === 'network' && (key === 'stream' || key === 'toxicity')) {
        const names = TOXIC_NAMES.filter(hasStream).join(', ');
        return `has no meaning for this toxic; only these have it: ${names}`;
    }
    const owners = KINDS.filter((other) => other !== kind && KIND_KEYS[other].includes(key));
    if (owners.length === 0)
        return null;
    const own = KIND_KEYS[kind][0];
    return `belongs to ${owners.join(' and ')} faults, and this entry is a ${kind} fault (it has ${own}): one entry, one kind${node.members.has('target') && kind === 'network' ? '; a network fault is aimed with link' : ''}`;
}
/** Rules over several keys. They read the file itself, so that they are told beside other mistakes of the entry. */
function checkTogether(node, at, mistakes) {
    const modes = CRASH_MODES.filter((mode) => node.members.has(mode));
    const [, second] = modes;
    if (second !== undefined) {
        mistakes.add(node.members.get(second)?.keyOffset ?? node.offset, [...at, second], `at most one of ${CRASH_MODES.join(', ')} may be given; here are ${modes.join(' and ')}`);
    }
    const threshold = textOf(node, 'threshold');
    const resource = textOf(node, 'resource');
    if (threshold === 'ulimit' && resource !== null && resource !== 'file_descriptors') {
        mistakes.add(offsetOf(node, 'threshold'), [...at, 'threshold'], '"ulimit" is for file_descriptors only: give a share such as "95%"');
    }
    const control = textOf(node, 'control');
    if (control !== null && control === textOf(node, 'target')) {
        mistakes.add(offsetOf(node, 'control'), [...at, 'control'], 'must be another service than target: the control is what the fault must not touch');
    }
    checkLinks(node.members.get('link')?.value, [...at, 'link'], mistakes);
}
function checkLinks(link, at, mistakes) {
    if (link?.kind !== 'array')
        return;
    const seen = new Set();
    link.items.forEach((item, index) => {
        if (item.kind !== 'scalar')
            return;
        if (item.value === 'all')
            mistakes.add(item.offset, [...at, index], '"all" stands alone: "link": "all"');
        if (seen.has(item.value))
            mistakes.add(item.offset, [...at, index], 'is in the list twice');
        seen.add(item.value);
    });
}
function textOf(node, key) {
    const value = node.members.get(key)?.value;
    return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}
function offsetOf(node, key) {
    return node.members.get(key)?.value.offset ?? node.offset;
}
