/** One gRPC call on a connection: one message there, one back, and the trailers that say how it ended. */
import { constants, type IncomingHttpHeaders } from 'node:http2'
import { GRPC_CODES, type GrpcCode } from '../../kinds/grpc-codes.ts'
import { http2ErrorName, Unanswered, type GrpcConnection } from './connection.ts'
import { framed, MessageReader } from './message-reader.ts'

export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  readonly message: Uint8Array
  /** The server is told of it; whoever waits keeps it. */
  readonly deadlineMs: number
  readonly maxBytes: number
}

/** A call that the server has ended by telling a code. */
export interface GrpcAnswer {
  readonly code: GrpcCode
  /** What the server says beside the code, bounded; empty when it says nothing. */
  readonly said: string
  /** Whole with code OK; null where none came. */
  readonly message: Buffer | null
  /** Monotonic, of the first byte of the message. */
  readonly firstByteAtMs: number | null
}

const MOST_SAID = 1_000

/** @throws Unanswered for everything but a whole answer: trailers with a code, and with OK exactly one message. */
export async function call(
  connection: GrpcConnection,
  { path, metadata, message, deadlineMs, maxBytes }: GrpcCall,
): Promise<GrpcAnswer> {
  const { session } = connection
  if (session.closed || session.destroyed) throw new Unanswered(connection.failure ?? 'cut off')
  const stream = session.request({
    ...metadata,
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': `${Math.max(1, Math.ceil(deadlineMs))}m`,
  })
  const reader = new MessageReader(maxBytes)
  let firstByteAtMs: number | null = null
  let trailers: IncomingHttpHeaders | null = null
  return new Promise((resolve, reject) => {
    // Its connection is closed after that, and the stream with it.
    const refuse = (why: string): void => {
      reject(new Unanswered(why))
    }
    stream.on('response', (headers, flags) => {
      const problem = headerProblem(headers)
      if (problem !== null) refuse(problem)
      // A call that fails at once has its trailers in place of headers.
      else if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) trailers = headers
    })
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      trailers = headers
    })
    stream.on('data', (chunk: Buffer) => {
      firstByteAtMs ??= performance.now()
      const problem = reader.add(chunk)
      if (problem !== null) refuse(problem)
    })
    const settle = (): void => {
      try {
        if (trailers !== null) resolve({ ...ended(trailers, reader), firstByteAtMs })
        else reject(new Unanswered(whyCut(connection, stream.rstCode)))
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    stream.on('end', () => {
      if (trailers !== null) settle()
    })
    // What ended the connection is told after the end of its streams.
    stream.on('close', () => setImmediate(settle))
    // Said by the connection's own error, or by the code of the reset.
    stream.on('error', () => undefined)
    stream.end(framed(message))
  })
}

/** Why this is no answer of a gRPC server, such as that of a proxy before it. */
function headerProblem(headers: IncomingHttpHeaders): string | null {
  const status = headers[':status']
  if (String(status) !== '200') return `HTTP status ${String(status)} and no gRPC answer`
  const type = headers['content-type'] ?? 'none'
  return /^application\/grpc(?:\+proto)?(?:$|;)/.test(type) ? null : `content-type ${type.slice(0, 80)} and no gRPC answer`
}

function ended(trailers: IncomingHttpHeaders, reader: MessageReader): Omit<GrpcAnswer, 'firstByteAtMs'> {
  const status = String(trailers['grpc-status'])
  if (!/^\d{1,3}$/.test(status)) throw new Unanswered('trailers without a grpc-status')
  const code = GRPC_CODES[Number(status)] ?? 'UNKNOWN'
  const message = reader.message()
  if (code === 'OK' && message === null) throw new Unanswered('cut off')
  return { code, said: decoded(trailers['grpc-message']), message }
}

/** Percent-encoded where it is no plain ASCII. */
function decoded(said: string | string[] | undefined): string {
  const text = String(said ?? '').slice(0, MOST_SAID)
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function whyCut({ session, failure }: GrpcConnection, rstCode: number): string {
  if (failure !== null) return failure
  // Node resets the streams of a connection that has ended by itself.
  if (session.destroyed || rstCode === constants.NGHTTP2_NO_ERROR) return 'cut off'
  return `RST_STREAM ${http2ErrorName(rstCode)}`
}
