/** Requests that take long, sent to the stack all the time, so that a member of the pool can be met while it works. */
import { ChaosError, describeError, isChaosError } from '../../../core/errors.ts'
import type { PoolSpec } from '../../../core/descriptor.ts'
import { httpOf } from '../../../core/request.ts'
import type { HttpRequest } from '../../../core/request.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { fillRecord } from '../../../core/variables.ts'
import { isAborted } from '../../../core/time/wait.ts'

const REQUEST_LIMIT_MS = 15_000
/** Nobody reads the answers. */
const MOST_BYTES = 16 * 1_024
/** Between a request that came back badly and the next: a stack that refuses is not to be flooded. */
const PAUSE_MS = 100

export interface PoolWork {
  /** Sends nothing more. What is under way goes on in the stack. Idempotent. */
  stop(): void
}

/** @throws CAPABILITY_MISSING when the descriptor names no request that takes long, or one of another protocol than HTTP. */
export function workRequest({ work }: PoolSpec, ctx: FaultContext): HttpRequest {
  const { requests, file } = ctx.stack.descriptor
  const request = work !== null && Object.hasOwn(requests, work) ? requests[work] : undefined
  if (work !== null && request !== undefined) return httpOf(work, request, 'work that keeps a pool busy')
  throw new ChaosError(
    'CAPABILITY_MISSING',
    'a crash during inference needs a request that keeps a member busy, and the pool names none',
    { hint: `Name one of the requests as pool.work in ${file}.` },
  )
}

/** The observer sends to the entry service straight, so that `atOnce` requests are under way until it is stopped. */
export function keepBusy(request: HttpRequest, atOnce: number, ctx: FaultContext): PoolWork {
  const stopping = new AbortController()
  const { entry } = ctx.stack.descriptor
  const args = {
    target: { host: entry.service, port: entry.port },
    method: request.method,
    path: request.path,
    headers: fillRecord(request.headers, ctx.stack.variables),
    body: request.body === null ? null : JSON.stringify(request.body),
    timeoutMs: REQUEST_LIMIT_MS,
    maxBytes: MOST_BYTES,
  }
  const lane = async (): Promise<void> => {
    while (!isAborted(stopping.signal)) {
      const { status, error } = await ctx.observer.call('fetch', args, stopping.signal)
      if (error !== null || status === null || status >= 400) await ctx.clock.sleep(PAUSE_MS, stopping.signal)
    }
  }
  for (let index = 0; index < atOnce; index += 1) {
    lane().catch((error: unknown) => {
      if (isAborted(stopping.signal) || isChaosError(error, 'ABORTED')) return
      ctx.log.log('warn', `the work that keeps the pool busy stopped: ${describeError(error, 300)}`)
    })
  }
  return {
    stop: () => {
      stopping.abort(new ChaosError('ABORTED', 'the pool need not be busy any more'))
    },
  }
}
