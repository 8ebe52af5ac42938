/**
 * Loads are judged as they were when their series was kept in memory as a whole: golden/judgements.json was written by the
 * version before seconds went to a file. Its seeds are loads of one generator and of several, held ones, with every verdict.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { LoadJudgement } from './judge/judgement.ts'
import { judgeLoad } from './judge/pattern.ts'
import { judgeMeasured, measuredJson, parseMeasured, type Measured } from './judge/measured.ts'
import { mergeMeasured, type MeasuredSegment } from './merge/segments.ts'
import { recordedFor } from './plan/prepare.ts'
import { randomLoad, type LoadPart, type RandomLoad } from './random-load.fixture.ts'
import type { SeriesFacts, StoredSeries } from './series/data.ts'
import { openSeriesFile } from './series/file.ts'
import { keepSeries } from './series/keep.ts'
import { passBy } from './series/pass.ts'
import type { Later, PassingSeries } from './series/questions.ts'
import { SeriesRecording } from './series/recording.ts'
import { csvOf, FACTS } from './series/samples.fixture.ts'
import { memoryScratch } from './series/scratch.fixture.ts'

interface Golden {
  readonly seed: number
  /** SHA-256 of the series' lines. */
  readonly series: string
  readonly judgement: LoadJudgement
}

type Judge = (passing: PassingSeries) => Later<LoadJudgement>

const GOLDEN = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/judgements.json'), 'utf8')) as Golden[]

/** k6 writes in pieces that end anywhere. */
async function recorded({ rows, startMs, measured }: LoadPart, pieceBytes: number): Promise<StoredSeries> {
  const recording = new SeriesRecording({ ...recordedFor(measured), claim: null, ends: null }, memoryScratch())
  const csv = Buffer.from(csvOf(rows, startMs))
  for (let at = 0; at < csv.length; at += pieceBytes) await recording.push(csv.subarray(at, at + pieceBytes))
  return await recording.finish(measured.generators[0]?.k6.summary ?? null)
}

async function kept(
  series: StoredSeries,
  facts: SeriesFacts,
  judge: Judge,
): Promise<{ readonly packed: Buffer; readonly judgement: LoadJudgement }> {
  const pieces: Uint8Array[] = []
  const artifacts = {
    async writeBytes(path: string, bytes: AsyncIterable<Uint8Array>) {
      for await (const piece of bytes) pieces.push(piece)
      return path
    },
  }
  const { judge: judged } = await keepSeries(artifacts, 'LT-1', { series, facts }, judge)
  return { packed: Buffer.concat(pieces), judgement: judged() }
}

async function* whole(packed: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(packed)
}

/** As `load --segment` keeps it, and `merge` finds it. */
async function segment(part: LoadPart, index: number, count: number, pieceBytes: number): Promise<MeasuredSegment> {
  const facts = { ...FACTS, segment: { index, count }, more: measuredJson(part.measured) }
  const { packed } = await kept(await recorded(part, pieceBytes), facts, (passing) => judgeMeasured(passing, part.measured))
  const name = `segment ${index}`
  const file = await openSeriesFile(() => whole(packed), name)
  return { name, ...file, measured: parseMeasured(file.facts.more, name) }
}

function judgeOf({ calm }: RandomLoad, measured: Measured): Judge {
  if (calm === null) return (passing) => judgeMeasured(passing, measured)
  const stretches = calm.map(({ fromMs, toMs }) => ({ fromMs: Math.max(0, fromMs), toMs }))
  return (passing) => judgeLoad({ ...measured, measure: [], series: passing, calm: stretches })
}

async function measuredLoad(load: RandomLoad, pieceBytes: number): Promise<ReturnType<typeof mergeMeasured>> {
  const [only, ...others] = load.parts
  if (only === undefined) throw new Error('a load of no generator')
  if (others.length === 0)
    return { series: await recorded(only, pieceBytes), facts: { ...FACTS, segment: null }, measured: only.measured }
  return mergeMeasured(
    await Promise.all(load.parts.map((part, index) => segment(part, index + 1, load.parts.length, pieceBytes))),
  )
}

describe.each(GOLDEN)('the load of seed $seed', ({ seed, series: before, judgement }) => {
  it.each([700, 50_000])('is kept and judged as before, told in pieces of %i bytes', async (pieceBytes) => {
    const load = randomLoad(seed)
    const { series, facts, measured } = await measuredLoad(load, pieceBytes)
    const judge = judgeOf(load, measured)
    const now = await kept(series, { ...facts, more: measuredJson(measured) }, judge)
    expect(now.judgement).toEqual(judgement)
    // But for what a look has told of the machine since.
    const text = gunzipSync(now.packed).toString().replaceAll(',"machineStolen":null', '')
    expect(createHash('sha256').update(text).digest('hex')).toBe(before)
    // And by whoever reads the file later.
    const file = await openSeriesFile(() => whole(now.packed), 's.gz')
    expect(await passBy(file, judge)).toEqual(judgement)
  })
})

it('knows every verdict', () => {
  expect(new Set(GOLDEN.map(({ judgement }) => judgement.verdict))).toEqual(
    new Set(['passed', 'failed', 'inconclusive', 'error']),
  )
})
