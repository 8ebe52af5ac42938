/** Entries that ask for a toxic of toxiproxy: one for each, as each has attributes of its own. */
import * as z from 'zod'
import { defineEntry, type EntryForm } from '../../kinds/define-entry.ts'
import { oneOf, quantity } from '../../kinds/schema-kit.ts'
import {
  attributeSchema,
  attributesText,
  LINK_OPTION,
  linkSchema,
  NETWORK,
  toLinks,
  type AttributeRule,
} from '../shared/links/keys.ts'
import { toxic } from './fault.ts'
import { STREAMS } from './plan.ts'
import { slicerFits, TOXIPROXY_TOXIC_NAMES, TOXIPROXY_TOXICS, type ToxiproxyToxicName } from './toxics.ts'

/** Which of the connections are hit. */
const CHOSEN = {
  stream: oneOf(STREAMS, "Direction that is hit; toxiproxy's default is downstream").optional(),
  toxicity: quantity({
    ...{ minimum: 0, above: true, maximum: 1 },
    description: 'Share of the connections that are hit; the default is 1',
  }).optional(),
}

const WHAT: Readonly<Record<ToxiproxyToxicName, string>> = {
  latency: 'what passes is late by `latency` ± `jitter` ms',
  bandwidth: 'at most `rate` KB/s pass on each connection; with 0 no byte does',
  slow_close: 'connections are closed `delay` ms late',
  timeout: 'no byte passes, and connections are closed after `timeout` ms; with 0 they stay open',
  reset_peer: 'connections are reset after `timeout` ms',
  slicer: 'what passes comes in slices of `average_size` ± `size_variation` bytes, `delay` µs apart',
  limit_data: 'connections are closed after `bytes` bytes',
  down: 'the proxy is switched off, and refuses connections',
}

function toxicEntry(name: Exclude<ToxiproxyToxicName, 'down'>): EntryForm {
  return defineEntry({
    ...NETWORK,
    keys: { toxic: z.literal(name), attributes: attributesSchema(name), link: linkSchema.optional(), ...CHOSEN },
    request: ({ attributes = {}, link, stream = 'downstream', toxicity = 1 }, missing) =>
      toxic.request({ toxic: name, attributes: givenOf(attributes), ...toLinks(link), stream, toxicity }, missing),
    docs: { what: WHAT[name], options: `${LINK_OPTION}, \`stream\` (\`upstream\`, \`downstream\`, \`both\`), \`toxicity\`` },
  })
}

/** A proxy that is switched off has neither a direction nor a share to choose. */
const downEntry = defineEntry({
  ...NETWORK,
  keys: { toxic: z.literal('down'), attributes: attributesSchema('down'), link: linkSchema.optional() },
  request: ({ link }, missing) =>
    toxic.request({ toxic: 'down', attributes: {}, ...toLinks(link), stream: 'downstream', toxicity: 1 }, missing),
  docs: { what: WHAT.down, options: LINK_OPTION },
})

export const toxicEntries = TOXIPROXY_TOXIC_NAMES.map((name) => (name === 'down' ? downEntry : toxicEntry(name)))

type AttributesInput = Readonly<Record<string, number | undefined>>

/** Strict: toxiproxy itself accepts any name and any value. Optional where no attribute is required. */
function attributesSchema(name: ToxiproxyToxicName): z.ZodType<AttributesInput | undefined> {
  const rules: readonly AttributeRule[] = TOXIPROXY_TOXICS[name]
  const shape = Object.fromEntries(
    rules.map((rule) => [rule.name, rule.required ? attributeSchema(rule) : attributeSchema(rule).optional()]),
  )
  const strict = z.strictObject(shape).meta({ description: attributesText(name, rules) })
  const schema =
    name === 'slicer'
      ? strict.refine(slicerFits, { error: 'size_variation must be below average_size', path: ['size_variation'] })
      : strict
  return rules.some(({ required }) => required) ? schema : schema.optional()
}

/** Without those that zod types as possibly undefined; none is, as JSON has no undefined. */
function givenOf(attributes: AttributesInput): Record<string, number> {
  return Object.fromEntries(Object.entries(attributes).filter((pair): pair is [string, number] => pair[1] !== undefined))
}
