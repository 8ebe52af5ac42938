/** A result in which every text that may come from elsewhere is the same one. */
import type { LoadResult } from '../../src/core/result/load.ts'
import type { RunResult } from '../../src/core/result/run.ts'
import type { PhaseName, ScenarioResult } from '../../src/core/result/scenario.ts'
import { FAILED, LOAD_FAILED, runResult, SKIPPED } from '../../src/report/results.fixture.ts'

/** Failed, skipped and, under load, failed: what reports show open, folded and in tables. */
export function resultOf(text: string): RunResult {
  const base = runResult([scenario(FAILED, text), scenario(SKIPPED, text)], { load: [load(text)], reasons: [text] })
  return {
    ...base,
    run: {
      ...base.run,
      ...{ id: text, stack: text, reference: false, defects: [text] },
      images: [{ service: text, image: text, id: text, reference: false }],
    },
    criteria: [{ text, met: false }],
    environment: { text },
  }
}

function scenario(base: ScenarioResult, text: string): ScenarioResult {
  return {
    ...base,
    ...{ id: text, name: text, reasons: [text], expectedBehavior: text, targets: [text], mechanism: text, repeatCommand: text },
    phases: [{ name: text as PhaseName, startedAt: text, durationMs: 1 }],
    effect: { confirmed: true, summary: text, reasons: [text], measures: Object.fromEntries([[text, text]]) },
    expectations: [{ phase: 'during', text, expected: text, observed: text, met: false }],
    recovery: { ...base.recovery, recovered: false, reason: text },
    control: { service: text, unaffected: false, steadyP95Ms: 1, duringP95Ms: 2, reasons: [text] },
    controlReason: text,
    cleanup: { clean: false, leftovers: [text] },
    events: [{ at: text, source: text, kind: text, detail: text }],
    series: { file: text },
    logs: [{ service: text, file: text }],
    source: { file: text, line: 1 },
  }
}

function load(text: string): LoadResult {
  const base = LOAD_FAILED
  return {
    ...base,
    ...{ id: text, name: text, reasons: [text], expectedBehavior: text, notes: [text], repeatCommand: text },
    errors: Object.fromEntries([[text, 3]]),
    thresholds: base.thresholds.map((limit) => ({ ...limit, text, metric: text, filter: text, unit: text })),
    breakingPoint: base.breakingPoint === null ? null : { ...base.breakingPoint, detail: text },
    recoveries: base.recoveries.map((one) => ({ ...one, detail: text })),
    generator: { ...base.generator, reasons: [text] },
    completion: { served: 1, unknown: 1, examples: [text], unclaimed: 0 },
    k6: { version: text, runsIn: text, exitCode: 1 },
    series: { file: text },
    logs: [{ service: text, file: text }],
    source: { file: text, line: 1 },
  }
}
