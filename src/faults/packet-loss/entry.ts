import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { attribute, attributeSchema, attributesText, lacksLinks, linkSchema, toLinks } from '../shared/links/keys.ts'
import { packetLoss } from './fault.ts'

export const percentRule = attribute('percent', '%', { required: true, minimum: 1, maximum: 100, integer: false })

export const packetLossEntry = defineEntry({
  group: 'network',
  key: 'toxic',
  value: 'packet_loss',
  way: 'toxic + attributes',
  keys: {
    toxic: z.literal('packet_loss'),
    attributes: z
      .strictObject({ percent: attributeSchema(percentRule) })
      .meta({ description: attributesText('packet_loss', [percentRule]) }),
    link: linkSchema.optional(),
  },
  lacks: ({ link }, descriptor, tell) => {
    lacksLinks(link, descriptor, tell)
  },
  request: ({ attributes: { percent }, link }, missing) => packetLoss.request({ percent, ...toLinks(link) }, missing),
  docs: {
    what: 'so many `percent` of the packets are lost, each way, dropped by the kernel',
    options: '`link` (a name, a list or `"all"`)',
  },
})
