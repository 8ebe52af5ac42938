import * as z from 'zod'
import { milliseconds, serviceName } from '../../kinds/schema-kit.ts'
import { eventuallyWithinSeconds, share } from '../shared/spec-keys.ts'

/**
 * The health page of a service, asked straight at each of its containers all through the window. Docker's health check comes
 * every few seconds and forgives some misses; who decides by the page where to send work does not.
 */
export const healthPageSpec = z
  .strictObject({
    service: serviceName('Whose health page, as the descriptor names it, is asked at each of its containers'),
    within_ms: milliseconds(1, 15_000, 'Each answer comes within this time'),
    share: share('At least this share of the answers is good: a status below 400, in time; left out: all').optional(),
    eventually_within_seconds: eventuallyWithinSeconds('the pages of all containers are good').optional(),
  })
  .refine((spec) => spec.share === undefined || spec.eventually_within_seconds === undefined, {
    error: 'cannot stand beside eventually_within_seconds, which asks for one look at which all are good: leave one of them out',
    path: ['share'],
  })
  .meta({ description: 'The health page of a service stays good while the fault is on, or is good at some moment' })

export type HealthPageSpec = z.output<typeof healthPageSpec>
