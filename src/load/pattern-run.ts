/** One load pattern: k6 runs it, its samples become a series, and the series is judged. */
import { createHash } from 'node:crypto'
import { ChaosError, describeError, explainError } from '../core/errors.ts'
import type { K6End, K6Request, K6Run, K6Version } from '../core/k6.ts'
import type { LoadPattern, Threshold } from '../core/load.ts'
import type { CompletionFacts, GeneratorLook, LoadJudgement } from '../core/load-judgement.ts'
import type { LoadResult } from '../core/model.ts'
import { isAborted } from '../core/wait.ts'
import { CompletionReader } from './completion-reader.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { judgeLoad } from './judge-load.ts'
import { k6Exit } from './k6-exit.ts'
import type { LoadDeps, LoadOptions } from './load-deps.ts'
import { brokenResult, judgedResult } from './load-result.ts'
import type { PatternFacts } from './load-result.ts'
import { scaleLoad } from './load-scale.ts'
import type { ScaledLoad } from './load-scale.ts'
import { neededSamples } from './minimum-samples.ts'
import { thresholdsOf } from './pattern-thresholds.ts'
import { openSeries } from './series/recorded-series.ts'
import { SeriesRecorder } from './series/recorder.ts'
import type { SeriesData } from './series/series-data.ts'
import { packSeries } from './series/series-file.ts'

/** Beyond its stages: setup(), iterations that are under way at the end (60 s at most each), teardown(). */
const GRACE_MS = 120_000
const LIVE_EVERY_MS = 1_000
/** Of k6's log, in a message. */
const LOG_LENGTH = 500
/** Of an answer of a healthy system, for the rate of the open variant and the length of holds. */
const EXPECTED_LATENCY_SECONDS = 0.1

interface Prepared {
  readonly version: K6Version
  readonly environment: Readonly<Record<string, string>>
  readonly thresholds: readonly Threshold[]
  readonly scaled: ScaledLoad
  readonly model: LoadPattern['model']
  readonly fingerprint: string
}

interface Generated {
  readonly data: SeriesData
  readonly end: K6End
  readonly looks: readonly GeneratorLook[]
  readonly cores: number
}

interface Measured extends Generated {
  readonly completion: CompletionFacts | null
  readonly notes: readonly string[]
}

/** Never throws: what went wrong is the result. */
export async function runPattern(
  deps: LoadDeps,
  options: LoadOptions,
  pattern: LoadPattern,
  signal: AbortSignal,
): Promise<LoadResult> {
  return new PatternRun(deps, options, pattern, signal).execute()
}

class PatternRun {
  private readonly deps: LoadDeps
  private readonly options: LoadOptions
  private readonly pattern: LoadPattern
  private readonly signal: AbortSignal
  private readonly startedMs: number
  private readonly startedWallMs: number
  private readonly logs: LoadResult['logs'] = []
  private k6: LoadResult['k6'] = null
  private seriesFile: LoadResult['series'] = null

  constructor(deps: LoadDeps, options: LoadOptions, pattern: LoadPattern, signal: AbortSignal) {
    this.deps = deps
    this.options = options
    this.pattern = pattern
    this.signal = signal
    this.startedMs = deps.clock.nowMs()
    this.startedWallMs = deps.clock.wallMs()
  }

  async execute(): Promise<LoadResult> {
    if (this.options.isRehearsal)
      return brokenResult(this.facts(), 'inconclusive', ['no load was generated (--no-inject): a rehearsal cannot pass'])
    try {
      const prepared = await this.prepare()
      const measured = await this.measure(prepared)
      await this.keep(measured, prepared)
      return judgedResult(this.facts(), this.judge(prepared, measured))
    } catch (error) {
      const why = isAborted(this.signal) ? `interrupted: ${describeError(this.signal.reason)}` : explainError(error)
      return brokenResult(this.facts(), 'error', [why])
    }
  }

  private facts(): PatternFacts {
    const { pattern, options, deps } = this
    return {
      ...{ pattern, startedWallMs: this.startedWallMs, durationMs: deps.clock.nowMs() - this.startedMs },
      ...{ model: options.model ?? pattern.model, k6: this.k6, series: this.seriesFile, logs: this.logs },
      repeatCommand: options.repeatCommand(pattern.id),
    }
  }

  private async prepare(): Promise<Prepared> {
    const { deps, options, pattern, signal } = this
    const version = await deps.k6.version(signal)
    this.k6 = { version: version.text, runsIn: deps.k6.kind, exitCode: null }
    const environment = { ...deps.stack.variables, ...pattern.environment, BASE_URL: deps.k6.entryUrl }
    const script = await deps.k6.inspect({ file: pattern.script, environment }, signal)
    const thresholds = thresholdsOf(pattern, script, options.thresholds)
    const model = options.model ?? pattern.model
    const scaled = scaleLoad({
      options: script,
      scale: pattern.scales[options.profile] ?? null,
      model,
      thinkSeconds: pattern.thinkSeconds,
      expectedLatencySeconds: EXPECTED_LATENCY_SECONDS,
      samplesPerHold: thresholds.reduce((most, threshold) => Math.max(most, neededSamples(threshold)), 0),
      gateUsers: pattern.gateUsers,
    })
    const fingerprint = fingerprintOf([
      await deps.hashOf(pattern.script),
      scaled.options,
      thresholds.map(({ text }) => text),
      pattern.environment,
    ])
    return { version, environment, thresholds, scaled, model, fingerprint }
  }

