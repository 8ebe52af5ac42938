import * as z from 'zod'
import { milliseconds, quantity, statuses } from '../../kinds/schema-kit.ts'
import { eventuallyWithinSeconds, REQUEST_DEADLINE_MS, requestName } from '../shared/spec-keys.ts'

export const requestSpec = z
  .strictObject({
    name: requestName(),
    within_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'The whole answer is there within this time'),
    same_as_steady: z.boolean().meta({ description: 'The body equals, byte for byte, the one before the fault' }).optional(),
    rate_kb_per_s: z
      .strictObject({
        at_least: quantity({ unit: 'KB/s', minimum: 0, maximum: 10_000_000 }),
        at_most: quantity({ unit: 'KB/s', minimum: 0, above: true, maximum: 10_000_000 }),
      })
      .refine((rate) => rate.at_least <= rate.at_most, { error: 'can never hold: at_least is above at_most' })
      .meta({ description: 'Body bytes a second, in KB (1000 B), from the first byte to the last' })
      .optional(),
    status: statuses("Statuses that are right while the fault bites, instead of the request's own good").optional(),
    eventually_within_seconds: eventuallyWithinSeconds('it is answered so, sent again and again,').optional(),
  })
  .refine((spec) => spec.status === undefined || spec.same_as_steady !== true, {
    error: 'cannot ask for other statuses and for the same body as before the fault',
    path: ['status'],
  })
  .meta({ description: "Sends one of the descriptor's requests while the fault bites" })

export type RequestSpec = z.output<typeof requestSpec>
