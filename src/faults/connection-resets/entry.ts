import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { attribute, attributeSchema, attributesText, lacksLinks, linkSchema, toLinks } from '../shared/links/keys.ts'
import { connectionResets } from './fault.ts'

const DEFAULT_PER_THIRD = 3

export const perThirdRule = attribute(
  'per_third',
  `moments in each third of the fault window (default ${String(DEFAULT_PER_THIRD)})`,
  {
    minimum: 1,
    maximum: 50,
  },
)

export const connectionResetsEntry = defineEntry({
  group: 'network',
  key: 'toxic',
  value: 'connection_resets',
  way: 'toxic + attributes',
  keys: {
    toxic: z.literal('connection_resets'),
    attributes: z
      .strictObject({ per_third: attributeSchema(perThirdRule).optional() })
      .meta({ description: attributesText('connection_resets', [perThirdRule]) })
      .optional(),
    link: linkSchema.optional(),
  },
  lacks: ({ link }, descriptor, tell) => {
    lacksLinks(link, descriptor, tell)
  },
  request: ({ attributes, link }, missing) =>
    connectionResets.request({ perThird: attributes?.per_third ?? DEFAULT_PER_THIRD, ...toLinks(link) }, missing),
  docs: {
    what: 'connections are reset by the kernel at random moments, `per_third` of them in each third of the window (3 where it is left out)',
    options: '`link` (a name, a list or `"all"`)',
  },
})
