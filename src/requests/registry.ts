/** All kinds of request that a descriptor may hold, in the order in which the published schema has them. */
import { httpRequest } from './http/request.ts'

export const REQUESTS = [httpRequest] as const
