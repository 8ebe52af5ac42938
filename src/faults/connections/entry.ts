import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { oneOf, quantity } from '../../kinds/schema-kit.ts'
import { RESOURCE, resourceTarget } from '../shared/entry-keys.ts'
import { connections } from './fault.ts'
import { CONNECTION_MODES } from './judge.ts'

const MAX_CONNECTIONS = 5_000

export const connectionsEntry = defineEntry({
  ...RESOURCE,
  keys: {
    resource: z.literal('connections'),
    target: resourceTarget,
    threshold: quantity({
      unit: 'connections',
      minimum: 1,
      maximum: MAX_CONNECTIONS,
      integer: true,
      description: 'So many at once',
    }),
    mode: oneOf(
      CONNECTION_MODES,
      "requests (the default): each sends the canary's request at once; idle: open and silent",
    ).optional(),
  },
  request: ({ target, threshold, mode = 'requests' }, missing) =>
    connections.request({ target, connections: threshold, mode }, missing),
  docs: { what: 'so many connections at once', options: '`mode` (`requests`, `idle`)' },
})
