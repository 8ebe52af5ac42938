/** Mode `merge`: what several generators measured, judged as one load. */
import { resolve } from 'node:path'
import { globSync } from 'node:fs'
import { ChaosError } from '../../core/errors.ts'
import { beginReporting, endStep, printed, stepReporters, type ActionStep, type StepEnd } from './step.ts'
import { runMerge } from '../load/merge.ts'
import { quoted } from '../repeat-command.ts'

/** @throws BAD_INPUT for what is no series, or not all of one load. */
export async function actionMerge(step: ActionStep): Promise<StepEnd> {
  const { inputs, outDir } = step
  const sources = inputs.sources.flatMap(expand)
  const repeatCommand = `node dist/cli/index.js merge ${inputs.sources.map(quoted).join(' ')} --out ${quoted(inputs.out)}`
  const reported = await beginReporting(step, null)
  const outcome = await printed(() => runMerge({ sources, outDir, repeatCommand }, stepReporters(outDir)))
  return endStep(step, outcome, reported)
}

function expand(pattern: string): string[] {
  const found = globSync(pattern)
    .map((path) => resolve(path))
    .sort()
  if (found.length > 0) return found
  throw new ChaosError('BAD_INPUT', `sources names ${pattern}, which is not there`)
}
