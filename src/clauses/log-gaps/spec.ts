import * as z from 'zod'
import { jmespath, quantity, serviceName } from '../../kinds/schema-kit.ts'
import { share } from '../shared/spec-keys.ts'

/**
 * Looks for growing pauses between repeated attempts in the JSON log lines of a service. Without `at` Docker's timestamp counts,
 * which is when the line was read from the container: on a busy machine up to 150 ms after it was written, too coarse for
 * pauses of 100 ms.
 */
export const logGapsSpec = z
  .strictObject({
    service: serviceName('Whose log is read'),
    group_by: jmespath('What tells one series of attempts from another, for example task_id'),
    at: jmespath("The line's own time, ISO 8601 or epoch ms; Docker's timestamp when left out").optional(),
    from: jmespath('A gap runs from a line for which this is true'),
    to: jmespath('… to the next line of the group for which this is true'),
    growth: quantity({ minimum: 1, maximum: 100, description: 'Each gap is at least this many times the one before' }),
    // One gap has none before it to be compared with.
    min_gaps: quantity({ minimum: 2, maximum: 100, integer: true, description: 'A group counts when it has this many gaps' }),
    min_groups: quantity({ minimum: 1, maximum: 10_000, integer: true, description: 'So many groups must count' }),
    share: share('At least this share of them must grow'),
  })
  .meta({ description: 'Looks for growing pauses between repeated attempts in the JSON log lines of a service' })

export type LogGapsSpec = z.output<typeof logGapsSpec>
