import * as z from 'zod'
import { grpcCodes } from '../../kinds/grpc-codes.ts'
import { jmespath, shaped } from '../../kinds/schema-kit.ts'

/** What the transport writes itself; `grpc-…` is gRPC's own. */
const METADATA_KEY =
  /^(?!grpc-|(?:connection|content-type|host|keep-alive|te|transfer-encoding|upgrade|user-agent)$)[0-9a-z_.-]+$/

const metadata = z
  .record(
    z
      .string()
      .max(200)
      .regex(METADATA_KEY, { error: 'is not a key of gRPC metadata: small letters, digits, - _ . and none of gRPC’s own' }),
    shaped(/^[ -~]*$/, 'one line of ASCII text', 'May hold ${NAME} of a secret or variable', 8_000),
  )
  .meta({ description: 'gRPC metadata; ${NAME} stands for the value of a variable' })

/** A unary call in clear text: the standard health service, or a method that the server tells of by reflection. */
export const grpcRequestSpec = z
  .strictObject({
    grpc: shaped(
      /^(?:health|(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*\/[A-Za-z_]\w*)$/,
      '"health", or a method as package.Service/Method',
      'health: grpc.health.v1.Health/Check; else a unary method, found by server reflection',
    ),
    service: shaped(
      /^[ -~]*$/,
      'the name of a service',
      'Whose health is asked for; left out: that of the whole server',
    ).optional(),
    body: z.record(z.string(), z.json()).optional().meta({ description: 'The request message as JSON; left out: an empty one' }),
    metadata: metadata.default({}),
    good: z
      .strictObject({
        code: grpcCodes('Codes of a good answer').default(['OK']),
        body_matches: jmespath('Must yield true on the answer as JSON').optional(),
      })
      .default({ code: ['OK'] })
      .meta({ description: 'Which answers are good; left out: code OK, and of health the status SERVING' }),
  })
  .refine((spec) => spec.service === undefined || spec.grpc === 'health', {
    error: 'has a meaning for "grpc": "health" only',
    path: ['service'],
  })
  .refine((spec) => spec.body === undefined || spec.grpc !== 'health', {
    error: 'has no meaning for "grpc": "health": name the service with service',
    path: ['body'],
  })

export type GrpcRequestSpec = Readonly<z.output<typeof grpcRequestSpec>>
