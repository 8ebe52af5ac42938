import * as z from 'zod'
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { grpcCodes } from '../../kinds/grpc-codes.ts'
import { milliseconds } from '../../kinds/schema-kit.ts'
import { requestName, share } from '../shared/spec-keys.ts'

export const grpcSpec = z
  .strictObject({
    name: requestName('grpc'),
    within_ms: milliseconds(1, CANARY_DEADLINE_MS, 'Each has its answer within this time'),
    code: grpcCodes("Codes that are right while the fault bites, instead of the request's own good").optional(),
    share: share('At least this share of them is answered so'),
  })
  .meta({
    description: "Sends one of the descriptor's gRPC requests all through the window, and looks at the codes of the answers",
  })

export type GrpcSpec = z.output<typeof grpcSpec>
