import { earliest, later, msBetween } from '../../core/time/moment.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { plannedEnd, windowEndMs } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { namedRequest } from '../shared/requests.ts'
import { judgeWorkload, workloadText } from './judge.ts'
import { DEADLINE_MARGIN_MS, limitsOf, WorkloadLanes } from './lanes.ts'
import { workloadSpec, type WorkloadSpec } from './spec.ts'

const LOOK_EVERY_MS = 20
/** For the outcome of a request that has just met its deadline. */
const SETTLE_MS = 2_000
const REACH_LIMIT_MS = 2_000
/** Of an answer of which nothing has come, a fault destroys nothing: anybody can make it anew. So some of it has to come first. */
const PROGRESS_MS = 200
/** Answers that take longer are spread over this much of their time: the scenario waits for the last of them to begin. */
const MOST_SPREAD_MS = 1_000

/** Requests that are under way when the fault comes and all through its window, judged when the last of them has ended. */
export const workloadClause = defineClause({
  key: 'workload',
  schema: workloadSpec,
  text: workloadText,
  afterWindowMs: (spec) => endLimitMs(spec),
  async steady(spec, ctx) {
    const spreadMs = await answerMs(spec, ctx)
    return {
      async begin(beginCtx) {
        const lanes = await begin(spec, spreadMs, beginCtx)
        return {
          observe: (observeCtx) => observe(spec, lanes, observeCtx),
          stop: () => {
            lanes.stop()
          },
        }
      },
    }
  },
})

async function begin(spec: WorkloadSpec, spreadMs: number, ctx: ClauseContext): Promise<WorkloadLanes> {
  const request = namedRequest(spec.name, ctx)
  let endsMs = ctx.clock.nowMs()
  const start = (): WorkloadLanes => {
    endsMs = later(ctx.clock.nowMs(), spreadMs)
    return new WorkloadLanes(spec, request, spreadMs, ctx)
  }
  const lanes = await reachedPool(spec, start, ctx)
  await ctx.clock.sleep(Math.max(0, msBetween(ctx.clock.nowMs(), endsMs)) + PROGRESS_MS, ctx.signal)
  return lanes
}

async function observe(spec: WorkloadSpec, lanes: WorkloadLanes, ctx: ClauseContext): Promise<Observation> {
  // It sends nothing after that.
  await plannedEnd(ctx)
  await lookUntil(
    `the end of all requests ${spec.name}`,
    () => Promise.resolve(lanes.unendedMs.length),
    (unended) => unended === 0,
    { everyMs: LOOK_EVERY_MS, attemptMs: 1_000, limitMs: endLimitMs(spec), signal: ctx.signal, clock: ctx.clock },
  )
  const { records, unendedMs, exhausted } = lanes
  // Where the fault told what it hit, the moment of that; else inject has just returned.
  const faultMs = earliest(ctx.window().startedMs, ...ctx.hits().map((hit) => hit.atMs))
  return judgeWorkload(spec, { records, unendedMs, exhausted, faultMs, windowEndMs: windowEndMs(ctx) })
}

/** How long one request takes in the steady state, ms, as far as it is of interest; whether its answer is good is not asked here, and it is not waited for to the end. */
async function answerMs(spec: WorkloadSpec, ctx: ClauseContext): Promise<number> {
  const request = namedRequest(spec.name, ctx)
  const startedMs = ctx.clock.nowMs()
  const ended = ctx.request(request, limitsOf(spec)).then(
    () => undefined,
    // What could not be sent then cannot be sent later either, which is told.
    () => undefined,
  )
  await Promise.race([ended, ctx.clock.sleep(MOST_SPREAD_MS, ctx.signal)])
  return Math.min(MOST_SPREAD_MS, msBetween(startedMs, ctx.clock.nowMs()))
}

/**
 * A fault that comes before the requests have reached a member meets none of them. A system that has its members do less
 * at once keeps the rest waiting, and one whose pool does not answer now will be judged all the same: so this is worth a
 * short wait, and no condition.
 */
async function reachedPool(spec: WorkloadSpec, start: () => WorkloadLanes, ctx: ClauseContext): Promise<WorkloadLanes> {
  const pool = ctx.stack.pool(ctx.observer)
  if (pool === null) return start()
  const inFlight = async (signal: AbortSignal): Promise<number> =>
    (await pool.members(signal)).reduce((sum, member) => sum + member.inFlight, 0)
  const options = { everyMs: LOOK_EVERY_MS, attemptMs: 1_000, limitMs: REACH_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  const before = await lookUntil('what the members of the pool work on', inFlight, () => true, options)
  const work = start()
  if (before.last === null) {
    ctx.log.log('warn', `whether requests ${spec.name} have reached the pool is not known: ${String(before.problem)}`)
    return work
  }
  // Not all of them: what the pool had to do before, the canary's requests among it, may have ended meanwhile.
  const enough = before.last + Math.ceil(spec.in_flight / 2)
  await lookUntil(`${spec.in_flight} requests ${spec.name} at the pool`, inFlight, (now) => now >= enough, options)
  return work
}

/** For the last request, sent at the very end of the window. */
function endLimitMs(spec: WorkloadSpec): number {
  return spec.within_ms + DEADLINE_MARGIN_MS + SETTLE_MS
}
