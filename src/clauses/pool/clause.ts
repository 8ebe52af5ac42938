import { msBetween } from '../../core/time/moment.ts'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import type { ClauseContext, Hit } from '../../kinds/context.ts'
import type { PoolPort } from '../../ports/stack.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { faultIsOver, firstHits, windowEndMs } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { isPoolSettled, judgePool, poolText, type PoolReading, type PoolSeen } from './judge.ts'
import { poolSpec, type PoolSpec } from './spec.ts'

const READ_EVERY_MS = 100
const READ_LIMIT_MS = 4_000
/** After the last limit has passed, for a reading that shows that it has. */
const MARGIN_MS = 1_000
/** A window of hours is read less often. */
const MOST_READINGS = 20_000

/** What the system itself lists of its pool, from the beginning of the fault on, or after it. */
export const poolClause = defineClause({
  key: 'pool',
  schema: poolSpec,
  text: poolText,
  lacks: ({ pool }) => (pool === null ? 'needs a pool, and none is declared' : null),
  afterWindowMs: (spec) => longestSeconds(spec) * 1_000 + MARGIN_MS,
  steady(spec, ctx) {
    poolOf(ctx)
    return Promise.resolve({
      async begin(beginCtx) {
        const before = await readable(beginCtx)
        return { observe: async (observeCtx) => judgePool(spec, await watch(spec, observeCtx, before)) }
      },
    })
  },
})

/** The listing just before the fault; null when it cannot be read. */
async function readable(ctx: ClauseContext): Promise<PoolReading | null> {
  try {
    return await read(poolOf(ctx), ctx, ctx.signal)
  } catch (error) {
    if (!isChaosError(error, 'POOL_UNREADABLE')) throw error
    return null
  }
}

async function watch(spec: PoolSpec, ctx: ClauseContext, before: PoolReading | null): Promise<PoolSeen> {
  const pool = poolOf(ctx)
  const afterFault = faultIsOver(ctx)
  const startMs = afterFault ? ctx.clock.nowMs() : ctx.window().startedMs
  const endMs = windowEndMs(ctx)
  const readings: PoolReading[] = [before].filter((reading) => reading !== null)
  const seen = (problem: string | null): PoolSeen => ({ readings, hits: poolHits(ctx), startMs, afterFault, problem })
  const limitMs = Math.max(0, msBetween(ctx.clock.nowMs(), endMs)) + longestSeconds(spec) * 1_000 + MARGIN_MS
  const looked = await lookUntil(
    'the listing of the pool',
    async (signal) => {
      const reading = await read(pool, ctx, signal)
      readings.push(reading)
      return reading
    },
    ({ atMs }) => atMs >= endMs && isPoolSettled(spec, seen(null), atMs),
    {
      everyMs: Math.max(READ_EVERY_MS, limitMs / MOST_READINGS),
      attemptMs: READ_LIMIT_MS,
      limitMs,
      signal: ctx.signal,
      clock: ctx.clock,
    },
  )
  return seen(looked.problem)
}

/** @throws CAPABILITY_MISSING for a stack that lists no pool. */
function poolOf(ctx: ClauseContext): PoolPort {
  const pool = ctx.stack.pool(ctx.observer)
  if (pool !== null) return pool
  throw new ChaosError('CAPABILITY_MISSING', `the stack '${ctx.stack.descriptor.name}' declares no pool to look at`)
}

async function read(pool: PoolPort, ctx: ClauseContext, signal: AbortSignal): Promise<PoolReading> {
  const members = await pool.members(signal)
  return { atMs: ctx.clock.nowMs(), members }
}

/** First hit of each container of the pool. */
function poolHits(ctx: ClauseContext): Hit[] {
  const { pool } = ctx.stack.descriptor
  return firstHits(ctx.hits().filter((hit) => hit.member !== null || pool?.services.includes(hit.service) === true))
}

function longestSeconds(spec: PoolSpec): number {
  const { hit_removed_within_seconds: removed = 0, hit_failed_within_seconds: failed = 0, ready } = spec
  return Math.max(removed, failed, ready?.within_seconds ?? 0)
}
