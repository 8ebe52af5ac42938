import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { wrong } from '../../kinds/schema-kit.ts'
import { RESOURCE, resourceTarget } from '../shared/entry-keys.ts'
import { fileDescriptors } from './fault.ts'

const MAX_HEADROOM = 100_000
/** A descriptor's limit that "ulimit" leaves above the highest open one. */
const ULIMIT_HEADROOM = 16

const THRESHOLDS = `"ulimit", or how many more than now may be open (1 to ${MAX_HEADROOM})`

export const fileDescriptorsEntry = defineEntry({
  ...RESOURCE,
  keys: {
    resource: z.literal('file_descriptors'),
    target: resourceTarget,
    threshold: z
      .union([z.literal('ulimit'), z.int().min(1).max(MAX_HEADROOM)], { error: ({ input }) => wrong(input, THRESHOLDS) })
      .meta({ description: 'How far it is used up' }),
  },
  request: ({ target, threshold }, missing) =>
    fileDescriptors.request({ target, headroom: threshold === 'ulimit' ? ULIMIT_HEADROOM : threshold }, missing),
  docs: {
    what: 'the limit is lowered to a little above what is open, the rest held by connections (`"ulimit"`, or how many more)',
  },
})
