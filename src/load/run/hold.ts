/** A load pattern that is started, holds while scenarios run, and is ended and judged when they are over. */
import { instantOf } from '../../core/time/clock.ts'
import { later, latest, msBetween, type Instant, type Mono, type Wall } from '../../core/time/moment.ts'
import { describeError, explainError } from '../../core/errors.ts'
import type { HeldLoad } from '../../ports/held-load.ts'
import type { K6End } from '../../ports/k6.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { ScratchFile } from '../../ports/files.ts'
import { isAborted, waitUntil } from '../../core/time/wait.ts'
import type { LoadDeps, LoadOptions } from '../deps.ts'
import { judgeMeasured } from '../judge/measured.ts'
import { brokenResult, judgedResult, type PatternFacts } from '../judge/result.ts'
import { windowLimits } from '../judge/window-limits.ts'
import type { PatternCard } from '../plan/card.ts'
import { heldCurve, RAMP_MS } from '../plan/held-curve.ts'
import { modelOf, preparePattern } from '../plan/prepare.ts'
import { Generation } from './generation.ts'
import { HeldFigures } from './held-figures.ts'

/** Until its users are there, k6's own start included. */
const TARGET_LIMIT_MS = RAMP_MS + 60_000
/** Judged before the first fault comes: enough of any pattern's samples for its percentiles. */
const CALM_FIRST_MS = 10_000
const GRACE_MS = 30_000

/** How much longer a run takes for it, ms. */
export const HELD_OVERHEAD_MS = RAMP_MS + CALM_FIRST_MS + 6_000

/** A stretch without a fault, wall clock, ms since the epoch. */
export interface CalmStretch {
  readonly fromWallMs: Wall
  readonly toWallMs: Wall
}

export interface RunningHeldLoad extends HeldLoad {
  /** Ends k6 and judges the calm stretches, times of the wall clock. Never throws. */
  end(calm: readonly CalmStretch[]): Promise<LoadResult>
}

/**
 * Resolves when the users are there and have been for a while. @throws when they never are; nothing of it runs on then.
 * `longestMs`: it ends by itself after that.
 */
export async function holdLoad(
  deps: LoadDeps,
  options: LoadOptions,
  pattern: LoadPattern,
  longestMs: number,
  signal: AbortSignal,
): Promise<RunningHeldLoad> {
  const started = instantOf(deps.clock)
  const version = await deps.k6.version(signal)
  const found = await preparePattern(deps, options, pattern, version, signal)
  // Where the profile scales, its scenarios take the place of whatever way the script says its users in.
  const users = Object.keys(found.scaled.options).length === 0 ? found.script : found.scaled.options
  const { options: curve, plan } = heldCurve(users, found.scaled.gateTarget, longestMs)
  const prepared = { ...found, card: { ...found.card, plan } }
  const id = `${pattern.id}-held`
  const file = await deps.scratch(id)
  let generation: Generation | null = null
  try {
    const common = { id, script: pattern.script, segment: null, claim: null, follow: null }
    const limitMs = longestMs + RAMP_MS + GRACE_MS
    generation = await Generation.start(deps, { ...common, prepared, options: curve, limitMs }, file, signal)
    const held = new Held({ deps, options, pattern, card: prepared.card, generation, file, started, signal })
    await held.atTarget()
    return held
  } catch (error) {
    await Promise.allSettled([generation?.end()])
    await file.remove()
    throw error
  }
}

interface HeldParts {
  readonly deps: LoadDeps
  readonly options: LoadOptions
  readonly pattern: LoadPattern
  /** Its plan is that of the hold. */
  readonly card: PatternCard
  readonly generation: Generation
  readonly file: ScratchFile
  readonly started: Instant
  readonly signal: AbortSignal
}

class Held extends HeldFigures implements RunningHeldLoad {
  readonly id: string
  readonly users: number | null
  private readonly parts: HeldParts
  private trouble: string | null = null
  private isEnding = false
  private heldSinceWallMs: Wall

