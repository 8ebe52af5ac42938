/** One load pattern: k6 runs it, and its samples become a series, which is kept and looked at as it will be judged. */
import { ChaosError } from '../core/errors.ts'
import type { K6End, K6Request, K6Run } from '../core/k6.ts'
import type { Later, LoadPattern, PassingSeries } from '../core/load.ts'
import type { CompletionFacts, GeneratorFacts, LoadJudgement } from '../core/load-judgement.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { ScratchFile } from '../core/ports.ts'
import { isAborted } from '../core/wait.ts'
import { CompletionReader } from './completion-reader.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { k6Exit } from './k6-exit.ts'
import { keepSeries } from './keep-series.ts'
import type { LoadDeps, LoadOptions } from './load-deps.ts'
import { judgeMeasured } from './measured.ts'
import type { Measured } from './measured.ts'
import { measuredJson } from './measured-schema.ts'
import { modelOf, preparePattern, recordedFor, type Prepared } from './prepare-pattern.ts'
import type { RecorderOptions } from './series/recorder.ts'
import type { StoredSeries } from './series/series-data.ts'
import { SeriesRecording } from './series/series-recording.ts'

/** Beyond its stages: setup(), iterations that are under way at the end (60 s at most each), teardown(). */
const GRACE_MS = 120_000
const LIVE_EVERY_MS = 1_000
/** Of k6's log, in a message and in the series file. */
const LOG_LENGTH = 500

interface Generated {
  readonly series: StoredSeries
  readonly generator: GeneratorFacts
}

export class PatternMeasurement {
  /** What is known when it ends early, too. */
  k6: LoadResult['k6'] = null
  series: LoadResult['series'] = null
  readonly logs: LoadResult['logs'] = []
  startedWallMs: number
  private startedMs: number
  private readonly deps: LoadDeps
  private readonly options: LoadOptions
  private readonly pattern: LoadPattern
  private readonly signal: AbortSignal

  constructor(deps: LoadDeps, options: LoadOptions, pattern: LoadPattern, signal: AbortSignal) {
    this.deps = deps
    this.options = options
    this.pattern = pattern
    this.signal = signal
    this.startedMs = deps.clock.nowMs()
    this.startedWallMs = deps.clock.wallMs()
  }

  get model(): LoadPattern['model'] {
    return modelOf(this.options, this.pattern)
  }

  get durationMs(): number {
    return this.deps.clock.nowMs() - this.startedMs
  }

  /** @throws when k6 could not be run, or its samples could not be read; how k6 ended is for the judgement. */
  async run(): Promise<Later<LoadJudgement>> {
    const { deps, options, pattern } = this
    const version = await deps.k6.version(this.signal)
    this.k6 = { version: version.text, runsIn: deps.k6.kind, exitCode: null }
    const prepared = await preparePattern(deps, options, pattern, version, this.signal)
    const file = await deps.scratch(pattern.id)
    try {
      await this.awaitStart()
      return await this.measureInto(file, prepared, version.text)
    } finally {
      await file.remove()
    }
  }

  private async measureInto(file: ScratchFile, prepared: Prepared, k6Version: string): Promise<Later<LoadJudgement>> {
    const { deps, options, pattern, signal } = this
    const { series, generator, completion } = await this.measure(prepared, file)
    const measured: Measured = {
      ...prepared.card,
      ...{ startedWallMs: this.startedWallMs, durationMs: this.durationMs, generators: [generator], completion },
    }
    const { fingerprint } = prepared
    const facts = { patternId: pattern.id, k6Version, segment: options.segment, fingerprint, more: measuredJson(measured) }
    const judge = (passing: PassingSeries): Later<LoadJudgement> => judgeMeasured(passing, measured)
    const kept = await keepSeries(deps.artifacts, pattern.id, { series, facts }, judge, signal)
    this.series = { file: kept.file }
    return kept.judge
  }

  /** Generators of one load begin together. @throws BAD_INPUT when the moment has passed. */
  private async awaitStart(): Promise<void> {
    const { deps, options, signal } = this
    if (options.startWallMs === null) return
    const leftMs = options.startWallMs - deps.clock.wallMs()
    if (leftMs < 0) {
      const late = `${String(Math.ceil(-leftMs / 1_000))} s`
      throw new ChaosError('BAD_INPUT', `the moment to start at passed ${late} ago, and the other generators have begun`, {
        hint: 'Name a later one: each generator must have fetched k6 and read the script by then.',
      })
    }
    await deps.clock.sleep(leftMs, signal)
    this.startedMs = deps.clock.nowMs()
    this.startedWallMs = deps.clock.wallMs()
  }

