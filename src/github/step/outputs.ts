import { join } from 'node:path'
import { setOutput } from '@actions/core'
import type { DeepReadonly } from '../../core/json.ts'
import type { RunVerdict } from '../../core/model.ts'
import type { RunResult } from '../../core/result/run.ts'
import { decideReport } from '../../core/verdict.ts'
import type { UploadOutcome } from '../artifacts/upload.ts'

/** Names as in action.yml; a test compares the two. */
export const OUTPUT_NAMES = [
  'verdict',
  'run-id',
  'passed',
  'failed',
  'inconclusive',
  'error',
  'skipped',
  'p95-ms',
  'p99-ms',
  'error-rate',
  'effects-confirmed',
  'slowest-recovery-ms',
  'longest-outage-ms',
  'results',
  'result-json',
  'summary',
  'junit',
  'report',
  'artifact-id',
  'artifact-url',
  'report-url',
] as const
type OutputName = (typeof OUTPUT_NAMES)[number]
type SetOutput = (name: OutputName, value: string) => void

/** Set before anything can go wrong: whatever reads the outputs of a run that broke down reads an error. */
export function setSafeOutputs(set: SetOutput = setOutput): void {
  for (const name of OUTPUT_NAMES) set(name, '')
  set('verdict', decideReport([], 0))
}

/** Of a step without a result: `''` where there is nothing to have a verdict about. */
export function setVerdict(verdict: RunVerdict | '', set: SetOutput = setOutput): void {
  set('verdict', verdict)
}

export function setResultOutputs(result: DeepReadonly<RunResult>, outDir: string, set: SetOutput = setOutput): void {
  const { counts, load, scenarios } = result
  const injected = scenarios.filter(({ verdict }) => verdict !== 'skipped')
  const values: Partial<Record<OutputName, string>> = {
    verdict: result.verdict,
    'run-id': result.run.id,
    passed: String(counts.passed),
    failed: String(counts.failed),
    inconclusive: String(counts.inconclusive),
    error: String(counts.error),
    skipped: String(counts.skipped),
    'p95-ms': largest(load.map(({ p95Ms }) => p95Ms)),
    'p99-ms': largest(load.map(({ p99Ms }) => p99Ms)),
    'error-rate': largest(load.map(({ errorRate, requests }) => (requests === 0 ? null : errorRate))),
    'effects-confirmed': String(injected.filter(({ effect }) => effect.confirmed).length),
    'slowest-recovery-ms': largest(injected.map(({ recovery }) => recovery.afterMs)),
    'longest-outage-ms': largest(injected.map(({ canary }) => canary.longestOutageMs)),
    results: outDir,
    'result-json': join(outDir, 'result.json'),
    summary: join(outDir, 'summary.md'),
    junit: join(outDir, 'junit.xml'),
    report: join(outDir, 'report.html'),
  }
  for (const [name, value] of Object.entries(values) as [OutputName, string][]) set(name, value)
}

export function setArtifactOutputs({ results, report }: UploadOutcome, set: SetOutput = setOutput): void {
  set('artifact-id', results === null ? '' : String(results.id))
  set('artifact-url', results?.url ?? '')
  set('report-url', report?.url ?? '')
}

/** Rounded to what anybody compares with; empty when nothing was measured. */
function largest(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? '' : String(Math.round(Math.max(...known) * 10_000) / 10_000)
}
