/** Attributes of the network faults, from the same table that names the toxics. */
import * as z from 'zod';
import { NETWORK_TOXICS } from "../core/toxics.js";
import { oneOf, quantity, shaped } from "./schema-kit.js";
export const LINK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const linkName = shaped(LINK_NAME, 'the name of a link of the stack', 'A link of the stack');
export const linkSchema = z
    .union([linkName, z.array(linkName).min(1).max(100)], {
    error: 'must be the name of a link, a list of at least one such name, or "all"',
})
    .meta({ description: 'Link, list of links, or "all"; the descriptor\'s default_link where it is left out' });
export const streamSchema = oneOf(['upstream', 'downstream', 'both'], "Direction that is hit; toxiproxy's default is downstream");
export const toxicitySchema = quantity({
    minimum: 0,
    above: true,
    maximum: 1,
    description: 'Share of the connections that are hit; the default is 1',
});
export const TOXIC_NAMES = Object.keys(NETWORK_TOXICS);
export function isToxicName(name) {
    return typeof name === 'string' && Object.hasOwn(NETWORK_TOXICS, name);
}
/** Toxics that toxiproxy applies to connections; the others have neither a direction nor a share to choose. */
export function hasStream(name) {
    return name !== 'down' && name !== 'packet_loss' && name !== 'connection_resets';
}
/** Strict: toxiproxy itself accepts any name and any value. Optional where no attribute is required. */
export function attributesSchema(name) {
    const rules = NETWORK_TOXICS[name] ?? [];
    const shape = {};
    for (const rule of rules)
        shape[rule.name] = rule.required ? attribute(rule) : attribute(rule).optional();
    const strict = z.strictObject(shape).meta({ description: attributesText(name, rules) });
    const schema = name === 'slicer'
        ? strict.refine(slicerFits, { error: 'size_variation must be below average_size', path: ['size_variation'] })
        : strict;
    const checked = schema;
    return rules.some((rule) => rule.required) ? checked : checked.optional();
}
function attribute(rule) {
    return quantity({ unit: rule.unit, minimum: rule.minimum, maximum: rule.maximum, integer: rule.integer });
}
/** toxiproxy cuts slices of average_size ± size_variation: at or above the average a slice may have no bytes. */
function slicerFits(attributes) {
    const size = attributes['average_size'];
    const variation = attributes['size_variation'];
    return size === undefined || size < 1 || variation === undefined || variation < size;
}
function attributesText(name, rules) {
    if (rules.length === 0)
        return `${name} has no attributes`;
    return `Attributes of ${name}: ${rules.map((rule) => `${rule.name} (${rule.unit}${rule.required ? ', required' : ''})`).join(', ')}`;
}
