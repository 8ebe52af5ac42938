import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openSeriesFile, packSeries, type SeriesFile } from './file.ts'
import { headLine, secondLine } from './lines.ts'
import { FACTS, recordedOf, requestAt, shortened } from './samples.fixture.ts'

const series = recordedOf([
  { metric: 'vus', atMs: 0, value: 30 },
  ...requestAt(100, 12.5),
  ...requestAt(2_300, 700, { status: '503', isExpected: false }),
])

async function* inPieces(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield await Promise.resolve(bytes.subarray(from, from + size))
}

async function read(bytes: Uint8Array, size?: number): Promise<SeriesFile & { readonly rows: unknown }> {
  const file = await openSeriesFile(() => inPieces(bytes, size), 's.gz')
  const { rows } = await shortened(file)
  return { ...file, rows }
}

describe('the file of a series', () => {
  it.each([1, 7, 100_000])('gives back all that was recorded, in pieces of %i bytes', async (size) => {
    const pieces: Uint8Array[] = []
    for await (const piece of packSeries(series.head, FACTS, series.seconds())) pieces.push(piece)
    const packed = Buffer.concat(pieces)
    const { head, facts, rows } = await read(packed, size)
    expect([head, facts, rows]).toEqual([series.head, FACTS, series.rows])
  })

  const lines = [headLine(series.head, FACTS), ...series.rows.map(secondLine)]
  const packed = (change: (all: string[]) => void): Buffer => {
    const all = [...lines]
    change(all)
    return gzipSync(all.join(''))
  }
  it.each([
    [Buffer.from('no gzip'), /s\.gz is no gzipped series/],
    [gzipSync(''), /line 1: the last line is cut off|line 1: it is not JSON/],
    [packed((all) => all.pop()), /there are 2 seconds, and 3 are promised/],
    [packed((all) => all.push((all[3] ?? '').replace('"second":2', '"second":3'))), /there are 4 seconds, and 3 are promised/],
    [packed((all) => all.splice(2, 1)), /line 3: it is second 2 in the place of 1/],
    [packed((all) => all.splice(1, 1, all[2] ?? '')), /line 2: it is second 1 in the place of 0/],
    [packed((all) => (all[1] = '{}\n')), /line 2: second/],
    [packed((all) => (all[1] = 'x\n')), /line 2: it is not JSON/],
    [packed((all) => (all[1] = (all[1] ?? '').replace('[0,', '[99,'))), /line 2: there is no group 99/],
    [packed((all) => (all[0] = (all[0] ?? '').replace('"schemaVersion":1', '"schemaVersion":9'))), /line 1: schemaVersion/],
    [packed((all) => (all[0] = (all[0] ?? '').replace('"late"', '"later"'))), /line 1/],
    [packed((all) => (all[3] = (all[3] ?? '').trimEnd())), /the last line is cut off/],
    [gzipSync(lines.join('')).subarray(0, -20), /s\.gz is no gzipped series/],
  ])('is refused when it is damaged (%#)', async (bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message)
    await expect(read(bytes)).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  it('is refused when a histogram holds something else than its cell counts', async () => {
    const own = lines.findIndex((line) => line.includes('=="]') || /"[A-Za-z0-9+/]+=*"\]\]/.test(line))
    const wrong = packed((all) => (all[own] = (all[own] ?? '').replace(/\[(\d+),1,(12\.5)/, '[$1,2,$2')))
    await expect(read(wrong)).rejects.toThrow(/a histogram holds 1 samples of 2/)
  })
})
