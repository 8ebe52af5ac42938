import { ChaosError } from '../core/errors.ts'
import type { LoadExpectation } from '../core/expectations.ts'
import type { HeldLoad } from '../core/held-load.ts'
import type { Probe, ProbeContext } from '../core/ports.ts'
import { faultBeganWallMs, faultIsOver, plannedEnd } from './fault-phase.ts'
import { judgeAfter, judgeDuring, loadText } from './held-load-judgement.ts'
import type { LoadSeen } from './held-load-judgement.ts'
import { lookUntil } from './look-until.ts'

/** Of the time before the fault, to compare with. */
const BEFORE_MS = 5_000
/** Its seconds are whole a little later than they are over. */
const SETTLE_LIMIT_MS = 8_000
/** One good second is no recovery. */
const GOOD_FOR_MS = 3_000
const LOOK_EVERY_MS = 200

/** The requests of the load that holds meanwhile: how they fared in the fault's window, and how soon all is as it should be. */
export const heldLoadExpectation: Probe<LoadExpectation> = {
  kind: 'load',
  text: loadText,
  afterWindowMs: (spec) => (spec.kept_again_within_seconds ?? 0) * 1_000 + GOOD_FOR_MS + SETTLE_LIMIT_MS,
  baseline(_spec, ctx) {
    requireLoad(ctx)
    return Promise.resolve(null)
  },
  async observe(spec, _baseline, ctx) {
    const load = requireLoad(ctx)
    if (!faultIsOver(ctx)) await plannedEnd(ctx)
    const within = spec.kept_again_within_seconds
    const endedWallMs = ctx.faultEndedAtWallMs
    if (endedWallMs === null || within === undefined) return judgeDuring(spec, await windowSeen(load, ctx))
    const limitMs = within * 1_000 + GOOD_FOR_MS + SETTLE_LIMIT_MS
    await lookUntil(
      `the load ${load.id} within its limits again`,
      () => Promise.resolve(load.goodSinceWallMs(endedWallMs)),
      (sinceMs) => sinceMs !== null && load.wholeUntilWallMs() - sinceMs >= GOOD_FOR_MS,
      { everyMs: LOOK_EVERY_MS, attemptMs: 1_000, limitMs, signal: ctx.signal, clock: ctx.clock },
    )
    const sinceMs = load.goodSinceWallMs(endedWallMs)
    const seen = { ...seenOf(load, ctx), keptAfterMs: sinceMs === null ? null : sinceMs - endedWallMs }
    return judgeAfter(within, seen)
  },
}

async function windowSeen(load: HeldLoad, ctx: ProbeContext): Promise<LoadSeen> {
  const { toWallMs } = stretchOf(ctx)
  await lookUntil(
    `the samples of ${load.id} up to the end of the window`,
    () => Promise.resolve(load.wholeUntilWallMs()),
    (wholeMs) => wholeMs >= toWallMs,
    { everyMs: LOOK_EVERY_MS, attemptMs: 1_000, limitMs: SETTLE_LIMIT_MS, signal: ctx.signal, clock: ctx.clock },
  )
  return seenOf(load, ctx)
}

function seenOf(load: HeldLoad, ctx: ProbeContext): LoadSeen {
  const { fromWallMs, toWallMs } = stretchOf(ctx)
  const { id, limits } = load
  const [before, during] = [load.figures(fromWallMs - BEFORE_MS, fromWallMs), load.figures(fromWallMs, toWallMs)]
  return { id, before, during, keptAfterMs: null, limits }
}

function stretchOf(ctx: ProbeContext): { fromWallMs: number; toWallMs: number } {
  return { fromWallMs: faultBeganWallMs(ctx), toWallMs: ctx.injectedAtWallMs + ctx.window().plannedMs }
}

/** @throws CAPABILITY_MISSING in a run without a load. */
function requireLoad({ load }: ProbeContext): HeldLoad {
  if (load !== null) return load
  throw new ChaosError('CAPABILITY_MISSING', 'a clause speaks of the load that holds meanwhile, and this run has none', {
    hint: 'Name a load pattern with --under-load.',
  })
}
