/** Entries that break the names that a service asks for: one for each way, as not all of them have the same keys. */
import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { milliseconds, serviceName, shaped } from '../../kinds/schema-kit.ts'
import { countSchema, toCount } from '../shared/entry-keys.ts'
import { dns } from './fault.ts'

const MOST_NAMES = 20
const MOST_CHARACTERS = 253
/** Labels of at most 63 characters; a dot at the end is welcome. */
const HOST_NAME = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/
/** Shorter is not told from chance; from 5 s on a resolver gives up waiting, which is "dropped". */
const SHORTEST_DELAY_MS = 100
const LONGEST_DELAY_MS = 4_000

const names = z
  .array(shaped(HOST_NAME, 'the name of a host', 'A host name, exactly as it is asked for', MOST_CHARACTERS))
  .min(1)
  .max(MOST_NAMES)
  .meta({ description: 'The names that are hit; those of services, or any others that resolve without the fault' })
const target = serviceName('The service whose questions for names are hit')
const count = countSchema.optional()
const FORM = { group: 'dns', key: 'dns', way: 'dns + target' } as const
const ALL_NAMES = '`names` (a list; all where it is left out)'
const COUNT = '`count` (`2`, `"50%"`)'

const refused = defineEntry({
  ...FORM,
  value: 'refused',
  keys: { dns: z.literal('refused'), target, names: names.optional(), count },
  request: (input, missing) => dns.request({ ...read(input), mode: 'refused', delayMs: null }, missing),
  docs: { what: 'questions for names are refused at once, in the network of a container', options: `${ALL_NAMES}, ${COUNT}` },
})

const dropped = defineEntry({
  ...FORM,
  value: 'dropped',
  keys: { dns: z.literal('dropped'), target, names: names.optional(), count },
  request: (input, missing) => dns.request({ ...read(input), mode: 'dropped', delayMs: null }, missing),
  docs: { what: 'questions for names get no answer', options: `${ALL_NAMES}, ${COUNT}` },
})

const nxdomain = defineEntry({
  ...FORM,
  value: 'nxdomain',
  keys: { dns: z.literal('nxdomain'), target, names, count },
  request: (input, missing) => dns.request({ ...read(input), mode: 'nxdomain', delayMs: null }, missing),
  docs: { what: 'the `names` do not exist; all others do', options: COUNT },
})

const slow = defineEntry({
  ...FORM,
  value: 'slow',
  keys: {
    dns: z.literal('slow'),
    target,
    delay_ms: milliseconds(SHORTEST_DELAY_MS, LONGEST_DELAY_MS, 'So much later than without the fault comes each answer'),
    names: names.optional(),
    count,
  },
  request: (input, missing) => dns.request({ ...read(input), mode: 'slow', delayMs: input.delay_ms }, missing),
  docs: { what: 'answers to questions for names come `delay_ms` late', options: `${ALL_NAMES}, ${COUNT}` },
})

export const dnsEntries = [refused, dropped, nxdomain, slow] as const

interface Input {
  readonly target: string
  readonly names?: readonly string[] | undefined
  readonly count?: z.output<typeof countSchema> | undefined
}

function read(input: Input): { target: string; names: readonly string[] | null; count: ReturnType<typeof toCount> } {
  return { target: input.target, names: input.names ?? null, count: toCount(input.count) }
}
