/** The codes by which a gRPC call tells how it ended, by number. */
import * as z from 'zod'
import { oneOf } from './schema-kit.ts'

export const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

export type GrpcCode = (typeof GRPC_CODES)[number]

export function grpcCodes(description: string): z.ZodArray<z.ZodType<GrpcCode, GrpcCode>> {
  return z.array(oneOf(GRPC_CODES, 'a gRPC status code')).min(1).max(GRPC_CODES.length).meta({ description })
}
