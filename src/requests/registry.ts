/** All kinds of request that a descriptor may hold, in the order in which the published schema has them. */
import { grpcRequest } from './grpc/request.ts'
import { httpRequest } from './http/request.ts'

export const REQUESTS = [httpRequest, grpcRequest] as const
