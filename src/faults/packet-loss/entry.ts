import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { attribute, attributeSchema, attributesText, LINK_OPTION, linkSchema, NETWORK, toLinks } from '../shared/links/keys.ts'
import { packetLoss } from './fault.ts'

export const percentRule = attribute('percent', '%', { required: true, minimum: 1, maximum: 100, integer: false })

const packetLossEntry = defineEntry({
  ...NETWORK,
  keys: {
    toxic: z.literal('packet_loss'),
    attributes: z
      .strictObject({ percent: attributeSchema(percentRule) })
      .meta({ description: attributesText('packet_loss', [percentRule]) }),
    link: linkSchema.optional(),
  },
  request: ({ attributes: { percent }, link }, missing) => packetLoss.request({ percent, ...toLinks(link) }, missing),
  docs: {
    what: 'so many `percent` of the packets are lost, each way, dropped by the kernel',
    options: LINK_OPTION,
  },
})

/**
 * All of them lost: unlike a proxy that closes what it has held back, the network says nothing to either end, so that connections stay half
 * open and are still there when it is whole again.
 */
const partitionEntry = defineEntry({
  ...NETWORK,
  keys: {
    toxic: z.literal('partition'),
    link: linkSchema.optional(),
  },
  request: ({ link }, missing) => packetLoss.request({ percent: 100, ...toLinks(link) }, missing),
  docs: {
    what: 'no packet arrives, either way, dropped by the kernel: nobody is told, and connections stay half open',
    options: LINK_OPTION,
  },
})

export const packetLossEntries = [packetLossEntry, partitionEntry]
