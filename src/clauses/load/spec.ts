import * as z from 'zod'
import { milliseconds, quantity } from '../../kinds/schema-kit.ts'
import { atLeastOne, REQUEST_DEADLINE_MS } from '../shared/spec-keys.ts'

/** What the load that holds meanwhile meets; only a run that has one can say. */
export const loadSpec = atLeastOne(
  z.strictObject({
    error_rate: quantity({ minimum: 0, maximum: 1, description: 'At most this share of its requests fails' }).optional(),
    p95_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'p95 of its requests is below this').optional(),
    kept_again_within_seconds: quantity({
      unit: 's',
      minimum: 1,
      maximum: 600,
      description: "After the fault: within this time the pattern's own limits are kept again, second by second",
    }).optional(),
  }),
).meta({ description: 'What the load meets that holds meanwhile (--under-load)', minProperties: 1 })

export type LoadSpec = z.output<typeof loadSpec>
