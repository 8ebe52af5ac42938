import * as z from 'zod'
import { quantity, serviceName } from '../../kinds/schema-kit.ts'
import { atLeastOne, withinSeconds } from '../shared/spec-keys.ts'

/** What became of containers of a service. Exit code 137 is any SIGKILL. */
export const containerSpec = atLeastOne(
  z.strictObject({
    service: serviceName('Whose containers are looked at'),
    hit: z.boolean().meta({ description: 'Only those that the fault has hit' }).optional(),
    died_within_seconds: withinSeconds('Each died within this time of being hit').optional(),
    exit_code: quantity({ minimum: 0, maximum: 255, integer: true, description: 'With this exit code' }).optional(),
    oom: z.boolean().meta({ description: 'The kernel reported a kill for want of memory in it before it died' }).optional(),
    running_again_within_seconds: withinSeconds('Each runs again, with another pid, within this time of its death').optional(),
    survives: z
      .boolean()
      .meta({ description: 'true: none died or was restarted while the fault was on; false: at least one did' })
      .optional(),
    healthy: z
      .boolean()
      .meta({
        description: 'true: the health check of none turned unhealthy while the fault was on; false: that of at least one did',
      })
      .optional(),
  }),
  ['service', 'hit'],
).meta({ description: 'What became of the containers of a service' })

export type ContainerSpec = z.output<typeof containerSpec>
