import { defineRequest } from '../../kinds/define-request.ts'
import type { RequestOutcome, SendOptions, StackRequest } from '../../core/request.ts'
import { speaksHttp2 } from './connection.ts'
import { askedFor } from '../shared/asked-for.ts'
import { grpcRequestSpec, type GrpcRequestSpec } from './spec.ts'

/** No call has an id that the system would tell again. */
function grpcAsksFor({ grpc }: GrpcRequestSpec): StackRequest['asksFor'] {
  return grpc === 'health' ? 'nothing' : 'job'
}

type Send = (options: SendOptions) => Promise<RequestOutcome>

export const grpcRequest = defineRequest({
  kind: 'grpc',
  protocol: 'gRPC',
  schema: grpcRequestSpec,
  asksFor: grpcAsksFor,
  speaks: speaksHttp2,
  sender(spec) {
    // What reads protobuf is loaded with the first request: most stacks have none, and nobody sends one to validate a file.
    let loaded: Promise<Send> | null = null
    return async (options) => {
      loaded ??= import('./send.ts').then(({ grpcSender }) => grpcSender(spec))
      const send = await loaded
      return askedFor(
        grpcAsksFor(spec),
        () => null,
        options,
        () => send(options),
      )
    }
  },
})
