/** Requests to one worker. */
import { Pool, type Dispatcher } from 'undici'
import { asRecord, taskJson, type Task } from '../shared/task.ts'
import type { WorkerClaim, WorkerLink } from './registry.ts'

/** A status other than 200. 507 and 503 speak of the worker's state, not of the request. */
export class WorkerRefusal extends Error {
  readonly status: number

  constructor(status: number, body: string) {
    super(`the worker answered ${status}: ${body.slice(0, 200)}`)
    this.name = 'WorkerRefusal'
    this.status = status
  }
}

export interface InferenceCall {
  readonly jobId: string
  readonly task: Task
  /** Tokens that an earlier worker has delivered. */
  readonly skipTokens: number
  /** Ends the call. */
  readonly signal: AbortSignal
  /** The worker took it: the answer has begun. */
  onBegin(): void
  onTokens(text: string, tokens: number): void
}

/** A worker that keeps its heartbeat and never answers must not hold a job for ever. */
const ANSWER_LIMIT_MS = 60_000
const CONNECT_LIMIT_MS = 1_000
const MAX_CONNECTIONS = 2_048
const MAX_LINE_LENGTH = 1024 * 1024

export class HttpWorkerLink implements WorkerLink {
  readonly #pool: Pool
  readonly #token: string

  constructor(claim: WorkerClaim, token: string) {
    this.#token = token
    this.#pool = new Pool(claim.url, {
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: 60_000,
      headersTimeout: ANSWER_LIMIT_MS,
      bodyTimeout: ANSWER_LIMIT_MS,
      autoSelectFamily: false,
      connect: { timeout: CONNECT_LIMIT_MS },
    })
  }

  close(reason: string): void {
    // Rejects when it is closed already, which is what was wanted.
    this.#pool.destroy(new Error(`worker removed: ${reason}`)).catch(() => undefined)
  }

  /** Delivers every token through the call, or throws. @throws WorkerRefusal, or whatever broke the connection. */
  async infer(call: InferenceCall): Promise<void> {
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: '/v1/inference',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: inferenceJson(call),
      signal: call.signal,
    })
    if (statusCode !== 200) throw new WorkerRefusal(statusCode, await body.text())
    call.onBegin()
    await readLines(body, call)
  }
}

function inferenceJson(call: InferenceCall): string {
  const own = JSON.stringify({ job_id: call.jobId, skip_tokens: call.skipTokens })
  return `${own.slice(0, -1)},${taskJson(call.task).slice(1)}`
}

/** @throws Error when the body ends without a line that says it is the last. */
async function readLines(body: Dispatcher.ResponseData['body'], call: InferenceCall): Promise<void> {
  let rest = ''
  let last = false
  for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) throw new Error('the worker sent an endless line')
    for (const line of lines) last = deliver(asRecord(JSON.parse(line)), call)
  }
  if (rest !== '') last = deliver(asRecord(JSON.parse(rest)), call)
  if (!last) throw new Error('the worker ended its answer early')
}

/** True for the last line, which may have no text. */
function deliver(piece: Record<string, unknown>, call: InferenceCall): boolean {
  const { text, tokens, end } = piece
  if (typeof text === 'string' && typeof tokens === 'number') call.onTokens(text, tokens)
  else if (end !== true) throw new Error('the worker sent a piece without text')
  return end === true
}
