/** A request of a stack's descriptor, whatever protocol it speaks, and what became of one. */
import { ChaosError } from './errors.ts'
import type { Json } from './json.ts'

export interface SendOptions {
  /** Of the entry: `http://127.0.0.1:32768`. */
  readonly baseUrl: string
  readonly variables: Readonly<Record<string, string>>
  readonly deadlineMs: number
  /** Longer bodies end the request: `body too large`. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** How a request gets to a service that is not the entry; left out by who sends to the entry alone. */
  readonly within?: SendWithin
  /** Told before a request is sent that may ask for a job; where it gives the job no id, once more when it has ended. */
  readonly asks?: AsksForJob
}

/** `job`: the id that a request gives its job; null where it gives none. */
export type AsksForJob = (job: string | null) => void

/** A service of the stack, on its own network. */
export interface ServicePort {
  readonly service: string
  readonly port: number
}

/** Sends from within the stack's network: what goes wrong on the way is the answer. */
export type SendWithin = (
  to: ServicePort,
  asked: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
    readonly timeoutMs: number
    readonly maxBytes: number
  },
  signal: AbortSignal,
) => Promise<AnswerWithin>

export interface AnswerWithin {
  readonly status: number | null
  /** Cut at maxBytes. */
  readonly body: string
  readonly complete: boolean
  readonly totalMs: number
  readonly error: string | null
  readonly contentType?: string | undefined
  readonly retryAfter?: string | undefined
}

/** What an HTTP request sends; a header may hold `${NAME}` of a variable. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json | null
  /** Left out for one that goes to the entry. */
  readonly at?: ServicePort
  /** As of `StackRequest`; left out for one that may ask for a job. */
  readonly asksFor?: 'nothing'
}

/** One sending of a request, with what no other sending has. */
export interface OnceRequest {
  readonly request: HttpRequest
  /** The id that it gives its job; null where it gives none. */
  readonly job: string | null
}

/** It knows its kind, and nobody else needs to: the canary, clauses and the engine send it and look at the outcome. */
export interface StackRequest {
  readonly kind: string
  /** For people and tests. */
  readonly spec: unknown
  /** For faults that send it by other means; null where the protocol is another one. */
  readonly http: HttpRequest | null
  /** The same for who sends it once only, and again another one. */
  readonly httpOnce: (() => OnceRequest) | null
  /** For no job; for one by an id that it gives it; or for one that the system may call as it likes. */
  readonly asksFor: 'nothing' | 'named job' | 'job'
  /** How messages call its protocol. */
  readonly protocol: string
  /** Any answer in its protocol will do, one that tells an error too. Rejects when the entry gives none. */
  speaks(baseUrl: string, signal: AbortSignal): Promise<void>
  /** A refused connection, a cut body and a missed deadline are outcomes. @throws BAD_INPUT for what could never be sent. */
  send(options: SendOptions): Promise<RequestOutcome>
}

export interface RequestOutcome {
  /** Of HTTP; null without an answer, and for another protocol. */
  readonly status: number | null
  /** Name of the code by which another protocol tells how a call ended: `OK`, `UNAVAILABLE`. Left out with HTTP, and without an answer. */
  readonly code?: string
  readonly error: string | null
  readonly good: boolean
  readonly reason: string | null
  /** It came whole and says that all is well, and is not what was asked for, or what the same was answered before. */
  readonly wrong?: true
  readonly firstByteMs: number | null
  readonly totalMs: number
  readonly bytes: number
  /** SHA-256 of the body, hex. */
  readonly bodyHash: string | null
  readonly complete: boolean
  /** Body as text, cut at maxBytes. */
  readonly body: string
  /** Value of the answer's x-task-id, x-request-id or x-correlation-id header; null when it has none. */
  readonly answerId?: string | null
  /** Id of the job that was done for a good answer, as the system's own list of them has it; left out where it is not told. */
  readonly jobId?: string
  /** Id under which a job was asked for that the answer refuses for good; left out where it does not. */
  readonly refusedJob?: string
  /** When the answer says to come back (Retry-After), seconds after it; left out where it does not say so. */
  readonly retryAfterSeconds?: number
}

/** How an answer calls its own outcome: `503`, `UNAVAILABLE`; null when there was none. */
export function answerName({ status, code }: Pick<RequestOutcome, 'status' | 'code'>): string | null {
  return code ?? (status === null ? null : String(status))
}

/** The same as a phrase: `status 503`, `code UNAVAILABLE`, `no answer`. */
export function answerText({ status, code }: Pick<RequestOutcome, 'status' | 'code'>): string {
  if (code !== undefined) return `code ${code}`
  return status === null ? 'no answer' : `status ${status}`
}

/** The answer says by itself that the request failed. */
export function tellsError({ status, code }: Pick<RequestOutcome, 'status' | 'code'>): boolean {
  return code === undefined ? (status ?? 0) >= 400 : code !== 'OK'
}

/** What the request sends, for who sends it by means of HTTP alone: `who`, as messages call it. @throws CAPABILITY_MISSING. */
export function httpOf(name: string, request: StackRequest, who: string): HttpRequest {
  if (request.http !== null) return request.http
  throw new ChaosError('CAPABILITY_MISSING', notHttp(name, request, who), { hint: 'Name a request of HTTP there.' })
}

export function notHttp(name: string, { protocol }: StackRequest, who: string): string {
  return `the request '${name}' is one of ${protocol}, and ${who} takes HTTP requests only`
}
