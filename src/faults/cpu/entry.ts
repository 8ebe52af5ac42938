import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { countSchema, percentOf, RESOURCE, resourceTarget, shareSchema, toCount } from '../shared/entry-keys.ts'
import { cpu } from './fault.ts'

export const cpuEntry = defineEntry({
  ...RESOURCE,
  keys: { resource: z.literal('cpu'), target: resourceTarget, threshold: shareSchema, count: countSchema.optional() },
  request: ({ target, threshold, count }, missing) =>
    cpu.request({ target, percent: percentOf(threshold), count: toCount(count) }, missing),
  docs: { what: 'so much of the quota of CPU time of the container is used (`"95%"`)' },
})
