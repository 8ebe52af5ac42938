import * as z from 'zod'
import { atLeastOne, whole, withinSeconds } from '../shared/spec-keys.ts'

/** What the system itself lists of its pool; `hit` are the members whose containers a fault has hit. */
export const poolSpec = atLeastOne(
  z.strictObject({
    hit_removed_within_seconds: withinSeconds('The member that was hit is listed no more, or as failed').optional(),
    hit_failed_within_seconds: withinSeconds('The member that was hit is listed as failed').optional(),
    hit_gets_no_work: z
      .literal(true)
      .meta({
        description:
          'The member that was hit is never listed with work while it registers, nor as failed from one second after its hit on',
      })
      .optional(),
    ready: z
      .strictObject({
        at_least: whole(1, 'So many members are ready or busy'),
        within_seconds: withinSeconds('From some point within this time on'),
      })
      .meta({ description: 'How many members can work' })
      .optional(),
  }),
).meta({ description: "What the system's own listing of the pool says", minProperties: 1 })

export type PoolSpec = z.output<typeof poolSpec>
