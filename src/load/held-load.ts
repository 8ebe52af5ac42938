/** A load pattern that is started, holds while scenarios run, and is ended and judged when they are over. */
import { describeError, explainError } from '../core/errors.ts'
import type { HeldLoad, StretchFigures } from '../core/held-load.ts'
import type { K6End, K6Run } from '../core/k6.ts'
import type { LoadPattern } from '../core/load.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { ScratchFile } from '../core/ports.ts'
import { isAborted, waitUntil } from '../core/wait.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { HeldFigures } from './held-figures.ts'
import { heldCurve, RAMP_MS } from './held-curve.ts'
import { judgeHeld } from './judge-held.ts'
import type { CalmStretch } from './judge-held.ts'
import { keepSeries } from './keep-series.ts'
import type { LoadDeps, LoadOptions } from './load-deps.ts'
import { brokenResult, judgedResult } from './load-result.ts'
import type { PatternFacts } from './load-result.ts'
import { measuredJson } from './measured-schema.ts'
import { modelOf, preparePattern, recordedFor, type Prepared } from './prepare-pattern.ts'
import { SeriesRecording } from './series/series-recording.ts'
import type { LoadPlan } from './stages.ts'
import { windowLimits } from './window-limits.ts'

/** Until its users are there, k6's own start included. */
const TARGET_LIMIT_MS = RAMP_MS + 60_000
/** Judged before the first fault comes: enough of any pattern's samples for its percentiles. */
const CALM_FIRST_MS = 10_000
const GRACE_MS = 30_000
const LOG_LENGTH = 500

/** What a run takes longer for it. */
export const HELD_OVERHEAD_MS = RAMP_MS + CALM_FIRST_MS + 6_000

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
  const startedWallMs = deps.clock.wallMs()
  const version = await deps.k6.version(signal)
  const prepared = await preparePattern(deps, options, pattern, version, signal)
  const { script, scaled } = prepared
  // Where the profile scales, its scenarios take the place of whatever way the script says its users in.
  const users = Object.keys(scaled.options).length === 0 ? script : scaled.options
  const { options: curve, plan } = heldCurve(users, scaled.gateTarget, longestMs)
  const id = `${pattern.id}-held`
  const file = await deps.scratch(id)
  const run = await deps.k6.start(
    {
      name: `chaos-${deps.runId}-k6-${id.toLowerCase()}`,
      file: pattern.script,
      ...{ environment: prepared.environment, options: curve, segment: null },
      folder: await deps.folderFor(id),
      limitMs: longestMs + RAMP_MS + GRACE_MS,
    },
    signal,
  )
  const held = new Held({ deps, options, pattern, prepared, plan, run, file, startedWallMs, version: version.text, signal })
  try {
    await held.atTarget()
    return held
  } catch (error) {
    await held.abandon()
    throw error
  }
}

interface HeldParts {
  readonly deps: LoadDeps
  readonly options: LoadOptions
  readonly pattern: LoadPattern
  readonly prepared: Prepared
  readonly plan: LoadPlan
  readonly run: K6Run
  readonly file: ScratchFile
  readonly startedWallMs: number
  readonly version: string
  readonly signal: AbortSignal
}

class Held implements RunningHeldLoad {
  readonly id: string
  readonly users: number | null
  readonly limits: HeldLoad['limits']
  private readonly parts: HeldParts
  private readonly recording: SeriesRecording
  private readonly recorded: Promise<void>
  private readonly watch: GeneratorWatch
  private readonly watching = new AbortController()
  private trouble: string | null = null
  private isEnding = false
  private heldSinceWallMs = Number.NaN
  private readonly met: HeldFigures

  constructor(parts: HeldParts) {
    this.parts = parts
    this.id = parts.pattern.id
    this.users = parts.plan.unit === 'users' ? parts.plan.peakTarget : null
    const { thresholds } = parts.prepared.card
    this.limits = windowLimits(thresholds)
    this.recording = new SeriesRecording({ ...recordedFor(thresholds), claim: null }, parts.file)
    this.met = new HeldFigures(this.recording, this.limits)
    this.recorded = this.record()
    const { deps, run, signal } = parts
    this.watch = new GeneratorWatch({
      ...{ clock: deps.clock, run, machine: deps.machine },
      signal: AbortSignal.any([signal, this.watching.signal]),
    })
  }