  constructor(parts: HeldParts) {
    const { pattern, card, generation } = parts
    super(generation.recording, windowLimits(card.thresholds))
    this.parts = parts
    this.heldSinceWallMs = parts.started.atWallMs
    this.id = pattern.id
    this.users = card.plan.unit === 'users' ? card.plan.peakTarget : null
    generation.recorded.then(
      ({ exitCode }) => {
        // Its end before we ask for it is trouble.
        if (!this.isEnding) this.trouble ??= `k6 ended by itself with ${exitCode}`
      },
      (error: unknown) => {
        this.trouble ??= describeError(error, 500)
      },
    )
  }

  /** The first stretch of the hold is free of faults, so that there is something to judge and to compare with. */
  async atTarget(): Promise<void> {
    const { deps, generation, card, signal } = this.parts
    const { unit, peakTarget } = card.plan
    const { recording } = generation
    const options = { everyMs: 100, attemptMs: 1_000, limitMs: TARGET_LIMIT_MS, signal, clock: deps.clock }
    const read = (): Promise<number> => {
      if (this.trouble !== null) throw new Error(this.trouble)
      return Promise.resolve(unit === 'users' ? (recording.live().users ?? 0) : (recording.wholeSeconds ?? 0) * 1_000)
    }
    const enough = unit === 'users' ? peakTarget : RAMP_MS
    await waitUntil(`the users of ${this.id}`, read, (seen) => seen >= enough, options)
    this.heldSinceWallMs = deps.clock.wallMs()
    const calm = `${CALM_FIRST_MS / 1_000} s of ${this.id} before the first fault`
    const untilMs = later(deps.clock.nowMs(), CALM_FIRST_MS)
    const now = (): Promise<Mono> => Promise.resolve(deps.clock.nowMs())
    await waitUntil(calm, now, (nowMs) => nowMs >= untilMs, { ...options, limitMs: CALM_FIRST_MS * 2 })
  }

  problem(): string | null {
    return this.trouble === null ? null : `the load ${this.id} did not hold: ${this.trouble}`
  }

  async end(calm: readonly CalmStretch[]): Promise<LoadResult> {
    const { generation, signal, file, options } = this.parts
    let facts = this.facts(null)
    try {
      this.isEnding = true
      const end = await generation.end()
      facts = this.facts(end)
      facts = { ...facts, logs: await generation.keptTexts(end) }
      if (isAborted(signal)) return brokenResult(facts, { errors: [`interrupted: ${describeError(signal.reason)}`] })
      const problem = this.problem()
      if (problem !== null) return brokenResult(facts, { errors: [problem] })
      if (options.isRehearsal)
        return brokenResult(facts, { doubts: ['nothing was injected (--no-inject): a rehearsal cannot pass'] })
      return await this.judged(facts, end, calm)
    } catch (error) {
      return brokenResult(facts, { errors: [explainError(error)] })
    } finally {
      await file.remove()
    }
  }

  private async judged(facts: PatternFacts, end: K6End, calm: readonly CalmStretch[]): Promise<LoadResult> {
    const { generation, started, signal } = this.parts
    const generated = await generation.generated(end)
    const firstWallMs = generated.startWallMs
    const stretches = calm.map(({ fromWallMs, toWallMs }) => ({
      fromMs: msBetween(firstWallMs, latest(fromWallMs, this.heldSinceWallMs)),
      toMs: msBetween(firstWallMs, toWallMs),
    }))
    const { file, judge } = await generated.keep(
      { startedWallMs: started.atWallMs, durationMs: facts.durationMs, completion: null },
      (series, measured) => judgeMeasured(series, measured, stretches),
      signal,
    )
    return judgedResult({ ...facts, series: { file } }, judge())
  }

  /** `end`: null when nobody knows how k6 ended. */
  private facts(end: K6End | null): PatternFacts {
    const { deps, options, pattern, card, started } = this.parts
    return {
      pattern: { ...pattern, id: `${pattern.id}-held`, name: `${pattern.name}, held under faults` },
      ...{ startedWallMs: started.atWallMs, durationMs: msBetween(started.atMs, deps.clock.nowMs()) },
      model: modelOf(options, pattern),
      ...{ k6: { ...card.k6, exitCode: end?.exitCode ?? null }, series: null, logs: [] },
      repeatCommand: options.repeatCommand(pattern.id),
    }
  }
}
