/** Requests to one worker. */
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import { asRecord, taskJson } from '../shared/task.ts'
import type { Task } from '../shared/task.ts'
import type { WorkerClaim, WorkerLink } from './registry.ts'

/** A status other than 200. 507 and 503 speak of the worker's state, not of the request. */
export class WorkerRefusal extends Error {
  readonly status: number

  constructor(status: number, body: string) {
    super(`the worker answered ${String(status)}: ${body.slice(0, 200)}`)
    this.name = 'WorkerRefusal'
    this.status = status
  }
}

export interface InferenceCall {
  readonly jobId: string
  readonly task: Task
  /** Tokens that an earlier worker has delivered. */
  readonly skipTokens: number
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
    })
    if (statusCode !== 200) throw new WorkerRefusal(statusCode, await body.text())
    if (call.task.stream) {
      call.onBegin()
      await readLines(body, call)
      return
    }
    const answer = asRecord(JSON.parse(await body.text()))
    call.onBegin()
    deliver(answer, call)
  }
}

function inferenceJson(call: InferenceCall): string {
  const own = JSON.stringify({ job_id: call.jobId, skip_tokens: call.skipTokens })
  return `${own.slice(0, -1)},${taskJson(call.task).slice(1)}`
}

/** @throws Error when the stream ends without its last line. */
async function readLines(body: Dispatcher.ResponseData['body'], call: InferenceCall): Promise<void> {
  let rest = ''
  for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) throw new Error('the worker sent an endless line')
    for (const line of lines) {
      const piece = asRecord(JSON.parse(line))
      if (piece['end'] === true) return
      deliver(piece, call)
    }
  }
  throw new Error('the worker ended its answer early')
}

function deliver(piece: Record<string, unknown>, call: InferenceCall): void {
  const { text, tokens } = piece
  if (typeof text !== 'string' || typeof tokens !== 'number') throw new Error('the worker sent a piece without text')
  call.onTokens(text, tokens)
}
