/** The pool of workers in the descriptor. */
import * as z from 'zod'
import { count, jmespath, line, serviceName, urlPath } from '../../kinds/schema-kit.ts'
import { headers, method } from '../../requests/http/spec.ts'
import { endpoint, MAX_REPLICAS, orNull } from './parts.ts'

const MOST_POOL_SERVICES = 50

function stateNames(description: string): z.ZodArray<z.ZodString> {
  return z.array(line(100, 'A state as the listing names it')).max(50).meta({ description })
}

export const pool = z
  .strictObject({
    service: z
      .union([serviceName('A service'), z.array(serviceName('A service')).min(1).max(MOST_POOL_SERVICES)])
      .meta({ description: 'The service whose containers are the members, or a list of such services' }),
    size: count(MAX_REPLICAS, 'Members of the whole pool'),
    list: z
      .strictObject({ ...endpoint, path: urlPath('Path of the listing'), headers: headers.default({}) })
      .meta({ description: 'Where the members are listed, as JSON' }),
    members: jmespath('Members in the listing'),
    id: jmespath('Id of a member'),
    state: jmespath('State of a member'),
    container: jmespath(
      'Container of a member: its id or name, its address on the network of the stack, its service where that has one container, or a URL with one of these',
    ),
    in_flight: orNull(
      jmespath('Requests that a member works on'),
      'How many requests a member works on (JMESPath); null where the listing does not tell: one that is listed as busy works on one then',
    ),
    states: z
      .strictObject({
        registering: stateNames('It cannot work yet'),
        ready: stateNames('It waits for work'),
        busy: stateNames('It works'),
        failed: stateNames('It cannot work any more'),
      })
      .meta({ description: 'What the states of the listing mean' }),
    stop: orNull(
      z.strictObject({
        method,
        path: urlPath('Path at the listing’s service; {id} stands for the member'),
        body: z
          .json()
          .default(null)
          .meta({ description: 'Sent as JSON; {id} in its texts stands for the member; null for none' }),
      }),
      'How to ask for the stop of a member',
    ),
    work: orNull(
      line(64, 'The name of a request'),
      'A request that takes long enough to be met in the middle; null where there is none',
    ),
  })
  .refine(({ in_flight: inFlight, states }) => inFlight !== null || states.busy.length > 0, {
    error: 'does not tell who works: give in_flight, or the states that mean busy',
  })
