/** Entries that break the names that a service asks for: one for each way, as not all of them have the same keys. */
import * as z from 'zod'
import { defineEntry, type EntryForm } from '../../kinds/define-entry.ts'
import { milliseconds, serviceName, shaped } from '../../kinds/schema-kit.ts'
import { countSchema, toCount } from '../shared/entry-keys.ts'
import { dns } from './fault.ts'
import type { DnsSpec } from './plan.ts'

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
const ALL_NAMES = '`names` (a list; all where it is left out)'
const COUNT = '`count` (`2`, `"50%"`)'

const FORM = { group: 'dns', key: 'dns', way: 'dns + target' } as const

/** A way that knows no delay. */
function atOnce(
  mode: Exclude<DnsSpec['mode'], 'slow'>,
  hit: z.ZodType<string[] | undefined>,
  docs: EntryForm['docs'],
): EntryForm {
  return defineEntry({
    ...FORM,
    keys: { dns: z.literal(mode), target, names: hit, count: countSchema.optional() },
    request: ({ target: service, names: listed = null, count }, missing) =>
      dns.request({ mode, target: service, names: listed, delayMs: null, count: toCount(count) }, missing),
    docs,
  })
}

const slow = defineEntry({
  ...FORM,
  keys: {
    dns: z.literal('slow'),
    target,
    delay_ms: milliseconds(SHORTEST_DELAY_MS, LONGEST_DELAY_MS, 'So much later than without the fault comes each answer'),
    names: names.optional(),
    count: countSchema.optional(),
  },
  request: ({ target: service, delay_ms: delayMs, names: listed = null, count }, missing) =>
    dns.request({ mode: 'slow', target: service, names: listed, delayMs, count: toCount(count) }, missing),
  docs: { what: 'answers to questions for names come `delay_ms` late', options: `${ALL_NAMES}, ${COUNT}` },
})

export const dnsEntries: readonly EntryForm[] = [
  atOnce('refused', names.optional(), {
    what: 'questions for names are refused at once, in the network of a container',
    options: `${ALL_NAMES}, ${COUNT}`,
  }),
  atOnce('dropped', names.optional(), { what: 'questions for names get no answer', options: `${ALL_NAMES}, ${COUNT}` }),
  atOnce('nxdomain', names, { what: 'the `names` do not exist; all others do', options: COUNT }),
  slow,
]
