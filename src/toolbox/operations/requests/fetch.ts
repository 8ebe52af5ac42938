/** One HTTP request inside the stack's network, for pages that are read rather than measured. */
import { request, type IncomingMessage } from 'node:http'
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import { errorCode } from '../../net/wire.ts'
import { body, headers, method, path, target, timeoutMs } from '../arguments.ts'

const LARGEST_PAGE_BYTES = 16 * 1024 * 1024
const maxBytes = z.int().min(1).max(LARGEST_PAGE_BYTES)
const fetchArgs = z.strictObject({ target, method, path, headers, body, timeoutMs, maxBytes })
type Args = z.output<typeof fetchArgs>

export interface FetchReply {
  readonly status: number | null
  /** Cut at maxBytes. */
  readonly body: string
  readonly complete: boolean
  readonly totalMs: number
  /** Node's error code, `timeout` or `eof`; null when answered. */
  readonly error: string | null
  /** Headers of the answer; left out where it has none of that name. */
  readonly contentType?: string
  readonly retryAfter?: string
}

/** Never through a shell, never followed elsewhere. */
export const fetchOperation = defineOperation({
  name: 'fetch',
  args: fetchArgs,
  limitMs: (args) => args.timeoutMs,
  run: fetchPage,
})

/**
 * What goes wrong on the way is the reply. Redirects are answers like any other.
 * @throws Error for a path or a header that HTTP does not allow.
 */
export function fetchPage({ target, method, path, headers, body, timeoutMs, maxBytes }: Args): Promise<FetchReply> {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    const chunks: Buffer[] = []
    let bytes = 0
    let status: number | null = null
    let head: Pick<FetchReply, 'contentType' | 'retryAfter'> = {}
    const finish = (complete: boolean, error: string | null): void => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve({
        status,
        body: Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8'),
        complete,
        totalMs: performance.now() - startedMs,
        error,
        ...head,
      })
    }
    const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = { ...headers, ...length, connection: 'close' }
    const outgoing = request({ host: target.host, port: target.port, method, path, headers: sent, agent: false }, (incoming) => {
      status = incoming.statusCode ?? null
      head = headOf(incoming)
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > maxBytes) finish(false, null)
      })
      incoming.on('end', () => {
        finish(incoming.complete, incoming.complete ? null : 'eof')
      })
      incoming.on('error', (error) => {
        finish(false, errorCode(error))
      })
    })
    const timer = setTimeout(() => {
      finish(false, 'timeout')
    }, timeoutMs)
    outgoing.on('error', (error) => {
      finish(false, errorCode(error))
    })
    outgoing.end(body ?? undefined)
  })
}

function headOf({ headers }: IncomingMessage): Pick<FetchReply, 'contentType' | 'retryAfter'> {
  const { 'content-type': contentType, 'retry-after': retryAfter } = headers
  return { ...(contentType === undefined ? {} : { contentType }), ...(retryAfter === undefined ? {} : { retryAfter }) }
}
