/** Seconds of a series that is still being recorded: in a file, block by block, so that any stretch of them can be read. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { ChaosError } from '../../core/errors.ts'
import type { ScratchFile } from '../../ports/files.ts'
import type { SeriesSecond } from './data.ts'
import { parseSecond, secondLine } from './lines.ts'
import { unzippedLines, type LineLimits } from './zipped-lines.ts'

const zip = promisify(gzip)
/** It is read back soon, and then packed for good. */
const LEVEL = 1
/** Our own lines. */
const LIMITS: LineLimits = { longest: Infinity, all: Infinity }

/** Gzipped by itself. */
interface Block {
  readonly from: number
  /** In the file, bytes. */
  readonly start: number
}

export class SeriesSpool {
  private readonly file: ScratchFile
  private readonly blocks: Block[] = []
  private bytes = 0
  /** Handed in, and not in the file yet. */
  private pending: readonly SeriesSecond[] = []

  constructor(file: ScratchFile) {
    this.file = file
  }

  /** Resolves when they are in the file: whoever waits for that has no more of them in memory than these. */
  async append(seconds: readonly SeriesSecond[]): Promise<void> {
    const [first] = seconds
    if (first === undefined) return
    if (this.pending.length > 0) throw new ChaosError('INTERNAL', 'seconds of a series came before those before them were kept')
    this.pending = seconds
    const packed = await zip(seconds.map(secondLine).join(''), { level: LEVEL })
    await this.file.append(packed)
    this.blocks.push({ from: first.second, start: this.bytes })
    this.bytes += packed.length
    this.pending = []
  }

  /** Reads the seconds from `from` up to `to`, the latter left out, as far as they have been handed in by now. */
  seconds(from = 0, to = Infinity): AsyncIterable<SeriesSecond> {
    const start = this.blocks.findLast((block) => block.from <= from)?.start ?? 0
    const end = this.blocks.find((block) => block.from >= to)?.start ?? this.bytes
    const wanted = ({ second }: SeriesSecond): boolean => second >= from && second < to
    return this.read({ start, end }, this.pending.filter(wanted), wanted)
  }

  private async *read(
    { start, end }: { readonly start: number; readonly end: number },
    pending: readonly SeriesSecond[],
    wanted: (second: SeriesSecond) => boolean,
  ): AsyncGenerator<SeriesSecond> {
    let line = 0
    for await (const text of start < end ? unzippedLines(this.file.read(start, end), LIMITS) : []) {
      line += 1
      const second = parseSecond(text, Infinity, { file: 'the seconds of this load', line })
      if (wanted(second)) yield second
    }
    yield* pending
  }
}
