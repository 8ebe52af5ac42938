import * as z from 'zod'
import { regularExpression } from '../../kinds/pattern.ts'
import { jmespath, serviceName } from '../../kinds/schema-kit.ts'
import { whole } from '../shared/spec-keys.ts'

export const logSpec = z
  .strictObject({
    service: serviceName('Whose log is read'),
    matches: jmespath('Must be true of a JSON log line for it to count').optional(),
    line_regex: regularExpression('Must match somewhere in a log line, JSON or not, for it to count').optional(),
    at_least: whole(0, 'So many lines or more').optional(),
    at_most: whole(0, 'So many lines or fewer').optional(),
  })
  .refine((spec) => spec.matches !== undefined || spec.line_regex !== undefined, {
    error: 'does not say which lines count: give matches (JMESPath, of JSON lines) or line_regex (of any line)',
  })
  .refine((spec) => spec.matches === undefined || spec.line_regex === undefined, {
    error: 'cannot stand beside matches: a line is read as JSON or as text; leave one of them out',
    path: ['line_regex'],
  })
  .refine((spec) => spec.at_least !== undefined || spec.at_most !== undefined, {
    error: 'says nothing: give at_least, at_most or both',
  })
  .refine((spec) => (spec.at_least ?? 0) <= (spec.at_most ?? Infinity), { error: 'can never hold: at_least is above at_most' })
  .meta({
    description: 'How many log lines of a kind appear while the fault is on',
    oneOf: [{ required: ['matches'] }, { required: ['line_regex'] }],
  })

export type LogSpec = z.output<typeof logSpec>
