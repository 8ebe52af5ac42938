/** What the runners of a TestRun left on their volume, copied beside the plan that was written with it. */
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ChaosError, describeError, systemErrorCode } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { ScratchFile } from '../../ports/files.ts'
import type { MeasuredSegment } from '../../load/merge/segments.ts'
import { parseTestRunPlan, runnerSegment, type TestRunPlan } from '../../load/merge/testrun-plan.ts'
import { runnerIndexOf } from '../../load/merge/testrun.ts'
import { recordedFor } from '../../load/plan/prepare.ts'
import { SeriesRecording } from '../../load/series/recording.ts'

export const PLAN_FILE = 'plan.json'
export const RUNNERS_FOLDER = 'runners'
const LARGEST_SUMMARY_BYTES = 16 * 1024 * 1024

/** Of that name, for as long as the segments are read. */
export type OpenScratch = (name: string) => Promise<ScratchFile>

/** null when the folder has no plan. @throws BAD_INPUT for runners that are missing or of another TestRun. */
export async function readRunners(folder: string, openScratch: OpenScratch): Promise<MeasuredSegment[] | null> {
  const planFile = join(folder, PLAN_FILE)
  const text = await readOrNull(planFile)
  if (text === null) return null
  const plan = parseTestRunPlan(text, planFile)
  const names = (await readdir(join(folder, RUNNERS_FOLDER)).catch(() => [])).filter((name) => name.endsWith('.csv')).toSorted()
  if (names.length === 0)
    throw new ChaosError('BAD_INPUT', `${join(folder, RUNNERS_FOLDER)} holds no samples of runners`, {
      hint: `Copy what lies in /results of their volume there: ${plan.name}-1-….csv and .json, and so on.`,
    })
  const segments: MeasuredSegment[] = []
  // One after the other, as streams: what is kept of each lies in a file of its own.
  for (const name of names)
    segments.push(await readRunner(plan, join(folder, RUNNERS_FOLDER, name), await openScratch(basename(name))))
  return segments
}

async function readRunner(plan: TestRunPlan, file: string, scratch: ScratchFile): Promise<MeasuredSegment> {
  const index = runnerIndexOf(basename(file, '.csv'), plan.name)
  if (index === null) throw new ChaosError('BAD_INPUT', `${file} is of no runner of ${plan.name}`)
  const recording = new SeriesRecording({ ...recordedFor(plan.card), claim: null }, scratch)
  try {
    for await (const chunk of createReadStream(file)) await recording.push(chunk as Buffer)
    const summary = await readSummary(file.replace(/\.csv$/, '.json'))
    return runnerSegment(plan, index, file, await recording.finish(summary), summary)
  } catch (error) {
    throw new ChaosError('BAD_INPUT', `${file}: ${describeError(error)}`, { cause: error })
  }
}

/** null without one: then k6 did not come to its end. */
async function readSummary(file: string): Promise<Json> {
  const text = await readOrNull(file)
  if (text === null) return null
  if (text.length > LARGEST_SUMMARY_BYTES) throw new ChaosError('BAD_INPUT', `its summary has ${text.length} bytes`)
  return JSON.parse(text) as Json
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    // Also of what is asked for below a file.
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return null
    throw error
  }
}
