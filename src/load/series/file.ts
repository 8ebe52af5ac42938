/** The file of a series, read and written line by line: it may be of hours, and memory holds a second of it. */
import { ChaosError, describeError, isChaosError, systemErrorCode } from '../../core/errors.ts'
import type { SeriesFacts, SeriesHead, SeriesSecond, StoredSeries } from './data.ts'
import { headLine, mistake, parseHead, parseSecond, secondLine } from './lines.ts'
import { unzippedLines, zipped, type LineLimits } from './zipped-lines.ts'

/** Of a file that somebody else may have written. k6's summary is in the first line, and may have 16 MiB. */
const LIMITS: LineLimits = { longest: 64 * 1024 ** 2, all: 4 * 1024 ** 3 }

/** Reads the bytes of a file from its beginning, as often as they are wanted. */
export type ReadBytes = () => AsyncIterable<Uint8Array>

export interface SeriesFile extends StoredSeries {
  readonly facts: SeriesFacts
}

export function packSeries(
  head: SeriesHead,
  facts: SeriesFacts,
  seconds: AsyncIterable<SeriesSecond>,
): AsyncIterable<Uint8Array> {
  return zipped(linesOf(head, facts, seconds))
}

/** Its first line is read, the others when they are wanted. @throws ChaosError BAD_INPUT that names the file and the line. */
export async function openSeriesFile(read: ReadBytes, file: string): Promise<SeriesFile> {
  for await (const line of fileLines(read, file)) {
    const { head, facts } = parseHead(line, { file, line: 1 })
    return { head, facts, seconds: () => secondsOf(read, head, file) }
  }
  throw mistake({ file, line: 1 }, 'the last line is cut off')
}

async function* linesOf(head: SeriesHead, facts: SeriesFacts, seconds: AsyncIterable<SeriesSecond>): AsyncGenerator<string> {
  yield headLine(head, facts)
  for await (const second of seconds) yield secondLine(second)
}

async function* secondsOf(read: ReadBytes, head: SeriesHead, file: string): AsyncGenerator<SeriesSecond> {
  let line = 0
  for await (const text of fileLines(read, file)) {
    line += 1
    if (line === 1) continue
    const second = parseSecond(text, head.groups.length, { file, line })
    const expected = line - 2
    if (second.second !== expected) throw mistake({ file, line }, `it is second ${second.second} in the place of ${expected}`)
    if (expected < head.seconds) yield second
  }
  const found = line - 1
  if (found !== head.seconds) throw mistake({ file, line }, `there are ${found} seconds, and ${head.seconds} are promised`)
}

/** @throws ChaosError BAD_INPUT for what is not gzipped, beyond the limits, or cut off. */
async function* fileLines(read: ReadBytes, file: string): AsyncGenerator<string> {
  let line = 0
  try {
    for await (const text of unzippedLines(read(), LIMITS)) {
      line += 1
      yield text
    }
  } catch (error) {
    if (isChaosError(error)) throw error
    if (error instanceof RangeError) throw mistake({ file, line: line + 1 }, error.message)
    const isZipped = systemErrorCode(error)?.startsWith('Z_') !== true
    const what = isZipped ? `cannot be read: ${describeError(error, 200)}` : 'is no gzipped series of a load'
    throw new ChaosError('BAD_INPUT', `${file} ${what}`, { cause: error })
  }
}
