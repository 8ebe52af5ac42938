import * as z from 'zod'
import { jmespath, oneOf, shaped, statuses, urlPath } from '../../kinds/schema-kit.ts'

export const method = oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'HTTP method')

const headerName = z
  .string()
  .max(200)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not the name of an HTTP header' })
export const headers = z
  .record(headerName, shaped(/^[^\r\n\0]*$/, 'one line of text', 'May hold ${NAME} of a secret or variable', 8_000))
  .meta({ description: 'HTTP headers; ${NAME} stands for the value of a variable' })

export const httpRequestSpec = z.strictObject({
  method,
  path: urlPath('Path at the entry'),
  headers: headers.default({}),
  body: z.json().default(null).meta({ description: 'Sent as JSON; null for none' }),
  good: z
    .strictObject({
      status: statuses('Statuses of a good answer'),
      body_matches: jmespath('Must yield true on the JSON body')
        .nullable()
        .default(null)
        .meta({ description: 'Must yield true on the JSON body (JMESPath); null for any body' }),
    })
    .meta({ description: 'Which answers are good' }),
})

export type HttpRequestSpec = Readonly<z.output<typeof httpRequestSpec>>
