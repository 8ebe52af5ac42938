import { msBetween } from '../../core/time/moment.ts'
import type { HttpRequest, OnceRequest } from '../../core/request.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { fillRecord } from '../../core/variables.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { Endpoint } from '../../toolbox/operations/arguments.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import type { HttpProbeSample } from '../../toolbox/operations/requests/probe-http.ts'
import type { TransferResult } from '../../toolbox/operations/requests/probe-transfer.ts'

/** The way through a link from our own helper. Header values are filled in already. */
export interface LinkAccess {
  readonly link: string
  readonly target: Endpoint
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Burst {
  readonly count: number
  readonly intervalMs: number
  readonly timeoutMs: number
}

type ToolboxRequest = NonNullable<ArgumentsOf<'flood.open'>['request']>

/**
 * A request as operations of the toolbox take it, with the run's variables filled in, for who sends it now: each call tells that
 * it asks for a job of which nobody knows the id.
 */
export function requestToSendNow(request: HttpRequest, ctx: Pick<FaultContext, 'stack' | 'asks'>): ToolboxRequest {
  if (request.asksFor !== 'nothing') ctx.asks(null)
  return filled(request, ctx)
}

/** The same for who sends it once. */
export function onceToSendNow({ request, job }: OnceRequest, ctx: Pick<FaultContext, 'stack' | 'asks'>): ToolboxRequest {
  if (request.asksFor !== 'nothing') ctx.asks(job)
  return filled(request, ctx)
}

function filled(
  { method, path, headers, body }: HttpRequest,
  { stack: { variables } }: Pick<FaultContext, 'stack'>,
): ToolboxRequest {
  return { method, path, headers: fillRecord(headers, variables), body: body === null ? null : JSON.stringify(body) }
}

/** What a helper may need on top of the limits that it was given itself. */
const REPLY_SLACK_MS = 5_000
/** The helper takes no longer limit; a toxic that needs more shows in no sensible window. */
const LONGEST_PROBE_MS = 120_000

/** A new connection per request. The limit covers a helper that does not answer at all. */
export async function sendBurst(
  helper: ToolboxHelper,
  access: LinkAccess,
  burst: Burst,
  signal: AbortSignal,
): Promise<HttpProbeSample[]> {
  const limitMs = burst.count * burst.intervalMs + burst.timeoutMs + REPLY_SLACK_MS
  const reply = await withDeadline(`probe of ${access.link} by ${helper.name}`, limitMs, signal, (inner) =>
    helper.call('probe.http', { target: access.target, path: access.path, headers: { ...access.headers }, ...burst }, inner),
  )
  return reply.samples
}

/** `repeat` requests pipelined on one connection. */
export async function transfer(
  helper: ToolboxHelper,
  access: LinkAccess,
  args: { readonly repeat: number; readonly limitMs: number; readonly padding?: number },
  signal: AbortSignal,
): Promise<TransferResult> {
  const headers = { ...access.headers, ...paddingHeader(args.padding ?? 0) }
  return await withDeadline(`transfer over ${access.link} by ${helper.name}`, args.limitMs + REPLY_SLACK_MS, signal, (inner) =>
    helper.call(
      'probe.transfer',
      { target: access.target, path: access.path, headers, repeat: args.repeat, limitMs: args.limitMs },
      inner,
    ),
  )
}

/** A header that makes a request longer, to measure what the way up does to it. Servers take 16 KB of headers by default. */
export function paddingHeader(bytes: number): Record<string, string> {
  return bytes > 0 ? { 'x-padding': 'x'.repeat(bytes) } : {}
}

/** Bytes of one such request on the wire. */
export function requestSize(access: LinkAccess, padding: number): number {
  const headers = {
    host: `${access.target.host}:${access.target.port}`,
    ...access.headers,
    ...paddingHeader(padding),
    connection: 'keep-alive',
  }
  const lines = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  return `GET ${access.path} HTTP/1.1\r\n\r\n`.length + lines
}

/** A limit for one probe that ends before the fault window does, so that it still sees the fault. */
export function withinWindow(ctx: FaultContext, wantedMs: number): number {
  const { startedMs, plannedMs } = ctx.window()
  const leftMs = msBetween(ctx.clock.nowMs(), startedMs) + plannedMs - 200
  return Math.round(Math.max(500, Math.min(wantedMs, leftMs, LONGEST_PROBE_MS)))
}
