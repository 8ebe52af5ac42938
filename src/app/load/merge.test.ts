/** Segments as the version before this kept them in memory wrote them, and what it made of them. */
import { createReadStream } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LoadResult } from '../../core/result/load.ts'
import type { LoadJudgement } from '../../load/judge/judgement.ts'
import { testRunPlanText } from '../../load/merge/testrun-plan.ts'
import { randomLoad } from '../../load/random-load.fixture.ts'
import { openSeriesFile } from '../../load/series/file.ts'
import { csvOf, type Row } from '../../load/series/samples.fixture.ts'
import { runMerge } from './merge.ts'

const SEED = 35
const SEGMENTS = [1, 2, 3].map((index) => join(import.meta.dirname, `../../../test/fixtures/series/segment-${index}.ndjson.gz`))
const golden = join(import.meta.dirname, '../../load/golden/judgements.json')

let folder: string
let before: LoadJudgement
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-merge-'))
  const all = JSON.parse(await readFile(golden, 'utf8')) as { seed: number; judgement: LoadJudgement }[]
  before = all.find(({ seed }) => seed === SEED)?.judgement ?? expect.fail('it is not there')
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function merged(sources: readonly string[]): Promise<{ exitCode: number; load: LoadResult }> {
  const { result, exitCode } = await runMerge({ sources, outDir: join(folder, 'out'), repeatCommand: 'merge' }, [])
  return { exitCode, load: result.load[0] ?? expect.fail('nothing was merged') }
}

describe('segments in files of the former version', () => {
  it('are judged as it judged them, and kept as one series', async () => {
    const { exitCode, load } = await merged(SEGMENTS)
    expect([exitCode, load.verdict, load.reasons]).toEqual([0, before.verdict, before.reasons])
    const { limits, figures, breakingPoint, recoveries, generator, notes } = before
    expect(load).toMatchObject({ ...figures, thresholds: limits, breakingPoint, recoveries, generator, notes })
    const out = join(folder, 'out')
    expect(await readdir(out)).toEqual(['load'])
    const file = join(out, load.series?.file ?? '')
    const { head, facts } = await openSeriesFile(() => createReadStream(file), file)
    expect([head.seconds, facts.segment]).toEqual([36, null])
    let requests = 0
    for (const line of gunzipSync(await readFile(file))
      .toString()
      .trim()
      .split('\n')
      .slice(1)) {
      const { cells } = JSON.parse(line) as { cells: [number, number][] }
      for (const [group, count] of cells) if (head.groups[group]?.metric === 'http_reqs') requests += count
    }
    expect(requests).toBe(figures.requests)
  })

  it.each([
    ['one is missing', SEGMENTS.slice(1), 'segment 1 of 3 is missing'],
    ['one is there twice', [...SEGMENTS, SEGMENTS[0] ?? ''], 'are both segment 1 of 3'],
  ])('are refused when %s', async (_what, sources, message) => {
    await expect(merged(sources)).rejects.toThrow(message)
    expect(await readdir(folder)).toEqual([])
  })

  it('are refused when one is damaged in its middle, and no half of a series is left', async () => {
    const lines = gunzipSync(await readFile(SEGMENTS[1] ?? ''))
      .toString()
      .split('\n')
    lines.splice(10, 1)
    await writeFile(join(folder, 'damaged.gz'), gzipSync(lines.join('\n')))
    await expect(merged([SEGMENTS[0] ?? '', join(folder, 'damaged.gz'), SEGMENTS[2] ?? ''])).rejects.toThrow(
      /damaged\.gz, line 11: it is second 10 in the place of 9/,
    )
    expect(await readdir(join(folder, 'out', 'load', 'LT-1'))).toEqual([])
  })
})

/** k6 tells its users for the first time a second after it was ready for them; a load that was made up tells them at once. */
function withUsersAsTold(rows: readonly Row[]): Row[] {
  const first = rows.findIndex(({ metric }) => metric === 'vus')
  return rows.map((row, index) => (index === first ? { ...row, atMs: (rows[0]?.atMs ?? 0) + 1_000 } : row))
}

describe('what runners of a TestRun wrote', () => {
  it('is judged by the samples, and what was put aside meanwhile is gone', async () => {
    const { parts } = randomLoad(SEED)
    const [first] = parts
    if (first === undefined) expect.fail('a load of no generator')
    const { startedWallMs, durationMs, generators, completion, ...card } = first.measured
    expect([startedWallMs, durationMs, generators.length, completion]).toBeDefined()
    await mkdir(join(folder, 'runners'))
    await writeFile(join(folder, 'plan.json'), testRunPlanText({ name: 'shop', runners: parts.length, fingerprint: 'f', card }))
    for (const [index, { rows, startMs, measured }] of parts.entries()) {
      const name = join(folder, 'runners', `shop-${index + 1}-x7k2p`)
      await writeFile(`${name}.csv`, csvOf(withUsersAsTold(rows), startMs))
      await writeFile(`${name}.json`, JSON.stringify(measured.generators[0]?.k6.summary))
    }
    const { load } = await merged([folder])
    expect(load).toMatchObject({ ...before.figures, thresholds: before.limits })
    expect(load.notes.join()).toContain('nobody looked at the machines of the runners')
    expect(await readdir(join(folder, 'out'))).toEqual(['load'])
    // Nor is it there when something is wrong.
    await cp(join(folder, 'runners', 'shop-1-x7k2p.csv'), join(folder, 'runners', 'shop-2-x7k2p.csv'))
    await writeFile(join(folder, 'runners', 'shop-3-x7k2p.csv'), 'no samples\n')
    await expect(merged([folder])).rejects.toThrow('shop-3-x7k2p.csv')
    expect(await readdir(join(folder, 'out'))).toEqual(['load'])
  })
})
