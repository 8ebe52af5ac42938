import { later, latest, msBetween, type Wall } from '../../core/time/moment.ts'
import type { Observation } from '../../kinds/clause.ts'
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { ChaosError } from '../../core/errors.ts'
import type { HeldLoad } from '../../ports/held-load.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { faultBeganWallMs, plannedEnd, windowEndWallMs } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { judgeAfter, judgeDuring, loadText, type LoadSeen } from './judge.ts'
import { loadSpec, type LoadSpec } from './spec.ts'

/** Of the time before the fault, to compare with. */
const BEFORE_MS = 5_000
/** Its seconds are whole a little later than they are over. */
const SETTLE_LIMIT_MS = 8_000
/** One good second is no recovery. */
const GOOD_FOR_MS = 3_000
const LOOK_EVERY_MS = 200

/** The requests of the load that holds meanwhile: how they fared in the fault's window, and how soon all is as it should be. */
export const loadClause = defineClause({
  key: 'load',
  schema: loadSpec,
  text: loadText,
  wrongPhase({ error_rate: rate, p95_ms: p95, kept_again_within_seconds: again }, phase) {
    const misplaced = phase === 'after' ? rate !== undefined || p95 !== undefined : again !== undefined
    return misplaced ? 'kept_again_within_seconds is for "after", error_rate and p95_ms are for "during"' : null
  },
  afterWindowMs: ({ kept_again_within_seconds: within }) =>
    SETTLE_LIMIT_MS + (within === undefined ? CANARY_DEADLINE_MS : within * 1_000 + GOOD_FOR_MS),
  steady(spec, ctx) {
    const load = requireLoad(ctx)
    return Promise.resolve({ observe: (observeCtx) => observe(spec, load, observeCtx) })
  },
})

async function observe(spec: LoadSpec, load: HeldLoad, ctx: ClauseContext): Promise<Observation> {
  await plannedEnd(ctx)
  const within = spec.kept_again_within_seconds
  const endedWallMs = ctx.faultEndedAtWallMs
  if (endedWallMs === null || within === undefined) return judgeDuring(spec, await windowSeen(load, ctx))
  const limitMs = within * 1_000 + GOOD_FOR_MS + SETTLE_LIMIT_MS
  await lookUntil(
    `the load ${load.id} within its limits again`,
    () => load.goodSinceWallMs(endedWallMs),
    (sinceMs) => sinceMs !== null && msBetween(sinceMs, load.wholeUntilWallMs()) >= GOOD_FOR_MS,
    { everyMs: LOOK_EVERY_MS, attemptMs: 1_000, limitMs, signal: ctx.signal, clock: ctx.clock },
  )
  const sinceMs = await load.goodSinceWallMs(endedWallMs)
  return judgeAfter(within, sinceMs === null ? null : msBetween(endedWallMs, sinceMs), load.limits)
}

/**
 * Up to the planned end, and until as many requests have ended as there are users: k6 tells of a request at its end, and
 * those that are the first to have an answer under a fault are the lucky ones. The fault is held meanwhile.
 */
async function windowSeen(load: HeldLoad, ctx: ClauseContext): Promise<LoadSeen> {
  const plannedMs = windowEndWallMs(ctx)
  const fromMs = faultBeganWallMs(ctx)
  const enough = load.users ?? 1
  const isSeen = async (): Promise<boolean> => {
    const wholeMs = load.wholeUntilWallMs()
    return wholeMs >= plannedMs && (await load.figures(fromMs, wholeMs)).requests >= enough
  }
  await lookUntil(`the end of ${enough} requests of ${load.id}`, isSeen, (seen) => seen, {
    everyMs: LOOK_EVERY_MS,
    // The seconds of a long fault are read from a file.
    attemptMs: CANARY_DEADLINE_MS,
    limitMs: CANARY_DEADLINE_MS + SETTLE_LIMIT_MS,
    signal: ctx.signal,
    clock: ctx.clock,
  })
  return seenOf(load, fromMs, latest(plannedMs, load.wholeUntilWallMs()))
}

async function seenOf(load: HeldLoad, fromMs: Wall, toMs: Wall): Promise<LoadSeen> {
  const [before, during] = [await load.figures(later(fromMs, -BEFORE_MS), fromMs), await load.figures(fromMs, toMs)]
  return { users: load.users, before, during }
}

/** @throws CAPABILITY_MISSING in a run without a load. */
function requireLoad({ load }: ClauseContext): HeldLoad {
  if (load !== null) return load
  throw new ChaosError('CAPABILITY_MISSING', 'a clause speaks of the load that holds meanwhile, and this run has none', {
    hint: 'Name a load pattern with --under-load.',
  })
}
