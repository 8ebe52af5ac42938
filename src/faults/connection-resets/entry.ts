import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { attribute, attributeSchema, attributesText, LINK_OPTION, linkSchema, NETWORK, toLinks } from '../shared/links/keys.ts'
import { connectionResets } from './fault.ts'

const DEFAULT_PER_THIRD = 3

export const perThirdRule = attribute('per_third', `moments in each third of the fault window (default ${DEFAULT_PER_THIRD})`, {
  minimum: 1,
  maximum: 50,
})

export const connectionResetsEntry = defineEntry({
  ...NETWORK,
  keys: {
    toxic: z.literal('connection_resets'),
    attributes: z
      .strictObject({ per_third: attributeSchema(perThirdRule).optional() })
      .meta({ description: attributesText('connection_resets', [perThirdRule]) })
      .optional(),
    link: linkSchema.optional(),
  },
  request: ({ attributes, link }, missing) =>
    connectionResets.request({ perThird: attributes?.per_third ?? DEFAULT_PER_THIRD, ...toLinks(link) }, missing),
  docs: {
    what: 'connections are reset by the kernel at random moments, `per_third` of them in each third of the window (3 where it is left out)',
    options: LINK_OPTION,
  },
})
