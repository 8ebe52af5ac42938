import * as z from 'zod'
import { regularExpression } from '../../kinds/pattern.ts'
import { jmespath, quantity, serviceName } from '../../kinds/schema-kit.ts'
import { share } from '../shared/spec-keys.ts'

/** Two ways to read a line. All keys of one are given, and none of the other. */
const JSON_KEYS = ['group_by', 'from', 'to'] as const
const TEXT_KEYS = ['group_by_regex', 'from_regex', 'to_regex'] as const
const WAYS = `give ${JSON_KEYS.join(', ')} (JMESPath, of JSON lines) or ${TEXT_KEYS.join(', ')} (of any line)`

/**
 * Looks for growing pauses between repeated attempts in the log lines of a service. Without `at` Docker's timestamp counts,
 * which is when the line was read from the container: on a busy machine up to 150 ms after it was written, too coarse for
 * pauses of 100 ms. Lines of text have no other: each logger writes its time in its own way.
 */
export const logGapsSpec = z
  .strictObject({
    service: serviceName('Whose log is read'),
    group_by: jmespath('What tells one series of attempts from another, for example task_id').optional(),
    at: jmespath("The line's own time, ISO 8601 or epoch ms; Docker's timestamp when left out").optional(),
    from: jmespath('A gap runs from a line for which this is true').optional(),
    to: jmespath('… to the next line of the group for which this is true').optional(),
    group_by_regex: regularExpression(
      'In place of group_by, in a line of text: its first group (in parentheses), or all that matches, tells one series from another',
    ).optional(),
    from_regex: regularExpression("In place of from: matches somewhere in the line, whose time is Docker's timestamp").optional(),
    to_regex: regularExpression('In place of to: matches somewhere in the line').optional(),
    growth: quantity({ minimum: 1, maximum: 100, description: 'Each gap is at least this many times the one before' }),
    // One gap has none before it to be compared with.
    min_gaps: quantity({ minimum: 2, maximum: 100, integer: true, description: 'A group counts when it has this many gaps' }),
    min_groups: quantity({ minimum: 1, maximum: 10_000, integer: true, description: 'So many groups must count' }),
    share: share('At least this share of them must grow'),
  })
  .superRefine((spec, ctx) => {
    const refuse = (message: string, ...path: string[]): void => {
      ctx.addIssue({ code: 'custom', message, path })
    }
    const text = TEXT_KEYS.filter((key) => spec[key] !== undefined)
    const [asText] = text
    if (asText === undefined) {
      const lacking = JSON_KEYS.filter((key) => spec[key] === undefined)
      if (lacking.length > 0) refuse(`lacks ${lacking.join(', ')}: ${WAYS}`)
      return
    }
    const json = ([...JSON_KEYS, 'at'] as const).filter((key) => spec[key] !== undefined)
    const lacking = TEXT_KEYS.filter((key) => spec[key] === undefined)
    // Of text Docker's time counts: `at` is for JSON.
    if (json.length > 0) refuse(`cannot stand beside ${json.join(', ')}: a line is read as JSON or as text; ${WAYS}`, asText)
    else if (lacking.length > 0) refuse(`lacks ${lacking.join(', ')}: ${WAYS}`)
  })
  .meta({
    description: 'Looks for growing pauses between repeated attempts in the log lines of a service',
    oneOf: [{ required: [...JSON_KEYS] }, { required: [...TEXT_KEYS] }],
    dependentRequired: Object.fromEntries(['at', ...JSON_KEYS].map((key) => [key, JSON_KEYS.filter((other) => other !== key)])),
  })

export type LogGapsSpec = z.output<typeof logGapsSpec>
