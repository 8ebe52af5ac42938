import * as z from 'zod'
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { milliseconds, quantity, statuses } from '../../kinds/schema-kit.ts'
import { atLeastOne, requestName, share } from '../shared/spec-keys.ts'

export const canarySpec = atLeastOne(
  z.strictObject({
    request: requestName().optional(),
    success_rate: share('At least this share of the canary requests is good').optional(),
    answers: z
      .strictObject({
        status: statuses('Statuses that count'),
        share: share('At least this share of the canary requests is answered with one of them'),
        retry_after_at_most_seconds: quantity({
          unit: 's',
          minimum: 1,
          maximum: 3_600,
          description: 'Each answer 429 or 503 says by Retry-After to come back, in so many seconds or sooner',
        }).optional(),
      })
      .meta({ description: 'Which answers the canary gets' })
      .optional(),
    within_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS,
      'Every canary request has its answer, good or bad, within this time',
    ).optional(),
    ends_within_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS - 1,
      'Every canary request ends within this time, with an answer or broken off where its client sees it: none is left without an end',
    ).optional(),
    slower_by_at_most_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS,
      'The median of the good answers is slower than before by this at most',
    ).optional(),
    slower_by_fault: z
      .strictObject({
        tolerance: quantity({ minimum: 0, above: true, maximum: 1, description: 'Fraction by which the slow-down may differ' }),
      })
      .meta({
        description:
          'The median is slower than before by what the fault adds, give or take the tolerance; a miss that the spread of the steady state explains decides nothing',
      })
      .optional(),
  }),
  ['request'],
).meta({
  description:
    'Judges the canary requests of the fault window: those of one request of the canary, or all of them, together and each kind by itself',
  minProperties: 1,
})

export type CanarySpec = z.output<typeof canarySpec>
