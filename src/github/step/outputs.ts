import { join } from 'node:path'
import { setOutput } from '@actions/core'
import type { RunVerdict } from '../../core/model.ts'
import type { RunResult } from '../../core/result/run.ts'
import { decideReport } from '../../core/verdict.ts'
import type { UploadOutcome } from '../artifacts/upload.ts'

type Source = { readonly result: RunResult; readonly outDir: string }

const OF_RESULT = {
  verdict: ({ result }) => result.verdict,
  'run-id': ({ result }) => result.run.id,
  passed: ({ result }) => String(result.counts.passed),
  failed: ({ result }) => String(result.counts.failed),
  inconclusive: ({ result }) => String(result.counts.inconclusive),
  error: ({ result }) => String(result.counts.error),
  skipped: ({ result }) => String(result.counts.skipped),
  'p95-ms': ({ result }) => largest(result.load.map(({ p95Ms }) => p95Ms)),
  'p99-ms': ({ result }) => largest(result.load.map(({ p99Ms }) => p99Ms)),
  'error-rate': ({ result }) => largest(result.load.map(({ errorRate, requests }) => (requests === 0 ? null : errorRate))),
  'effects-confirmed': ({ result }) => String(injected(result).filter(({ effect }) => effect.confirmed).length),
  'slowest-recovery-ms': ({ result }) => largest(injected(result).map(({ recovery }) => recovery.afterMs)),
  'longest-outage-ms': ({ result }) => largest(injected(result).map(({ canary }) => canary.longestOutageMs)),
  results: ({ outDir }) => outDir,
  'result-json': ({ outDir }) => join(outDir, 'result.json'),
  summary: ({ outDir }) => join(outDir, 'summary.md'),
  junit: ({ outDir }) => join(outDir, 'junit.xml'),
  report: ({ outDir }) => join(outDir, 'report.html'),
} satisfies Record<string, (source: Source) => string>

/** Names as in action.yml; a test compares the two. */
export const OUTPUT_NAMES = [...Object.keys(OF_RESULT), 'artifact-id', 'artifact-url', 'report-url']
type SetOutput = (name: string, value: string) => void

/** Set before anything can go wrong: whatever reads the outputs of a run that broke down reads an error. */
export function setSafeOutputs(set: SetOutput = setOutput): void {
  for (const name of OUTPUT_NAMES) set(name, '')
  set('verdict', decideReport([], 0))
}

/** Of a step without a result: `''` where there is nothing to have a verdict about. */
export function setVerdict(verdict: RunVerdict | '', set: SetOutput = setOutput): void {
  set('verdict', verdict)
}

export function setResultOutputs(result: RunResult, outDir: string, set: SetOutput = setOutput): void {
  for (const [name, valueOf] of Object.entries(OF_RESULT)) set(name, valueOf({ result, outDir }))
}

export function setArtifactOutputs({ results, report }: UploadOutcome, set: SetOutput = setOutput): void {
  set('artifact-id', results === null ? '' : String(results.id))
  set('artifact-url', results?.url ?? '')
  set('report-url', report?.url ?? '')
}

function injected({ scenarios }: RunResult): RunResult['scenarios'] {
  return scenarios.filter(({ verdict }) => verdict !== 'skipped')
}

/** Rounded to what anybody compares with; empty when nothing was measured. */
function largest(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? '' : String(Math.round(Math.max(...known) * 10_000) / 10_000)
}
