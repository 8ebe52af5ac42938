/** One gRPC request as a client of the stack would send it: new connection, bounded answer, outcome as a value. */
import { createHash } from 'node:crypto'
import type { JsonValue } from '@bufbuild/protobuf'
import { describeError } from '../../core/errors.ts'
import type { RequestOutcome, SendOptions } from '../../core/request.ts'
import { fillRecord } from '../../core/variables.ts'
import { bodyProblem } from '../shared/good-body.ts'
import { call, type GrpcAnswer } from './call.ts'
import { overConnection, Unanswered, type GrpcConnection } from './connection.ts'
import { healthCheck, IS_SERVING } from './health.ts'
import type { UnaryMethod } from './method.ts'
import { reflectedMethod } from './reflection.ts'
import type { GrpcRequestSpec } from './spec.ts'

const MOST_REFLECTED_BYTES = 4 * 1_024 * 1_024
/** After these nothing is known of the server that told how its messages are written; after others it may be another one. */
const SAME_SERVER = ['deadline', 'aborted']

/**
 * What reflection told is kept, by entry: to ask before each request would double the time of an answer, and with it what a
 * fault adds to it. It is asked for anew after a connection that failed, a method that is not there, and an answer that
 * cannot be read, so that a restarted server with other descriptors is not judged by those of the one before.
 */
export function grpcSender(spec: GrpcRequestSpec): (options: SendOptions) => Promise<RequestOutcome> {
  const methods = new Map<string, UnaryMethod>()
  return async (options) => {
    const { baseUrl, maxBytes, deadlineMs } = options
    const metadata = fillRecord(spec.metadata, options.variables)
    const startedMs = performance.now()
    const leftMs = (): number => deadlineMs - (performance.now() - startedMs)
    const methodOf = async (connection: GrpcConnection): Promise<UnaryMethod> => {
      if (spec.grpc === 'health') return healthCheck
      const known = methods.get(baseUrl)
      if (known !== undefined) return known
      const method = await reflectedMethod(spec.grpc, (path, message) =>
        call(connection, { path, metadata, message, deadlineMs: leftMs(), maxBytes: MOST_REFLECTED_BYTES }),
      )
      methods.set(baseUrl, method)
      return method
    }
    const passed = (): { totalMs: number } => ({ totalMs: performance.now() - startedMs })
    try {
      const { method, answer } = await overConnection(options, async (connection) => {
        const way = await methodOf(connection)
        const message = way.encode(spec.grpc === 'health' ? { service: spec.service ?? '' } : (spec.body ?? {}))
        const { path } = way
        return { method: way, answer: await call(connection, { path, metadata, message, deadlineMs: leftMs(), maxBytes }) }
      })
      const read = readAnswer(spec, method, answer)
      if (answer.code === 'UNIMPLEMENTED' || !read.readable) methods.delete(baseUrl)
      const firstByteMs = answer.firstByteAtMs === null ? null : answer.firstByteAtMs - startedMs
      return { ...answered(answer, read), firstByteMs, ...passed() }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      if (!SAME_SERVER.includes(error.message)) methods.delete(baseUrl)
      return { ...unanswered(error.message), ...passed() }
    }
  }
}

interface ReadAnswer {
  readonly readable: boolean
  /** The message as JSON, or what the server said instead. */
  readonly body: string
  /** Why it is not good; null when it is. */
  readonly reason: string | null
}

function readAnswer(spec: GrpcRequestSpec, method: UnaryMethod, { code, said, message }: GrpcAnswer): ReadAnswer {
  const wrongCode = spec.good.code.includes(code) ? null : `code ${code}`
  if (code !== 'OK' || message === null) return { readable: true, body: said, reason: wrongCode }
  let body: JsonValue
  try {
    body = method.decode(message)
  } catch (error) {
    return { readable: false, body: '', reason: `the answer cannot be read: ${describeError(error, 200)}` }
  }
  const mustMatch = spec.good.body_matches ?? (spec.grpc === 'health' ? IS_SERVING : null)
  const reason = wrongCode ?? (mustMatch === null ? null : bodyProblem(body, mustMatch))
  return { readable: true, body: JSON.stringify(body), reason }
}

function answered({ code, message }: GrpcAnswer, { body, reason }: ReadAnswer): Omit<RequestOutcome, 'firstByteMs' | 'totalMs'> {
  return {
    ...{ status: null, code, error: null, good: reason === null, reason, complete: true, body },
    bytes: message?.byteLength ?? 0,
    bodyHash: createHash('sha256')
      .update(message ?? '')
      .digest('hex'),
  }
}

function unanswered(error: string): Omit<RequestOutcome, 'totalMs'> {
  return {
    ...{ status: null, error, good: false, reason: error, complete: false, body: '' },
    ...{ firstByteMs: null, bytes: 0, bodyHash: null },
  }
}
