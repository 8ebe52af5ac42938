/** k6's samples on their way into a series: the newest seconds are in memory, those before them in a file. */
import type { Json } from '../../core/json.ts'
import type { ScratchFile } from '../../ports/files.ts'
import type { SeriesSecond, StoredSeries } from './data.ts'
import { SeriesRecorder, type LiveLook, type RecorderOptions } from './recorder.ts'
import { SeriesSpool } from './spool.ts'

export class SeriesRecording {
  private readonly recorder: SeriesRecorder
  private readonly spool: SeriesSpool

  constructor(options: RecorderOptions, file: ScratchFile) {
    this.recorder = new SeriesRecorder(options)
    this.spool = new SeriesSpool(file)
  }

  /** Resolves when what is over of it is kept: not before that may more come. @throws as SeriesRecorder.push. */
  async push(chunk: Uint8Array): Promise<void> {
    this.recorder.push(chunk)
    await this.spool.append(this.recorder.fetch())
  }

  live(): LiveLook {
    return this.recorder.live()
  }

  /** How many seconds are most likely whole by now, while k6 goes on; null before its first sample. */
  get wholeSeconds(): number | null {
    return this.recorder.wholeSeconds
  }

  /**
   * Gives those seconds, from the one of `fromMs` (ms from the start of the load) on. How many requests were under way is not known before the end.
   * @throws LOAD_FAILED before the first sample.
   */
  soFar(fromMs = 0): StoredSeries {
    const to = this.recorder.wholeSeconds ?? 0
    const from = Math.floor(fromMs / 1_000)
    const head = this.recorder.head(null, to)
    return { head, seconds: () => oneAfterOther(this.spool.seconds(from, to), this.recorder.copy(from, to)) }
  }

  /** Finishes the series when k6 has ended. `summary`: its `--summary-export`. @throws LOAD_FAILED without samples, and for a row that was cut off. */
  async finish(summary: Json): Promise<StoredSeries> {
    this.recorder.end()
    await this.spool.append(this.recorder.fetch())
    const means = this.recorder.meansInFlight()
    const head = this.recorder.head(summary)
    // Those after its end are of a teardown() that took long.
    return { head, seconds: () => withInFlight(this.spool.seconds(0, head.seconds), means) }
  }
}

async function* oneAfterOther(older: AsyncIterable<SeriesSecond>, newer: readonly SeriesSecond[]): AsyncGenerator<SeriesSecond> {
  yield* older
  yield* newer
}

async function* withInFlight(seconds: AsyncIterable<SeriesSecond>, means: readonly number[]): AsyncGenerator<SeriesSecond> {
  for await (const second of seconds) yield { ...second, inFlight: means[second.second] ?? 0 }
}
