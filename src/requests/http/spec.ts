import * as z from 'zod'
import { jmespath, oneOf, port, serviceName, shaped, statuses, urlPath } from '../../kinds/schema-kit.ts'
import { regularExpression } from '../../kinds/pattern.ts'

export const method = oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'HTTP method')

const headerName = z
  .string()
  .max(200)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not the name of an HTTP header' })
export const headers = z
  .record(headerName, shaped(/^[^\r\n\0]*$/, 'one line of text', 'May hold ${NAME} of a secret or variable', 8_000))
  .meta({ description: 'HTTP headers; ${NAME} stands for the value of a variable' })

const MOST_TURNS = 100

/** `n` and `nonce` are ours. */
const turnName = z
  .string()
  .max(64)
  .regex(/^(?!(?:n|nonce)$)[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'is not a name of letters, digits and _ for values that take turns (n and nonce have their meaning already)',
  })

const vary = z
  .record(
    turnName,
    z
      .array(shaped(/^[^\0]*$/, 'a text', 'What it stands for in its turn', 8_000))
      .min(1)
      .max(MOST_TURNS),
  )
  .refine((lists) => new Set(Object.values(lists).map(({ length }) => length)).size <= 1, {
    error: 'lists take turns together: give them the same length',
  })
  .meta({
    description:
      'Values that take turns from one request to the next: ${NAME} in the path, headers and body stands for the one whose turn it is. Without being written here ${n} is the number of the request, and ${nonce} an id that no other has',
  })

const events = z
  .strictObject({
    end: shaped(/^[^\r\n]+$/, 'one line of text', 'Data of the event without which the stream was cut, such as [DONE]')
      .nullable()
      .default(null)
      .meta({ description: 'Data of the last event, without which the stream was cut, such as [DONE]; null where it has none' }),
  })
  .meta({
    description:
      'The answer is a stream of server-sent events, none of which tells an error (an event of that name, or a key "error" in its data). For JMESPath it is {"events": […]}, each of them its data, as JSON where it is JSON',
  })

const good = z
  .strictObject({
    status: statuses('Statuses of a good answer'),
    body_matches: jmespath('Must yield true on the JSON body')
      .nullable()
      .default(null)
      .meta({ description: 'Must yield true on the JSON body (JMESPath); null for any body' }),
    body_contains: shaped(/^[^]+$/, 'a text', 'Must stand in the body', 8_000)
      .nullable()
      .default(null)
      .meta({ description: 'A text that must stand in the body; null for any body' }),
    body_regex: regularExpression('Must match somewhere in the body').nullable().default(null).meta({
      description: 'A regular expression (of JavaScript, with flags s and u) that must match the body; null for any body',
    }),
    sse: events
      .nullable()
      .default(null)
      .meta({ description: 'How a stream of server-sent events is judged; null where the answer is none' }),
    same: jmespath('Must be the same').nullable().default(null).meta({
      description:
        'What of the answer must be what the same request was answered at first, in the steady state (JMESPath; "@" for all of it); null to compare nothing',
    }),
    echoes: z
      .record(jmespath('What of the answer'), shaped(/^[^\0]*$/, 'a text', 'What it must be', 8_000))
      .default({})
      .meta({ description: 'What of the answer (JMESPath) must be what was sent, such as {"id": "${nonce}"}' }),
  })
  .meta({ description: 'Which answers are good' })

const refused = z
  .strictObject({
    status: statuses('Statuses by which the job is refused for good: it must never be done after one of them'),
    job: shaped(
      /^[^\0]+$/,
      'a text',
      'The id that the request gives its job, such as ${nonce}, as the list under "completed" has it',
      8_000,
    ),
  })
  .meta({ description: 'An answer that refuses the job' })

export const httpRequestSpec = z.strictObject({
  method,
  path: urlPath('Path at the entry, or at the service that at names'),
  at: z
    .strictObject({ service: serviceName('A service of the stack'), port: port('Port inside the stack’s network') })
    .nullable()
    .default(null)
    .meta({
      description:
        'A service that is asked within the network of the stack, for requests that clauses name; null for the entry, where clients send theirs',
    }),
  headers: headers.default({}),
  body: z.json().default(null).meta({ description: 'Sent as JSON; null for none' }),
  vary: vary.default({}),
  job: jmespath('Id of the job').nullable().default(null).meta({
    description:
      'Where a good answer has the id of the job that was done for it (JMESPath), as the list under "completed" has it; null where it has none',
  }),
  refused: refused
    .nullable()
    .default(null)
    .meta({ description: 'How an answer says that the job will not be done; null where none says so for certain' }),
  good,
})

export type HttpRequestSpec = Readonly<z.output<typeof httpRequestSpec>>
