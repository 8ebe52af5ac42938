/** One HTTP request as a client of the stack would send it: new connection, bounded body, outcome as a value. */
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { systemErrorCode } from '../../core/errors.ts'
import type { RequestOutcome, SendOptions } from '../../core/request.ts'
import { answerProblem, jobOf, type WholeAnswer } from './answer.ts'
import { FirstAnswers } from './first-answers.ts'
import { fillKnown } from '../../core/variables.ts'
import { retryAfterSeconds } from './retry-after.ts'
import type { HttpRequestSpec } from './spec.ts'
import { filled, turnOf, type Turn } from './turn.ts'

/** By which one request of many is found again in the logs of a system. */
const ID_HEADERS = ['x-task-id', 'x-request-id', 'x-correlation-id']

/** Counts what it sends, and keeps what it was answered at first. */
export function httpSender(spec: HttpRequestSpec): (options: SendOptions) => Promise<RequestOutcome> {
  const first = new FirstAnswers()
  let n = 0
  return async (options) => {
    const turn = turnOf(spec, n)
    n += 1
    return send(spec, turn, first, options)
  }
}

/** Never rejects: a refused connection, a cut body and a missed deadline are outcomes. @throws BAD_INPUT for an unknown variable. */
async function send(spec: HttpRequestSpec, turn: Turn, first: FirstAnswers, options: SendOptions): Promise<RequestOutcome> {
  const { path, headers, body } = filled(spec, turn, options.variables)
  const url = new URL(path, options.baseUrl)
  const startedMs = performance.now()
  return new Promise((resolve) => {
    let head: Head = { answerId: null }
    let firstByteMs: number | null = null
    const chunks: Buffer[] = []
    let bytes = 0
    // The first end is the outcome. To destroy the request is an error of it as well, which comes too late to be one.
    const finish = (status: number | null, error: string | null): void => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', onAbort)
      request.destroy()
      const content = Buffer.concat(chunks)
      const answer = { status, contentType: head.contentType ?? '', body: content.toString('utf8') }
      const asked = { turn, first, baseUrl: options.baseUrl }
      const problem = error === null ? answerProblem(spec, answer, asked) : { reason: error, isWrong: false }
      resolve({
        status,
        error,
        good: problem === null,
        reason: problem?.reason ?? null,
        ...(problem?.isWrong === true ? { wrong: true } : {}),
        firstByteMs,
        totalMs: performance.now() - startedMs,
        bytes,
        bodyHash: error === null ? createHash('sha256').update(content).digest('hex') : null,
        complete: error === null,
        body: answer.body,
        answerId: head.answerId,
        ...(problem === null ? jobPart(spec, answer) : {}),
        ...(error === null ? refusedPart(spec, status, turn) : {}),
        ...head.comeBack,
      })
    }
    const request = httpRequest(
      url,
      { method: spec.method, agent: false, headers: { ...headers, ...lengthHeader(body) } },
      (response: IncomingMessage) => {
        const status = response.statusCode ?? null
        head = headOf(response)
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

interface Head {
  readonly answerId: string | null
  readonly contentType?: string | undefined
  readonly comeBack?: { readonly retryAfterSeconds?: number }
}

function headOf(response: IncomingMessage): Head {
  const seconds = retryAfterSeconds(response.headers['retry-after'], Date.now())
  return {
    answerId: idOf(response),
    contentType: response.headers['content-type'],
    comeBack: seconds === null ? {} : { retryAfterSeconds: seconds },
  }
}

function jobPart(spec: HttpRequestSpec, answer: WholeAnswer): { readonly jobId?: string } {
  const jobId = jobOf(spec, answer)
  return jobId === null ? {} : { jobId }
}

function refusedPart({ refused }: HttpRequestSpec, status: number | null, turn: Turn): { readonly refusedJob?: string } {
  if (refused?.status.some((one) => one === status) !== true) return {}
  return { refusedJob: fillKnown(refused.job, turn.values) }
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