  private async measure(prepared: Prepared, file: ScratchFile): Promise<Generated & { completion: CompletionFacts | null }> {
    const { deps, signal } = this
    const guard = await deps.guard(signal)
    const own = AbortSignal.any([signal, guard.signal])
    // The list is of all jobs, and a segment's answers are but a part of them.
    const completed = this.options.segment === null ? deps.target.completed : null
    let reader: CompletionReader | null = null
    try {
      if (completed !== null) reader = await CompletionReader.start(completed.port, deps.clock, own)
      const recording = new SeriesRecording(this.recorded(prepared, reader), file)
      const generated = await this.generate(prepared, recording, own)
      const found = reader === null ? null : await reader.finish(own)
      if (found?.trouble !== undefined && found.trouble !== null)
        throw new ChaosError('LOAD_FAILED', `whether the served answers were real is not known: ${found.trouble}`)
      return { ...generated, completion: found?.facts ?? null }
    } finally {
      reader?.stop()
      guard.stop()
    }
  }

  /** k6 has ended when this returns or throws. */
  private async generate(prepared: Prepared, recording: SeriesRecording, signal: AbortSignal): Promise<Generated> {
    const { deps } = this
    const run = await deps.k6.start(await this.request(prepared), signal)
    const ended = new AbortController()
    const watch = new GeneratorWatch({
      ...{ clock: deps.clock, run, machine: deps.machine },
      signal: AbortSignal.any([signal, ended.signal]),
    })
    try {
      await this.record(run, recording, prepared)
      const end = await run.ended
      if (this.k6 !== null) this.k6 = { ...this.k6, exitCode: end.exitCode }
      await this.keepLog(end)
      if (isAborted(signal)) throw signal.reason
      const series = await seriesOf(recording, end)
      const { looks, cores } = watch.result(deps.clock.nowMs() - (deps.clock.wallMs() - series.head.startWallMs))
      return { series, generator: { k6: { ...end, log: end.log.trim().slice(-LOG_LENGTH) }, looks, cores } }
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
  private async record(run: K6Run, recording: SeriesRecording, { scaled }: Prepared): Promise<void> {
    const { deps, pattern } = this
    let beganMs: number | null = null
    let toldMs = deps.clock.nowMs()
    for await (const chunk of run.samples) {
      await recording.push(chunk)
      const nowMs = deps.clock.nowMs()
      beganMs ??= nowMs
      if (nowMs - toldMs < LIVE_EVERY_MS) continue
      toldMs = nowMs
      const leftMs = Math.max(0, scaled.plan.durationMs - (nowMs - beganMs))
      deps.emit({ type: 'load-live', id: pattern.id, ...recording.live(), leftMs })
    }
  }

  private recorded({ card: { thresholds } }: Prepared, reader: CompletionReader | null): RecorderOptions {
    const claim = this.deps.target.completed?.claim ?? null
    return {
      ...recordedFor(thresholds),
      claim:
        claim === null || reader === null
          ? null
          : {
              ...claim,
              onId: (id) => {
                reader.claim(id)
              },
            },
    }
  }

  private async keepLog({ log }: K6End): Promise<void> {
    if (log.trim() === '') return
    const file = await this.deps.artifacts.write(`load/${this.pattern.id}/k6.log`, log)
    this.logs.push({ service: 'k6', file })
  }
}

/** What ended k6 explains more than what is missing in its samples. */
async function seriesOf(recording: SeriesRecording, { exitCode, summary, log }: K6End): Promise<StoredSeries> {
  try {
    return await recording.finish(summary)
  } catch (error) {
    const { ending, text } = k6Exit(exitCode)
    if (ending === 'ended' || ending === 'breached') throw error
    const said = log.trim() === '' ? '' : `; it said: ${log.trim().slice(-LOG_LENGTH)}`
    throw new ChaosError('LOAD_FAILED', `k6 ended with ${String(exitCode)}: ${text}${said}`, { cause: error })
  }
}
