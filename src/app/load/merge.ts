/** The series of several generators, merged and judged as one load. */
import { createReadStream } from 'node:fs'
import { glob, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChaosError } from '../../core/errors.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { Reporter } from '../../ports/reporter.ts'
import { Redaction } from '../../redaction/redaction.ts'
import { EXIT_CODES } from '../../core/verdict.ts'
import { buildRunResult } from '../../engine/run-result.ts'
import { judgeMeasured, measuredJson, parseMeasured } from '../../load/judge/measured.ts'
import { judgedResult } from '../../load/judge/result.ts'
import { mergeMeasured, spanOf, type MeasuredSegment, type MergedLoad } from '../../load/merge/segments.ts'
import { openSeriesFile } from '../../load/series/file.ts'
import { keepSeries } from '../../load/series/keep.ts'
import { fanOut } from '../../report/fan-out.ts'
import { fileArtifacts, openScratchFile } from '../files.ts'
import { readRunners, type OpenScratch } from './runner-results.ts'
import { reportResult } from '../run/report-result.ts'
import { newRunId, type RunOutcome } from '../run/outcome.ts'
import { TOOL_VERSION } from '../version.ts'

const SERIES_FILE = 'series.ndjson.gz'
const MOST_FILES = 1_000
const MOST_BYTES = 256 * 1024 * 1024

export interface MergeRequest {
  /** Folders of results, or series files. */
  readonly sources: readonly string[]
  readonly outDir: string
  readonly repeatCommand: string
}

/** @throws BAD_INPUT for what is no series, or not all of one load. */
export async function runMerge(request: MergeRequest, reporters: readonly Reporter[]): Promise<RunOutcome> {
  const folder = join(request.outDir, `.merge-${newRunId()}`)
  let files = 0
  try {
    return await mergeWith(request, reporters, (name) => openScratchFile(join(folder, `${(files += 1)}-${name}`)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function mergeWith(request: MergeRequest, reporters: readonly Reporter[], openScratch: OpenScratch): Promise<RunOutcome> {
  const segments = await readSegments(request.sources, openScratch)
  // What generators of somebody else logged is among it: which secrets they know cannot be told, only what looks like one.
  const redaction = new Redaction()
  const merged = [...Map.groupBy(segments, ({ facts }) => facts.patternId).values()]
    .map(mergeMeasured)
    .map((one) => ({ ...one, measured: redaction.object(one.measured) }))
  const load: LoadResult[] = []
  for (const one of merged) load.push(await judged(request, one))
  const reported = await reportResult(redaction.object(resultOf(merged, load)), fanOut(reporters), reporters)
  return { result: reported, exitCode: EXIT_CODES[reported.verdict] }
}

async function judged({ outDir, repeatCommand }: MergeRequest, { series, facts, measured }: MergedLoad): Promise<LoadResult> {
  const { pattern, model, startedWallMs, durationMs, k6, generators } = measured
  const { file, judge } = await keepSeries(
    fileArtifacts(outDir, (text) => text),
    pattern.id,
    { series, facts: { ...facts, more: measuredJson(measured) } },
    (passing) => judgeMeasured(passing, measured),
  )
  const [exitCode = null, another] = new Set(generators.map((generator) => generator.k6.exitCode))
  return judgedResult(
    {
      ...{ pattern, model, startedWallMs, durationMs, repeatCommand, series: { file }, logs: [] },
      // Of several ends the judgement speaks; here is room for one.
      k6: { ...k6, exitCode: another === undefined ? exitCode : null },
    },
    judge(),
  )
}

/** Its times are those of the load, not those of the merge. */
function resultOf(merged: readonly MergedLoad[], load: LoadResult[]): RunResult {
  const all = merged.map(({ measured }) => measured)
  const [first] = all
  if (first === undefined) throw new ChaosError('BAD_INPUT', 'there is no series to merge')
  const { startedWallMs, durationMs } = spanOf(first, ...all)
  const { profile, address } = first
  return buildRunResult(
    { version: TOOL_VERSION, seed: null, strict: false, defects: [], environment: {}, startedWallMs },
    {
      ...{ id: newRunId(), profile, stack: address, stacks: 0, address, images: [], reference: false, noInject: false },
      plannedMs: all.reduce((sum, { plan }) => sum + plan.durationMs, 0),
    },
    { scenarios: [], load },
    [],
    durationMs,
  )
}

async function readSegments(sources: readonly string[], openScratch: OpenScratch): Promise<MeasuredSegment[]> {
  const files: string[] = []
  const segments: MeasuredSegment[] = []
  for (const source of sources) {
    const runners = await readRunners(source, openScratch)
    if (runners === null) files.push(...(await seriesFilesOf(source)))
    else segments.push(...runners)
  }
  if (files.length > MOST_FILES)
    throw new ChaosError('BAD_INPUT', `there are ${files.length} series files, and ${MOST_FILES} are the most`)
  for (const name of files) {
    if ((await stat(name)).size > MOST_BYTES)
      throw new ChaosError('BAD_INPUT', `${name} is larger than ${MOST_BYTES} bytes: not a series of ours`)
    const series = await openSeriesFile(() => createReadStream(name), name)
    segments.push({ name, ...series, measured: parseMeasured(series.facts.more, name) })
  }
  return segments
}

/** A file is taken as it is; in a folder of results each pattern has one. */
async function seriesFilesOf(source: string): Promise<string[]> {
  const kind = await stat(source).catch(() => null)
  if (kind === null) throw new ChaosError('BAD_INPUT', `there is no ${source}`)
  if (!kind.isDirectory()) return [source]
  const files: string[] = []
  for await (const file of glob(`load/*/${SERIES_FILE}`, { cwd: source })) files.push(join(source, file))
  if (files.length > 0) return files.toSorted()
  throw new ChaosError('BAD_INPUT', `${source} holds no series of a load (load/ID/${SERIES_FILE})`, {
    hint: 'Give the folder that --out of `load --segment` named.',
  })
}