  /** The first stretch of the hold is free of faults, so that there is something to judge and to compare with. */
  async atTarget(): Promise<void> {
    const { deps, plan, signal } = this.parts
    const options = { everyMs: 100, attemptMs: 1_000, limitMs: TARGET_LIMIT_MS, signal, clock: deps.clock }
    const read = (): Promise<number> => {
      if (this.trouble !== null) throw new Error(this.trouble)
      return Promise.resolve(plan.unit === 'users' ? (this.recording.live().users ?? 0) : this.recordedMs())
    }
    const enough = plan.unit === 'users' ? plan.peakTarget : RAMP_MS
    await waitUntil(`the users of ${this.id}`, read, (seen) => seen >= enough, options)
    this.heldSinceWallMs = deps.clock.wallMs()
    const calm = `${String(CALM_FIRST_MS / 1_000)} s of ${this.id} before the first fault`
    await waitUntil(
      calm,
      () => Promise.resolve(deps.clock.wallMs()),
      (nowMs) => nowMs >= this.heldSinceWallMs + CALM_FIRST_MS,
      {
        ...options,
        limitMs: CALM_FIRST_MS * 2,
      },
    )
  }

  wholeUntilWallMs(): number {
    return this.met.wholeUntilWallMs()
  }

  figures(fromWallMs: number, toWallMs: number): Promise<StretchFigures> {
    return this.met.figures(fromWallMs, toWallMs)
  }

  goodSinceWallMs(fromWallMs: number): Promise<number | null> {
    return this.met.goodSinceWallMs(fromWallMs)
  }

  /** Nothing of it runs on, and nothing is kept. */
  async abandon(): Promise<void> {
    this.isEnding = true
    this.parts.run.stop()
    await Promise.allSettled([this.parts.run.ended, this.recorded])
    this.watching.abort()
    await this.parts.file.remove()
  }

  problem(): string | null {
    return this.trouble === null ? null : `the load ${this.id} did not hold: ${this.trouble}`
  }

  async end(calm: readonly CalmStretch[]): Promise<LoadResult> {
    const { run, signal, file, options } = this.parts
    this.isEnding = true
    run.stop()
    const [end] = await Promise.all([run.ended, this.recorded])
    this.watching.abort()
    const facts = { ...this.facts(end), logs: await this.keptLog(end) }
    try {
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
    const { deps, prepared, plan, startedWallMs, version, signal } = this.parts
    const series = await this.recording.finish(end.summary)
    const firstWallMs = series.head.startWallMs
    const { looks, cores } = this.watch.result(deps.clock.nowMs() - (deps.clock.wallMs() - firstWallMs))
    const generators = [{ k6: { ...end, log: end.log.trim().slice(-LOG_LENGTH) }, looks, cores }]
    const measured = {
      ...prepared.card,
      ...{ plan, startedWallMs, durationMs: facts.durationMs, generators, completion: null },
    }
    const stretches = calm.map(({ fromWallMs, toWallMs }) => ({
      fromMs: Math.max(fromWallMs, this.heldSinceWallMs) - firstWallMs,
      toMs: toWallMs - firstWallMs,
    }))
    const { id } = facts.pattern
    const { fingerprint } = prepared
    const { thresholds } = measured
    const { file, judge } = await keepSeries(
      deps.artifacts,
      id,
      { series, facts: { patternId: id, k6Version: version, segment: null, fingerprint, more: measuredJson(measured) } },
      (passing) => judgeHeld({ thresholds, series: passing, generators, stretches, plan }),
      signal,
    )
    const judgement = judge()
    const notes = [...judgement.notes, ...prepared.scaled.notes]
    return judgedResult({ ...facts, series: { file } }, { ...judgement, notes })
  }

  private facts({ exitCode }: K6End): PatternFacts {
    const { deps, options, pattern, startedWallMs, version } = this.parts
    return {
      pattern: { ...pattern, id: `${pattern.id}-held`, name: `${pattern.name}, held under faults` },
      ...{ startedWallMs, durationMs: deps.clock.wallMs() - startedWallMs, model: modelOf(options, pattern) },
      ...{ k6: { version, runsIn: deps.k6.kind, exitCode }, series: null, logs: [] },
      repeatCommand: options.repeatCommand(pattern.id),
    }
  }

  /** What k6 said explains most of what goes wrong with it. */
  private async keptLog({ log }: K6End): Promise<LoadResult['logs']> {
    if (log.trim() === '') return []
    const { deps, pattern } = this.parts
    return [{ service: 'k6', file: await deps.artifacts.write(`load/${pattern.id}-held/k6.log`, log) }]
  }

  private recordedMs(): number {
    return (this.recording.wholeSeconds ?? 0) * 1_000
  }

  /** Reads all that k6 writes: it waits for its reader. Its end before we ask for it is trouble. */
  private async record(): Promise<void> {
    const { run } = this.parts
    try {
      for await (const chunk of run.samples) await this.recording.push(chunk)
      const { exitCode } = await run.ended
      if (!this.isEnding) this.trouble ??= `k6 ended by itself with ${String(exitCode)}`
    } catch (error) {
      this.trouble ??= describeError(error, 500)
      run.stop()
    }
  }
}
