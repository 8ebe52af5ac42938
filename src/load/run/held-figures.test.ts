import { later, type Wall } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { SeriesRecording } from '../series/recording.ts'
import { csvOf, csvRows, PLAIN, requestAt, START_MS, type Row } from '../series/samples.fixture.ts'
import { memoryScratch, type MemoryScratch } from '../series/scratch.fixture.ts'
import { HeldFigures } from './held-figures.ts'

const LIMITS = { errorShare: 0.01, p95Ms: 500 }

/** Thirty requests a second; between the two times they fail. */
function rowsOf(fromSecond: number, toSecond: number, bad: { readonly from: number; readonly to: number }): Row[] {
  return Array.from({ length: (toSecond - fromSecond) * 30 }, (_, index) => fromSecond * 1_000 + (index * 1_000) / 30).flatMap(
    (atMs) => requestAt(atMs, 40, atMs >= bad.from * 1_000 && atMs < bad.to * 1_000 ? { status: '503', isExpected: false } : {}),
  )
}

async function held(
  seconds: number,
  bad = { from: 20, to: 25 },
): Promise<{ met: HeldFigures; file: MemoryScratch; recording: SeriesRecording }> {
  const file = memoryScratch()
  const recording = new SeriesRecording(PLAIN, file)
  const met = new HeldFigures(recording, LIMITS)
  await recording.push(Buffer.from(csvOf([])))
  for (let second = 0; second < seconds; second += 1) await recording.push(Buffer.from(csvRows(rowsOf(second, second + 1, bad))))
  return { met, file, recording }
}

describe('a load that goes on', () => {
  it('knows nothing before its first sample', async () => {
    const { met } = await held(0)
    expect(met.wholeUntilWallMs()).toBe(0)
    expect(await met.figures(START_MS, later(START_MS, 1_000))).toEqual({
      requests: 0,
      errorShare: Number.NaN,
      p95Ms: Number.NaN,
    })
    expect(await met.goodSinceWallMs(START_MS)).toBeNull()
  })

  it('tells what it met in any stretch of whole seconds, those in its file and those that are not over', async () => {
    const { met } = await held(60)
    // The sixtieth is under way, the one before may not be written whole.
    expect(met.wholeUntilWallMs()).toBe(later(START_MS, 58_000))
    const figures = async (from: number, to: number): Promise<[number, number]> => {
      const { requests, errorShare, p95Ms } = await met.figures(later(START_MS, from * 1_000), later(START_MS, to * 1_000))
      expect(p95Ms).toBeCloseTo(40, 1)
      return [requests, errorShare]
    }
    expect(await figures(20, 25)).toEqual([150, 1])
    expect(await figures(15, 25)).toEqual([300, 0.5])
    expect(await figures(30, 58)).toEqual([840, 0])
    expect(await figures(55, 80)).toEqual([90, 0])
  })

  it('is good since the last bad second, and not before it is decided', async () => {
    const { met } = await held(60)
    expect(await met.goodSinceWallMs(later(START_MS, 18_000))).toBe(later(START_MS, 25_000))
    expect(await met.goodSinceWallMs(later(START_MS, 30_500))).toBe(later(START_MS, 30_500))
    const { met: bad } = await held(60, { from: 20, to: 60 })
    expect(await bad.goodSinceWallMs(later(START_MS, 18_000))).toBeNull()
  })

  it('reads its file once for all who ask the same within a second', async () => {
    const { met, file, recording } = await held(60)
    const ask = (): Promise<Wall | null> => met.goodSinceWallMs(later(START_MS, 18_000))
    await Promise.all([ask(), ask()])
    await ask()
    expect(file.reads).toHaveLength(1)
    await recording.push(Buffer.from(csvRows(rowsOf(60, 61, { from: 0, to: 0 }))))
    await ask()
    expect(file.reads).toHaveLength(2)
  })

  it('is complete while a second moves from memory into the file', async () => {
    const { met, recording } = await held(60)
    const moving = recording.push(Buffer.from(csvRows(rowsOf(60, 61, { from: 0, to: 0 }))))
    const { requests } = await met.figures(START_MS, later(START_MS, 59_000))
    await moving
    expect(requests).toBe(59 * 30)
  })
})
