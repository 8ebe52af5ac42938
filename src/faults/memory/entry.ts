import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { oneOf } from '../../kinds/schema-kit.ts'
import { countSchema, percentOf, RESOURCE, resourceTarget, shareSchema, toCount } from '../shared/entry-keys.ts'
import { memory } from './fault.ts'
import { MEMORY_ENDS } from './plan.ts'

export const memoryEntry = defineEntry({
  ...RESOURCE,
  keys: {
    resource: z.literal('memory'),
    target: resourceTarget,
    threshold: shareSchema,
    then: oneOf(MEMORY_ENDS, 'hold (the default), or go on until the kernel kills the main process').optional(),
    count: countSchema.optional(),
  },
  request: ({ target, threshold, then = 'hold', count }, missing) =>
    memory.request({ target, percent: percentOf(threshold), then, count: toCount(count) }, missing),
  docs: {
    what: 'so much of the memory limit of the container is used (`"95%"`)',
    options: '`count`, `then: "oom"`',
  },
})
