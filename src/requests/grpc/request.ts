import { defineRequest } from '../../kinds/define-request.ts'
import { speaksHttp2 } from './connection.ts'
import { grpcSender } from './send.ts'
import { grpcRequestSpec } from './spec.ts'

export const grpcRequest = defineRequest({
  kind: 'grpc',
  protocol: 'gRPC',
  schema: grpcRequestSpec,
  speaks: speaksHttp2,
  sender: grpcSender,
})
