import { describe, expect, it } from 'vitest'
import type { SeriesSecond } from './data.ts'
import { recordedOf, requestAt, shortened } from './samples.fixture.ts'
import { memoryScratch } from './scratch.fixture.ts'
import { SeriesSpool } from './spool.ts'

const { head, rows } = recordedOf(Array.from({ length: 30 }, (_, second) => requestAt(second * 1_000, second + 1)).flat())

async function read(seconds: AsyncIterable<SeriesSecond>): Promise<readonly SeriesSecond[]> {
  return (await shortened({ head, seconds: () => seconds })).rows
}

describe('seconds of a load that goes on', () => {
  it('come back as they were handed in, and any stretch of them by reading hardly more than it', async () => {
    const file = memoryScratch(7)
    const spool = new SeriesSpool(file)
    for (const [from, to] of [
      [0, 1],
      [1, 4],
      [4, 4],
      [4, 20],
      [20, 30],
    ])
      await spool.append(rows.slice(from, to))
    expect(await read(spool.seconds())).toEqual(rows)
    expect(await read(spool.seconds(2, 3))).toEqual(rows.slice(2, 3))
    expect(await read(spool.seconds(3, 22))).toEqual(rows.slice(3, 22))
    expect(await read(spool.seconds(30))).toEqual([])
    const [all, small] = file.reads
    expect([all?.from, all?.to]).toEqual([0, file.bytes().length])
    // Of five blocks the second alone.
    expect((small?.to ?? Infinity) - (small?.from ?? 0)).toBeLessThan(file.bytes().length / 3)
  })

  it('can be read while more of them are on their way into the file', async () => {
    const spool = new SeriesSpool(memoryScratch())
    await spool.append(rows.slice(0, 10))
    const written = spool.append(rows.slice(10, 20))
    const early = spool.seconds(5, 15)
    expect(await read(early)).toEqual(rows.slice(5, 15))
    await written
    expect(await read(spool.seconds(5, 25))).toEqual(rows.slice(5, 20))
  })

  it('are refused before those before them are in it: whoever hands them in has to wait', async () => {
    const spool = new SeriesSpool(memoryScratch())
    const written = spool.append(rows.slice(0, 10))
    await expect(spool.append(rows.slice(10))).rejects.toMatchObject({ code: 'INTERNAL' })
    await written
    expect(await read(spool.seconds())).toEqual(rows.slice(0, 10))
  })

  it('are not lost when the file cannot be written', async () => {
    const file = { ...memoryScratch(), append: () => Promise.reject(new Error('no space left')) }
    await expect(new SeriesSpool(file).append(rows)).rejects.toThrow('no space left')
  })
})
