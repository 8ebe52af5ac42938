import * as z from 'zod'
import { eventuallyWithinSeconds } from '../shared/spec-keys.ts'
import { line, port, serviceName, urlPath } from '../../kinds/schema-kit.ts'

/**
 * The change of a Prometheus metric from just before the fault to the end of its window, or to some moment within a time,
 * summed over containers and series.
 */
export const metricSpec = z
  .strictObject({
    service: serviceName('Whose metrics are read, from each of its containers'),
    port: port('Port of the metrics page'),
    path: urlPath('Path of the metrics page'),
    metric: line(200, 'Name of the metric'),
    labels: z
      .record(z.string().max(200), z.string().max(1_000))
      .meta({ description: 'Only series with these labels' })
      .optional(),
    change: z
      .strictObject({
        at_least: z.number().meta({ description: 'It grew by so much or more' }).optional(),
        at_most: z.number().meta({ description: 'It grew by so much or less' }).optional(),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'says nothing: give at_least, at_most or both' })
      .refine((change) => (change.at_least ?? -Infinity) <= (change.at_most ?? Infinity), {
        error: 'can never hold: at_least is above at_most',
      })
      .meta({ description: 'Sum over the containers and series, during the fault against before', minProperties: 1 }),
    eventually_within_seconds: eventuallyWithinSeconds('it has changed so').optional(),
  })
  .meta({ description: 'How a Prometheus metric changes' })

export type MetricSpec = z.output<typeof metricSpec>
