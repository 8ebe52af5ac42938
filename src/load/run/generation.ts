/** One run of k6: its samples become a series while it runs, and series, looks and log are kept when it has ended. */
import type { Wall } from '../../core/time/moment.ts'
import type { JsonObject } from '../../core/json.ts'
import type { K6End, K6Run } from '../../ports/k6.ts'
import type { K6Segment } from '../../core/segment.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { ScratchFile } from '../../ports/files.ts'
import type { LoadDeps } from '../deps.ts'
import type { LoadJudgement } from '../judge/judgement.ts'
import { k6Said } from '../judge/k6-exit.ts'
import { measuredJson, type Measured } from '../judge/measured.ts'
import type { PatternCard } from '../plan/card.ts'
import { recordedFor, type Prepared } from '../plan/prepare.ts'
import { keepSeries, type Kept } from '../series/keep.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import type { RecorderOptions } from '../series/recorder.ts'
import { SeriesRecording } from '../series/recording.ts'
import { GeneratorWatch } from './generator-watch.ts'

export interface GenerationPlan {
  /** k6, its folder and all that is kept are named by it. */
  readonly id: string
  /** Absolute path of the k6 script. */
  readonly script: string
  readonly prepared: Prepared
  /** The options that go over the script's own. */
  readonly options: JsonObject
  readonly segment: K6Segment | null
  /** After this time k6 is ended, ms. */
  readonly limitMs: number
  readonly claim: RecorderOptions['claim']
  /** Called once k6 has started; what it returns is called after each piece of its samples. */
  readonly follow: ((recording: SeriesRecording) => () => void) | null
}

/** A run of k6 that has ended, with all that came of it. */
export interface Generated {
  /** When its first second began. */
  readonly startWallMs: Wall
  /** The series goes by into the file that is kept of it, with what it was measured with; `judge` looks at it on the way. */
  keep(
    facts: Omit<Measured, keyof PatternCard | 'generators'>,
    judge: (passing: PassingSeries, measured: Measured) => Later<LoadJudgement>,
    signal: AbortSignal,
  ): Promise<Kept<LoadJudgement>>
}

export class Generation {
  readonly recording: SeriesRecording
  /** All that k6 wrote is recorded, and it has ended. Rejects as soon as its samples cannot be read; k6 is told to end then. */
  readonly recorded: Promise<K6End>
  private readonly deps: LoadDeps
  private readonly plan: GenerationPlan
  private readonly run: K6Run
  private readonly watch: GeneratorWatch
  private readonly watching = new AbortController()
  private hasEnded = false

  private constructor(deps: LoadDeps, plan: GenerationPlan, file: ScratchFile, run: K6Run, signal: AbortSignal) {
    this.deps = deps
    this.plan = plan
    this.run = run
    this.recording = new SeriesRecording({ ...recordedFor(plan.prepared.card), claim: plan.claim }, file)
    this.recorded = this.record()
    this.watch = new GeneratorWatch({
      ...{ clock: deps.clock, run, machine: deps.machine },
      signal: AbortSignal.any([signal, this.watching.signal]),
    })
  }

  /** `file`: for the seconds that are over; it is the caller's to remove. The signal ends k6. @throws when k6 cannot be started. */
  static async start(deps: LoadDeps, plan: GenerationPlan, file: ScratchFile, signal: AbortSignal): Promise<Generation> {
    const { id, script, prepared, options, segment, limitMs } = plan
    const { environment, functions } = prepared
    const name = `chaos-${deps.runId}-k6-${id.toLowerCase()}`
    const folder = await deps.folderFor(id)
    const run = await deps.k6.start({ name, file: script, environment, options, functions, folder, segment, limitMs }, signal)
    return new Generation(deps, plan, file, run, signal)
  }

  /** Tells k6 to end where it has not; nothing runs on when this settles. @throws when nobody knows how k6 ended. */
  async end(): Promise<K6End> {
    if (!this.hasEnded) this.run.stop()
    await Promise.allSettled([this.run.ended, this.recorded])
    this.watching.abort()
    return await this.run.ended
  }

  /** `end`: k6's, and all was recorded of it. @throws LOAD_FAILED without samples, and for a row that was cut off. */
  async generated(end: K6End): Promise<Generated> {
    const { artifacts } = this.deps
    const { id, segment, prepared } = this.plan
    const { card, fingerprint } = prepared
    const series = await this.recording.finish(end.summary)
    const { startWallMs } = series.head
    const looked = this.watch.result(startWallMs)
    const { exitCode, stopped, summary, log } = end
    const generator = { k6: { exitCode, stopped, summary, log: k6Said(log) }, ...looked }
    return {
      startWallMs,
      keep: (facts, judge, signal) => {
        const measured: Measured = { ...card, ...facts, generators: [generator] }
        const stored = { patternId: id, k6Version: card.k6.version, segment, fingerprint, more: measuredJson(measured) }
        return keepSeries(artifacts, id, { series, facts: stored }, (passing) => judge(passing, measured), signal)
      },
    }
  }

  /** Keeps what k6 said, which explains most of what goes wrong with it, and what the script has written of its own. */
  async keptTexts({ log, files }: K6End): Promise<LoadResult['logs']> {
    const folder = `load/${this.plan.id}`
    const texts = [
      ...(log.trim() === '' ? [] : [{ service: 'k6', path: `${folder}/k6.log`, text: log }]),
      ...files.map(({ name, text }) => ({ service: name, path: `${folder}/summary/${name}`, text })),
    ]
    const { artifacts } = this.deps
    return Promise.all(texts.map(async ({ service, path, text }) => ({ service, file: await artifacts.write(path, text) })))
  }

  /** Reads all that k6 writes: it waits for its reader. */
  private async record(): Promise<K6End> {
    try {
      const follow = this.plan.follow?.(this.recording)
      for await (const chunk of this.run.samples) {
        await this.recording.push(chunk)
        follow?.()
      }
    } catch (error) {
      // Samples that cannot be read are no reason to leave it running, nor to hide why they were not read.
      this.run.stop()
      throw error
    }
    try {
      return await this.run.ended
    } finally {
      this.hasEnded = true
    }
  }
}
