/** One HTTP request as a client of the stack would send it: new connection, bounded body, outcome as a value. */
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { JSONValue } from '@jmespath-community/jmespath'
import { systemErrorCode } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import type { RequestOutcome, SendOptions } from '../../core/request.ts'
import { fillRecord } from '../../core/variables.ts'
import { bodyProblem } from '../shared/good-body.ts'
import type { HttpRequestSpec } from './spec.ts'

/** By which one request of many is found again in the logs of a system. */
const ID_HEADERS = ['x-task-id', 'x-request-id', 'x-correlation-id']

/** Never rejects: a refused connection, a cut body and a missed deadline are outcomes. @throws BAD_INPUT for an unknown variable. */
export async function sendHttp(spec: HttpRequestSpec, options: SendOptions): Promise<RequestOutcome> {
  const url = new URL(spec.path, options.baseUrl)
  const body = spec.body === null ? null : JSON.stringify(spec.body)
  const headers = fillRecord(spec.headers, options.variables)
  const startedMs = performance.now()
  return new Promise((resolve) => {
    let answerId: string | null = null
    let firstByteMs: number | null = null
    const chunks: Buffer[] = []
    let bytes = 0
    // The first end is the outcome. To destroy the request is an error of it as well, which comes too late to be one.
    const finish = (status: number | null, error: string | null): void => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', onAbort)
      request.destroy()
      const content = Buffer.concat(chunks)
      const reason = error ?? judgeAnswer(spec, status, content)
      resolve({
        status,
        error,
        good: reason === null,
        reason,
        firstByteMs,
        totalMs: performance.now() - startedMs,
        bytes,
        bodyHash: error === null ? createHash('sha256').update(content).digest('hex') : null,
        complete: error === null,
        body: content.toString('utf8'),
        answerId,
      })
    }
    const request = httpRequest(
      url,
      { method: spec.method, agent: false, headers: { ...headers, ...lengthHeader(body) } },
      (response: IncomingMessage) => {
        const status = response.statusCode ?? null
        answerId = idOf(response)
        response.on('data', (chunk: Buffer) => {
          firstByteMs ??= performance.now() - startedMs
          bytes += chunk.length
          if (bytes > options.maxBytes) finish(status, 'body too large')
          else chunks.push(chunk)
        })
        response.on('end', () => {
          // Node tells a cut as an error; that an end without one is a whole answer is not for a version of it to decide.
          finish(status, response.complete ? null : 'cut off')
        })
        response.on('error', (error) => {
          finish(status, errorName(error))
        })
      },
    )
    const onAbort = (): void => {
      finish(null, 'aborted')
    }
    const timer = setTimeout(() => {
      finish(null, 'deadline')
    }, options.deadlineMs)
    request.on('error', (error) => {
      finish(null, errorName(error))
    })
    if (options.signal.aborted) onAbort()
    else options.signal.addEventListener('abort', onAbort)
    request.end(body ?? undefined)
  })
}

/** null when the answer is good by the descriptor's rule, else what it missed. */
function judgeAnswer(spec: HttpRequestSpec, status: number | null, content: Buffer): string | null {
  if (!spec.good.status.some((good) => good === status)) return `status ${String(status)}`
  if (spec.good.body_matches === null) return null
  const parsed = parseJson(content.toString('utf8')) as JSONValue | undefined
  return parsed === undefined ? 'the body is not JSON' : bodyProblem(parsed, spec.good.body_matches)
}

/** By itself Node tells the length with those methods only that usually have a body. */
function lengthHeader(body: string | null): Readonly<Record<string, string>> {
  return body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

/** Bounded: a header may be as long as Node allows. */
function idOf(response: IncomingMessage): string | null {
  const values = ID_HEADERS.map((name) => response.headers[name])
  return (
    values
      .flat()
      .find((value) => value !== undefined && value !== '')
      ?.slice(0, 80) ?? null
  )
}

function errorName(error: Error): string {
  return systemErrorCode(error) ?? error.message
}
