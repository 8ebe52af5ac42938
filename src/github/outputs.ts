import { join } from 'node:path'
import { setOutput } from '@actions/core'
import type { DeepReadonly } from '../core/json.ts'
import type { RunResult } from '../core/model.ts'

/** Names as in action.yml; a test compares the two. */
export const OUTPUT_NAMES = [
  'verdict',
  'run-id',
  'passed',
  'failed',
  'inconclusive',
  'error',
  'skipped',
  'results',
  'result-json',
  'summary',
  'junit',
] as const

export type OutputName = (typeof OUTPUT_NAMES)[number]

/** Set before anything can go wrong: whatever reads the outputs of a run that broke down reads an error. */
export function setSafeOutputs(set: (name: OutputName, value: string) => void = setOutput): void {
  for (const name of OUTPUT_NAMES) set(name, '')
  set('verdict', 'error')
}

export function setResultOutputs(
  result: DeepReadonly<RunResult>,
  outDir: string,
  set: (name: OutputName, value: string) => void = setOutput,
): void {
  const { counts } = result
  const values: Record<OutputName, string> = {
    verdict: result.verdict,
    'run-id': result.run.id,
    passed: String(counts.passed),
    failed: String(counts.failed),
    inconclusive: String(counts.inconclusive),
    error: String(counts.error),
    skipped: String(counts.skipped),
    results: outDir,
    'result-json': join(outDir, 'result.json'),
    summary: join(outDir, 'summary.md'),
    junit: join(outDir, 'junit.xml'),
  }
  for (const name of OUTPUT_NAMES) set(name, values[name])
}
