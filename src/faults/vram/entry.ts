import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { percentOf, RESOURCE, resourceTarget, shareSchema } from '../shared/entry-keys.ts'
import { vram } from './fault.ts'

export const vramEntry = defineEntry({
  ...RESOURCE,
  keys: {
    resource: z.literal('vram'),
    target: resourceTarget,
    threshold: shareSchema,
    allow_others: z
      .boolean()
      .optional()
      .meta({ description: 'Also on a GPU where others compute than the target; the default is false' }),
  },
  request: ({ target, threshold, allow_others: allowOthers = false }, missing) =>
    vram.request({ target, percent: percentOf(threshold), allowOthers }, missing),
  docs: {
    what: 'GPU memory is used up: on the NVIDIA GPU of a service with `"gpu": true` in the descriptor, else simulated if that says how',
    options: '`allow_others: true` (other processes on that GPU run out of memory, too)',
  },
})
