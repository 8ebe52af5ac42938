/** The figures of a load that goes on, of the seconds that are whole by now. Times are of the wall clock. */
import { EPOCH, later, latest, msBetween, sinceEpochMs, type Wall } from '../../core/time/moment.ts'
import type { HeldLimits, HeldLoad, StretchFigures } from '../../ports/held-load.ts'
import { figureWindows, isBad, passingFigures } from '../judge/stretch-figures.ts'
import type { StoredSeries } from '../series/data.ts'
import { passBy } from '../series/pass.ts'
import type { SeriesRecording } from '../series/recording.ts'

const NOTHING: StretchFigures = { requests: 0, errorShare: Number.NaN, p95Ms: Number.NaN }

export class HeldFigures implements Pick<HeldLoad, 'limits' | 'wholeUntilWallMs' | 'figures' | 'goodSinceWallMs'> {
  private readonly recording: Pick<SeriesRecording, 'wholeSeconds' | 'soFar'>
  readonly limits: HeldLimits
  private readonly figuresOf = new UntilNextSecond<StretchFigures>()
  private readonly goodSince = new UntilNextSecond<Wall | null>()

  constructor(recording: Pick<SeriesRecording, 'wholeSeconds' | 'soFar'>, limits: HeldLimits) {
    this.recording = recording
    this.limits = limits
  }

  wholeUntilWallMs(): Wall {
    const head = this.since(EPOCH)?.head
    return head === undefined ? EPOCH : later(head.startWallMs, head.seconds * 1_000)
  }

  async figures(fromWallMs: Wall, toWallMs: Wall): Promise<StretchFigures> {
    const series = this.since(fromWallMs)
    if (series === null) return NOTHING
    const { startWallMs, seconds } = series.head
    return await this.figuresOf.get(seconds, `${sinceEpochMs(fromWallMs)} ${sinceEpochMs(toWallMs)}`, () =>
      passBy(series, (passing) => passingFigures(passing, msBetween(startWallMs, fromWallMs), msBetween(startWallMs, toWallMs))),
    )
  }

  async goodSinceWallMs(fromWallMs: Wall): Promise<Wall | null> {
    const series = this.since(fromWallMs)
    if (series === null) return null
    const { startWallMs, seconds } = series.head
    return await this.goodSince.get(seconds, String(sinceEpochMs(fromWallMs)), async () => {
      const windows = await passBy(series, (passing) =>
        figureWindows(passing, msBetween(startWallMs, fromWallMs), seconds * 1_000),
      )
      const good = windows[windows.findLastIndex(({ figures }) => isBad(figures, this.limits)) + 1]
      return good === undefined ? null : latest(fromWallMs, later(startWallMs, good.fromMs))
    })
  }

  /** null before the first sample. */
  private since(fromWallMs: Wall): StoredSeries | null {
    if (this.recording.wholeSeconds === null) return null
    const { startWallMs } = this.recording.soFar().head
    return this.recording.soFar(Math.max(0, msBetween(startWallMs, fromWallMs)))
  }
}

/** Whoever waits asks several times a second, and the answer is read from a file. */
class UntilNextSecond<T> {
  private seconds = -1
  private readonly answers = new Map<string, Promise<T>>()

  get(seconds: number, question: string, answer: () => Promise<T>): Promise<T> {
    if (seconds !== this.seconds) this.answers.clear()
    this.seconds = seconds
    const known = this.answers.get(question)
    if (known !== undefined) return known
    const found = answer()
    this.answers.set(question, found)
    return found
  }
}
