import * as z from 'zod'
import { milliseconds, serviceName } from '../../kinds/schema-kit.ts'
import { share } from '../shared/spec-keys.ts'

/**
 * The health page of a service, asked straight at each of its containers all through the window. Docker's health check comes
 * every few seconds and forgives some misses; who decides by the page where to send work does not.
 */
export const healthPageSpec = z
  .strictObject({
    service: serviceName('Whose health page, as the descriptor names it, is asked at each of its containers'),
    within_ms: milliseconds(1, 15_000, 'Each answer comes within this time'),
    share: share('At least this share of the answers is good: a status below 400, in time; left out: all').optional(),
  })
  .meta({ description: 'The health page of a service stays good while the fault is on' })

export type HealthPageSpec = z.output<typeof healthPageSpec>
