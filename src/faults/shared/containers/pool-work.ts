/** Requests that take long, sent to the stack all the time, so that a member of the pool can be met while it works. */
import { ChaosError } from '../../../core/errors.ts'
import type { PoolSpec } from '../../../core/descriptor.ts'
import { httpOf, type OnceRequest } from '../../../core/request.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { onceToSendNow } from '../access.ts'
import { startUpkeep, type Upkeep } from './upkeep.ts'

const REQUEST_LIMIT_MS = 15_000
/** Nobody reads the answers. */
const MOST_BYTES = 16 * 1_024
/** Between a request that came back badly and the next: a stack that refuses is not to be flooded. */
const PAUSE_MS = 100

/** As messages call it. */
export const WORK = 'the work that keeps the pool busy'

/** @throws CAPABILITY_MISSING when the descriptor names no request that takes long, or one of another protocol than HTTP. */
export function workRequest({ work }: PoolSpec, ctx: FaultContext): () => OnceRequest {
  const { requests, file } = ctx.stack.descriptor
  const request = work !== null && Object.hasOwn(requests, work) ? requests[work] : undefined
  if (work !== null && request !== undefined) {
    const plain = httpOf(work, request, 'work that keeps a pool busy')
    return request.httpOnce ?? (() => ({ request: plain, job: null }))
  }
  throw new ChaosError(
    'CAPABILITY_MISSING',
    'a crash during inference needs a request that keeps a member busy, and the pool names none',
    { hint: `Name one of the requests as pool.work in ${file}.` },
  )
}

/**
 * The observer sends to the entry service straight, so that `atOnce` requests are under way until it is stopped. What is under
 * way then goes on in the stack.
 */
export function keepBusy(next: () => OnceRequest, atOnce: number, ctx: FaultContext): Upkeep[] {
  const { entry } = ctx.stack.descriptor
  const target = { host: entry.service, port: entry.port }
  const limits = { timeoutMs: REQUEST_LIMIT_MS, maxBytes: MOST_BYTES }
  const options = { what: WORK, everyMs: 0, stepLimitMs: 2 * REQUEST_LIMIT_MS, clock: ctx.clock }
  const lane = (): Upkeep =>
    startUpkeep(options, async (signal) => {
      const args = { target, ...onceToSendNow(next(), ctx), ...limits }
      const { status, error } = await ctx.observer.call('fetch', args, signal)
      if (error !== null || status === null || status >= 400) await ctx.clock.sleep(PAUSE_MS, signal)
      return true
    })
  return Array.from({ length: atOnce }, lane)
}
