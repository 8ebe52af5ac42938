import * as z from 'zod'
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { milliseconds, port, serviceName, urlPath } from '../../kinds/schema-kit.ts'
import { share } from '../shared/spec-keys.ts'

/**
 * New connections, one after the other all through the window, straight to each container of a service: what a person meets
 * who comes while a resource is used up. Turned away at once is fine; left waiting is not.
 */
export const newConnectionsSpec = z
  .strictObject({
    service: serviceName('To whose containers connections are opened, straight to each'),
    port: port('Port that it listens at'),
    path: urlPath('What is asked for on each connection'),
    ended_within_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS,
      'Each has its end, an answer, a refusal, a reset or a close, within this time',
    ),
    refused_share: share('At least this share of them ends without an answer').optional(),
  })
  .meta({ description: 'New connections while the fault is on: none is left waiting' })

export type NewConnectionsSpec = z.output<typeof newConnectionsSpec>
