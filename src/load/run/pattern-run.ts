/** One load pattern, measured and judged; or one segment of it, measured for a merge to judge. */
import { instantOf } from '../../core/time/clock.ts'
import { msBetween, type Instant, type Mono } from '../../core/time/moment.ts'
import { ChaosError, describeError, explainError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { K6End } from '../../ports/k6.ts'
import type { K6Segment } from '../../core/segment.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { ScratchFile } from '../../ports/files.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { LoadDeps, LoadOptions } from '../deps.ts'
import type { CompletionFacts, LoadJudgement } from '../judge/judgement.ts'
import { k6EndText, k6Exit } from '../judge/k6-exit.ts'
import { judgeMeasured } from '../judge/measured.ts'
import { brokenResult, judgedResult, type PatternFacts } from '../judge/result.ts'
import { k6DurationMs } from '../plan/k6-duration.ts'
import { modelOf, preparePattern, type Prepared } from '../plan/prepare.ts'
import type { Later } from '../series/questions.ts'
import type { SeriesRecording } from '../series/recording.ts'
import { CompletionReader } from './completion-reader.ts'
import { Generation, type Generated, type GenerationPlan } from './generation.ts'

/** Beyond its stages: setup(), iterations that are under way at the end (60 s at most each), teardown(). */
const GRACE_MS = 120_000
/** Of k6's own, for each of setup() and teardown(), which the grace holds. */
const USUAL_TIMEOUT_MS = 60_000
const LIVE_EVERY_MS = 1_000

/** Never throws: what went wrong is the result. */
export async function runPattern(
  deps: LoadDeps,
  options: LoadOptions,
  pattern: LoadPattern,
  signal: AbortSignal,
): Promise<LoadResult> {
  const measurement = new PatternMeasurement(deps, options, pattern, signal)
  if (options.isRehearsal)
    return brokenResult(measurement.facts(), { doubts: ['no load was generated (--no-inject): a rehearsal cannot pass'] })
  try {
    const judge = await measurement.run()
    return judgedResult(measurement.facts(), judge())
  } catch (error) {
    const why = isAborted(signal) ? `interrupted: ${describeError(signal.reason)}` : explainError(error)
    return brokenResult(measurement.facts(), { errors: [why] })
  }
}

export interface MeasuredPart {
  readonly segment: K6Segment
  /** The path of its series, as `ArtifactPort.writeBytes` gave it. */
  readonly file: string
  readonly requests: number
  readonly errorRate: number
}

/**
 * Measures one generator's part. Limits are for the whole to keep: nothing of it is judged but whether there was a load.
 * @throws LOAD_FAILED when it was none, so that a merge of it would be none either.
 */
export async function runSegment(
  deps: LoadDeps,
  options: LoadOptions & { readonly segment: K6Segment },
  pattern: LoadPattern,
  signal: AbortSignal,
): Promise<MeasuredPart> {
  const measurement = new PatternMeasurement(deps, options, pattern, signal)
  const judge = await measurement.run()
  const { verdict, reasons, figures } = judge()
  if (verdict === 'error') throw new ChaosError('LOAD_FAILED', `${pattern.id}: ${reasons.join('; ')}`)
  const { series } = measurement.facts()
  if (series === null) throw new ChaosError('INTERNAL', `the series of ${pattern.id} got lost`)
  const { requests, errorRate } = figures
  return { segment: options.segment, file: series.file, requests, errorRate }
}

class PatternMeasurement {
  private k6: LoadResult['k6'] = null
  private series: LoadResult['series'] = null
  private logs: LoadResult['logs'] = []
  private started: Instant
  private readonly deps: LoadDeps
  private readonly options: LoadOptions
  private readonly pattern: LoadPattern
  private readonly signal: AbortSignal

  constructor(deps: LoadDeps, options: LoadOptions, pattern: LoadPattern, signal: AbortSignal) {
    this.deps = deps
    this.options = options
    this.pattern = pattern
    this.signal = signal
    this.started = instantOf(deps.clock)
  }

  /** What is known by now, when it ended early, too. */
  facts(): PatternFacts {
    const { options, pattern, k6, series, logs } = this
    return {
      ...{ pattern, ...this.span(), model: modelOf(options, pattern), k6, series, logs },
      repeatCommand: options.repeatCommand(pattern.id),
    }
  }

  private span(): Pick<PatternFacts, 'startedWallMs' | 'durationMs'> {
    const { atMs, atWallMs } = this.started
    return { startedWallMs: atWallMs, durationMs: msBetween(atMs, this.deps.clock.nowMs()) }
  }

  /** @throws when k6 could not be run, or its samples could not be read; how k6 ended is for the judgement. */
  async run(): Promise<Later<LoadJudgement>> {
    const { deps, options, pattern, signal } = this
    const version = await deps.k6.version(signal)
    this.k6 = { version: version.text, runsIn: deps.k6.kind, exitCode: null }
    const prepared = await preparePattern(deps, options, pattern, version, signal)
    const file = await deps.scratch(pattern.id)
    try {
      await this.awaitStart()
      const { generated, completion } = await this.measure(prepared, file)
      const kept = await generated.keep({ ...this.span(), completion }, judgeMeasured, signal)
      this.series = { file: kept.file }
      return kept.judge
    } finally {
      await file.remove()
    }
  }

  /** Generators of one load begin together. @throws BAD_INPUT when the moment has passed. */
  private async awaitStart(): Promise<void> {
    const { deps, options, signal } = this
    if (options.startWallMs === null) return
    const leftMs = msBetween(deps.clock.wallMs(), options.startWallMs)
    if (leftMs < 0) {
      const late = `${Math.ceil(-leftMs / 1_000)} s`
      throw new ChaosError('BAD_INPUT', `the moment to start at passed ${late} ago, and the other generators have begun`, {
        hint: 'Name a later one: each generator must have fetched k6 and read the script by then.',
      })
    }
    await deps.clock.sleep(leftMs, signal)
    this.started = instantOf(deps.clock)
  }

  private async measure(
    prepared: Prepared,
    file: ScratchFile,
  ): Promise<{ generated: Generated; completion: CompletionFacts | null }> {
    const { deps, options, signal } = this
    const guard = await deps.guard(signal)
    const own = AbortSignal.any([signal, guard.signal])
    // The list is of all jobs, and a segment's answers are but a part of them.
    const completed = options.segment === null ? deps.target.completed : null
    let reader: CompletionReader | null = null
    try {
      if (completed !== null) reader = await CompletionReader.start(completed.port, deps.clock, own)
      const generated = await this.generate(this.planOf(prepared, reader), file, own)
      return { generated, completion: (await reader?.finish(own)) ?? null }
    } finally {
      reader?.stop()
      guard.stop()
    }
  }

  /** k6 has ended when this returns or throws. */
  private async generate(plan: GenerationPlan, file: ScratchFile, signal: AbortSignal): Promise<Generated> {
    const generation = await Generation.start(this.deps, plan, file, signal)
    try {
      const end = await generation.recorded
      if (this.k6 !== null) this.k6 = { ...this.k6, exitCode: end.exitCode }
      this.logs = await generation.keptTexts(end)
      signal.throwIfAborted()
      return await generatedOf(generation, end)
    } finally {
      await Promise.allSettled([generation.end()])
    }
  }

  private planOf(prepared: Prepared, reader: CompletionReader | null): GenerationPlan {
    const { deps, options, pattern } = this
    const { options: scaled, plan } = prepared.scaled
    const claim = deps.target.completed?.claim ?? null
    const onId = (id: string): void => reader?.claim(id)
    return {
      ...{ id: pattern.id, script: pattern.script, prepared, options: scaled, segment: options.segment },
      limitMs: plan.durationMs + GRACE_MS + longerTimeoutsMs(prepared.script),
      claim: claim === null || reader === null ? null : { ...claim, onId },
      follow: (recording) => this.liveTeller(plan.durationMs, recording),
    }
  }

  /** Tells the live figures once a second, from the first samples on. */
  private liveTeller(plannedMs: number, recording: SeriesRecording): () => void {
    const { clock, emit } = this.deps
    let beganMs: Mono | null = null
    let toldMs = clock.nowMs()
    return () => {
      const nowMs = clock.nowMs()
      beganMs ??= nowMs
      if (msBetween(toldMs, nowMs) < LIVE_EVERY_MS) return
      toldMs = nowMs
      const leftMs = Math.max(0, plannedMs - msBetween(beganMs, nowMs))
      emit({ type: 'load-live', id: this.pattern.id, ...recording.live(), leftMs })
    }
  }
}

/** What a script's own timeouts of setup() and teardown() go beyond the usual, ms. */
function longerTimeoutsMs({ setupTimeout, teardownTimeout }: JsonObject): number {
  const own = [setupTimeout, teardownTimeout].map((value) => k6DurationMs(value ?? USUAL_TIMEOUT_MS, 'setupTimeout'))
  return own.reduce((sum, ms) => sum + Math.max(0, ms - USUAL_TIMEOUT_MS), 0)
}

/** What ended k6 explains more than what is missing in its samples. */
async function generatedOf(generation: Generation, end: K6End): Promise<Generated> {
  try {
    return await generation.generated(end)
  } catch (error) {
    const { ending } = k6Exit(end.exitCode)
    if (ending === 'ended' || ending === 'breached') throw error
    throw new ChaosError('LOAD_FAILED', k6EndText(end.exitCode, end.log), { cause: error })
  }
}