  private async measure(prepared: Prepared): Promise<Measured> {
    const { deps, signal } = this
    const guard = await deps.guard(signal)
    const own = AbortSignal.any([signal, guard.signal])
    const completed = deps.stack.completed(deps.observer())
    let reader: CompletionReader | null = null
    try {
      if (completed !== null) reader = await CompletionReader.start(completed, deps.clock, own)
      const generated = await this.generate(prepared, reader, own)
      const found = reader === null ? null : await reader.finish(own)
      if (found?.trouble !== undefined && found.trouble !== null)
        throw new ChaosError('LOAD_FAILED', `whether the served answers were real is not known: ${found.trouble}`)
      return { ...generated, completion: found?.facts ?? null, notes: prepared.scaled.notes }
    } finally {
      reader?.stop()
      guard.stop()
    }
  }

  /** k6 has ended when this returns or throws. */
  private async generate(prepared: Prepared, reader: CompletionReader | null, signal: AbortSignal): Promise<Generated> {
    const { deps } = this
    const run = await deps.k6.start(await this.request(prepared), signal)
    const ended = new AbortController()
    const watch = new GeneratorWatch({
      ...{ clock: deps.clock, run, observer: deps.observer() },
      signal: AbortSignal.any([signal, ended.signal]),
    })
    try {
      const recorder = this.recorder(prepared, reader)
      await this.record(run, recorder, prepared)
      const end = await run.ended
      if (this.k6 !== null) this.k6 = { ...this.k6, exitCode: end.exitCode }
      await this.keepLog(end)
      if (isAborted(signal)) throw signal.reason
      const data = dataOf(recorder, end)
      const { looks, cores } = watch.result(deps.clock.nowMs() - (deps.clock.wallMs() - data.startWallMs))
      return { data, end, looks, cores }
    } catch (error) {
      // Samples that cannot be read are no reason to leave it running, nor to hide why they were not read.
      run.stop()
      await Promise.allSettled([run.ended])
      throw error
    } finally {
      ended.abort()
    }
  }

  private async request({ environment, scaled }: Prepared): Promise<K6Request> {
    const { pattern, options, deps } = this
    return {
      name: `chaos-${deps.runId}-k6-${pattern.id.toLowerCase()}`,
      file: pattern.script,
      environment,
      options: scaled.options,
      folder: await deps.folderFor(pattern.id),
      segment: options.segment,
      limitMs: scaled.plan.durationMs + GRACE_MS,
    }
  }

  /** Reads all that k6 writes: it waits for its reader. Tells the live figures once a second. */
  private async record(run: K6Run, recorder: SeriesRecorder, { scaled }: Prepared): Promise<void> {
    const { deps, pattern } = this
    let beganMs: number | null = null
    let toldMs = deps.clock.nowMs()
    for await (const chunk of run.samples) {
      recorder.push(chunk)
      const nowMs = deps.clock.nowMs()
      beganMs ??= nowMs
      if (nowMs - toldMs < LIVE_EVERY_MS) continue
      toldMs = nowMs
      const leftMs = Math.max(0, scaled.plan.durationMs - (nowMs - beganMs))
      deps.emit({ type: 'load-live', id: pattern.id, ...recorder.live(), leftMs })
    }
  }

  private recorder({ thresholds }: Prepared, reader: CompletionReader | null): SeriesRecorder {
    const claim = this.deps.stack.descriptor.completed?.claim ?? null
    return new SeriesRecorder({
      filters: thresholds.filter(({ filter }) => Object.keys(filter).some((tag) => tag !== 'scenario' && tag !== 'outcome')),
      percentiles: thresholds.map(({ metric }) => metric),
      claim:
        claim === null || reader === null
          ? null
          : {
              ...claim,
              onId: (id) => {
                reader.claim(id)
              },
            },
    })
  }

  /** For reports and for a merge: all that was measured, and what it was measured with. */
  private async keep({ data }: Measured, prepared: Prepared): Promise<void> {
    const { pattern, options, deps } = this
    const facts = {
      ...{ patternId: pattern.id, k6Version: prepared.version.text, segment: options.segment },
      fingerprint: prepared.fingerprint,
      more: {},
    }
    const file = await deps.artifacts.writeBytes(`load/${pattern.id}/series.ndjson.gz`, packSeries(data, facts))
    this.seriesFile = { file }
  }

  private judge({ thresholds, scaled }: Prepared, { data, end, looks, cores, completion, notes }: Measured): LoadJudgement {
    const series = openSeries(data)
    const judgement = judgeLoad({
      ...{ plan: scaled.plan, gateTarget: scaled.gateTarget, measure: this.pattern.measure, thresholds, series },
      ...{ k6: [end], looks, cores: Math.max(1, cores), completion },
    })
    return { ...judgement, notes: [...judgement.notes, ...notes] }
  }

  private async keepLog({ log }: K6End): Promise<void> {
    if (log.trim() === '') return
    const file = await this.deps.artifacts.write(`load/${this.pattern.id}/k6.log`, log)
    this.logs.push({ service: 'k6', file })
  }
}

/** What ended k6 explains more than what is missing in its samples. */
function dataOf(recorder: SeriesRecorder, { exitCode, summary, log }: K6End): SeriesData {
  try {
    return recorder.finish(summary)
  } catch (error) {
    const { ending, text } = k6Exit(exitCode)
    if (ending === 'ended' || ending === 'breached') throw error
    const said = log.trim() === '' ? '' : `; it said: ${log.trim().slice(-LOG_LENGTH)}`
    throw new ChaosError('LOAD_FAILED', `k6 ended with ${String(exitCode)}: ${text}${said}`, { cause: error })
  }
}

/** Series of different scripts or settings are not one load. */
function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
