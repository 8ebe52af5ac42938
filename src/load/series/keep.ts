/** A series on its way into the file that is kept of it: judged by what goes in, and by nothing else. */
import type { ArtifactPort } from '../../ports/files.ts'
import type { SeriesFacts, SeriesSecond, StoredSeries } from './data.ts'
import { packSeries } from './file.ts'
import { SeriesPass } from './pass.ts'
import type { Later, PassingSeries } from './questions.ts'

export interface Kept<T> {
  /** The path of the file, as `ArtifactPort.writeBytes` gave it. */
  readonly file: string
  readonly judge: Later<T>
}

/** Keeps a series in the file named by the pattern's `id`. `judge` says what it wants to know, and makes its judgement afterwards. */
export async function keepSeries<T>(
  artifacts: Pick<ArtifactPort, 'writeBytes'>,
  id: string,
  { series, facts }: { readonly series: StoredSeries; readonly facts: SeriesFacts },
  judge: (passing: PassingSeries) => Later<T>,
  signal?: AbortSignal,
): Promise<Kept<T>> {
  const pass = new SeriesPass(series.head)
  const judgement = judge(pass)
  const seconds = passing(series.seconds(), pass, signal)
  const file = await artifacts.writeBytes(`load/${id}/series.ndjson.gz`, packSeries(series.head, facts, seconds))
  return { file, judge: judgement }
}

async function* passing(
  seconds: AsyncIterable<SeriesSecond>,
  pass: SeriesPass,
  signal: AbortSignal | undefined,
): AsyncGenerator<SeriesSecond> {
  for await (const second of seconds) {
    signal?.throwIfAborted()
    pass.take(second)
    yield second
  }
  pass.end()
}
