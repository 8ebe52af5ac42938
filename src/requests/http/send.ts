/** One HTTP request as a client of the stack would send it: new connection, bounded body, outcome as a value. */
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { ChaosError, systemErrorCode } from '../../core/errors.ts'
import type { AnswerWithin, RequestOutcome, SendOptions, ServicePort } from '../../core/request.ts'
import { askedFor } from '../shared/asked-for.ts'
import { answerProblem, jobOf, type WholeAnswer } from './answer.ts'
import { entryUrl } from './entry-url.ts'
import { FirstAnswers } from './first-answers.ts'
import { asksFor, jobAskedFor } from './job.ts'
import { fillKnown } from '../../core/variables.ts'
import { retryAfterSeconds } from './retry-after.ts'
import type { HttpRequestSpec } from './spec.ts'
import { filled, turnOf, type FilledRequest, type Turn } from './turn.ts'

/** By which one request of many is found again in the logs of a system. */
const ID_HEADERS = ['x-task-id', 'x-request-id', 'x-correlation-id']

/** Counts what it sends, and keeps what it was answered at first. */
export function httpSender(spec: HttpRequestSpec): (options: SendOptions) => Promise<RequestOutcome> {
  const first = new FirstAnswers()
  const asks = asksFor(spec)
  let n = 0
  return async (options) => {
    const turn = turnOf(spec, n)
    n += 1
    return askedFor(
      asks,
      () => jobAskedFor(spec, turn),
      options,
      () => send(spec, turn, first, options),
    )
  }
}

/** What came back, by whatever way. */
interface Delivered {
  readonly status: number | null
  readonly error: string | null
  readonly head: Head
  readonly firstByteMs: number | null
  readonly totalMs: number
  readonly bytes: number
  /** What came of it. */
  readonly content: Buffer
}

/** Never rejects: a refused connection, a cut body and a missed deadline are outcomes. @throws BAD_INPUT for an unknown variable, and a path of another host. */
async function send(spec: HttpRequestSpec, turn: Turn, first: FirstAnswers, options: SendOptions): Promise<RequestOutcome> {
  const request = filled(spec, turn, options.variables)
  const { status, error, head, content, ...rest } =
    spec.at === null ? await toEntry(spec.method, request, options) : await toService(spec.method, request, spec.at, options)
  const answer = { status, contentType: head.contentType ?? '', body: content.toString('utf8') }
  const asked = { turn, first, baseUrl: options.baseUrl }
  const problem = error === null ? answerProblem(spec, answer, asked) : { reason: error, isWrong: false }
  return {
    status,
    error,
    good: problem === null,
    reason: problem?.reason ?? null,
    ...(problem?.isWrong === true ? { wrong: true } : {}),
    ...rest,
    bodyHash: error === null ? createHash('sha256').update(content).digest('hex') : null,
    complete: error === null,
    body: answer.body,
    answerId: head.answerId,
    ...(problem === null ? jobPart(spec, answer) : {}),
    ...(error === null ? refusedPart(spec, status, turn) : {}),
    ...head.comeBack,
  }
}

function toEntry(method: string, { path, headers, body }: FilledRequest, options: SendOptions): Promise<Delivered> {
  const url = entryUrl(path, options.baseUrl)
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
      const totalMs = performance.now() - startedMs
      resolve({ status, error, head, firstByteMs, totalMs, bytes, content: Buffer.concat(chunks) })
    }
    const request = httpRequest(
      url,
      { method, agent: false, headers: { ...headers, ...lengthHeader(body) } },
      (response: IncomingMessage) => {
        const status = response.statusCode ?? null
        head = headOf(response)
        response.on('data', (chunk: Buffer) => {
          firstByteMs ??= performance.now() - startedMs
          bytes += chunk.length
          if (bytes > options.maxBytes) finish(status, TOO_LARGE)
          else chunks.push(chunk)
        })
        response.on('end', () => {
          // Node tells a cut as an error; that an end without one is a whole answer is not for a version of it to decide.
          finish(status, response.complete ? null : CUT_OFF)
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
      finish(null, DEADLINE)
    }, options.deadlineMs)
    request.on('error', (error) => {
      finish(null, errorName(error))
    })
    if (options.signal.aborted) onAbort()
    else options.signal.addEventListener('abort', onAbort)
    request.end(body ?? undefined)
  })
}

const TOO_LARGE = 'body too large'
const CUT_OFF = 'cut off'
const DEADLINE = 'deadline'

/** By who is on the network of the stack already. When the first byte came is not told there. */
async function toService(
  method: string,
  request: FilledRequest,
  at: ServicePort,
  { within, deadlineMs: timeoutMs, maxBytes, signal }: SendOptions,
): Promise<Delivered> {
  if (within === undefined) throw new ChaosError('INTERNAL', `a request to ${at.service} was sent by who reaches the entry alone`)
  const answer = await within(at, { method, ...request, timeoutMs, maxBytes }, signal)
  const { status, body, totalMs, contentType, retryAfter } = answer
  const content = Buffer.from(body)
  const head = { answerId: null, contentType, comeBack: comeBackOf(retryAfter) }
  return { status, error: endOf(answer), head, firstByteMs: null, totalMs, bytes: content.length, content }
}

/** As an answer of the entry ends. */
function endOf({ error, complete }: AnswerWithin): string | null {
  if (error === 'timeout') return DEADLINE
  if (error === 'eof') return CUT_OFF
  return error ?? (complete ? null : TOO_LARGE)
}

interface Head {
  readonly answerId: string | null
  readonly contentType?: string | undefined
  readonly comeBack?: { readonly retryAfterSeconds?: number }
}

function headOf(response: IncomingMessage): Head {
  const comeBack = comeBackOf(response.headers['retry-after'])
  return { answerId: idOf(response), contentType: response.headers['content-type'], comeBack }
}

function comeBackOf(header: string | undefined): NonNullable<Head['comeBack']> {
  const seconds = retryAfterSeconds(header, Date.now())
  return seconds === null ? {} : { retryAfterSeconds: seconds }
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
