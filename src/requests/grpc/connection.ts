/** An HTTP/2 connection in clear text, as a client of the stack would open it for one request. */
import { connect, constants, type ClientHttp2Session } from 'node:http2'
import { systemErrorCode } from '../../core/errors.ts'

/** There is no whole answer; the message is the `error` of an outcome. */
export class Unanswered extends Error {}

export interface GrpcConnection {
  readonly session: ClientHttp2Session
  /** What ended it: Node's error code, or the server's GOAWAY; null when it just ended. */
  failure: string | null
}

/** Names of HTTP/2's error codes, by number. */
const ERROR_NAMES = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
]

export function http2ErrorName(code: number): string {
  return ERROR_NAMES[code] ?? String(code)
}

/**
 * Opens one for `work` and closes it after that.
 * @throws Unanswered: `deadline`, `aborted`, or whatever `work` throws.
 */
export async function overConnection<T>(
  { baseUrl, deadlineMs, signal }: { readonly baseUrl: string; readonly deadlineMs: number; readonly signal: AbortSignal },
  work: (connection: GrpcConnection) => Promise<T>,
): Promise<T> {
  const over = Promise.withResolvers<never>()
  const onAbort = (): void => {
    over.reject(new Unanswered('aborted'))
  }
  const timer = setTimeout(() => {
    over.reject(new Unanswered('deadline'))
  }, deadlineMs)
  const connection = open(baseUrl)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([over.promise, work(connection)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    connection.session.destroy()
  }
}

/** Resolves with the server's SETTINGS, the first that it sends. Rejects when the server ends the connection, or sends none. */
export async function speaksHttp2(baseUrl: string, signal: AbortSignal): Promise<void> {
  const { session } = open(baseUrl)
  try {
    await new Promise<void>((resolve, reject) => {
      session.on('remoteSettings', () => {
        resolve()
      })
      session.on('error', reject)
      session.on('close', () => {
        reject(new Error('the connection was closed'))
      })
      signal.addEventListener('abort', () => {
        reject(new Error('no answer in time'))
      })
    })
  } finally {
    session.destroy()
  }
}

function open(baseUrl: string): GrpcConnection {
  const session = connect(baseUrl, { settings: { enablePush: false } })
  const connection: GrpcConnection = { session, failure: null }
  session.on('goaway', (code: number) => {
    if (code !== constants.NGHTTP2_NO_ERROR) connection.failure ??= `GOAWAY ${http2ErrorName(code)}`
  })
  session.on('error', (error: Error) => {
    connection.failure ??= systemErrorCode(error) ?? error.message
  })
  return connection
}
