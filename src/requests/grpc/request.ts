import { defineRequest } from '../../kinds/define-request.ts'
import type { RequestOutcome, SendOptions } from '../../core/request.ts'
import { speaksHttp2 } from './connection.ts'
import { grpcRequestSpec } from './spec.ts'

type Send = (options: SendOptions) => Promise<RequestOutcome>

export const grpcRequest = defineRequest({
  kind: 'grpc',
  protocol: 'gRPC',
  schema: grpcRequestSpec,
  speaks: speaksHttp2,
  sender(spec) {
    // What reads protobuf is loaded with the first request: most stacks have none, and nobody sends one to validate a file.
    let loaded: Promise<Send> | null = null
    return async (options) => {
      loaded ??= import('./send.ts').then(({ grpcSender }) => grpcSender(spec))
      const send = await loaded
      return send(options)
    }
  },
})
