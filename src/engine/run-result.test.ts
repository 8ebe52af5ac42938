import { wall } from '../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { SuiteName, Verdict } from '../core/model.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { RunResult } from '../core/result/run.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'
import { buildRunResult, type RunFacts } from './run-result.ts'

const FACTS: RunFacts = {
  ...{ version: '1.2.3', seed: 7, strict: false, defects: ['no-retry'], environment: { compose: '2.30.0' } },
  startedWallMs: wall(Date.parse('2026-03-01T10:00:00Z')),
}
const RUN = {
  ...{ id: 'r1', profile: 'quick' as const, stack: 'shop', stacks: 2, address: null, images: [], reference: false },
  ...{ noInject: false, plannedMs: 60_000 },
}

function scenario(verdict: Verdict, suite: SuiteName = 'chaos'): ScenarioResult {
  const judged = {
    effect: { confirmed: true },
    expectations: [],
    recovery: { recovered: true },
    control: null,
    cleanup: { clean: true },
  }
  return { id: 'X-1', verdict, suite, ...judged } as unknown as ScenarioResult
}

function load(verdict: Verdict): LoadResult {
  return { id: 'LT-1', verdict, suite: 'load' } as unknown as LoadResult
}

function result(scenarios: ScenarioResult[], reasons: string[] = [], loads: LoadResult[] = [], facts = FACTS): RunResult {
  return buildRunResult(facts, RUN, { scenarios, load: loads }, reasons, 5_400.4)
}

describe('the verdict of a run', () => {
  it.each<[Verdict[], string[], RunResult['verdict']]>([
    [['passed', 'passed'], [], 'passed'],
    [['passed', 'failed', 'error', 'inconclusive'], [], 'failed'],
    [['passed', 'error', 'inconclusive'], [], 'error'],
    [['passed', 'inconclusive'], [], 'inconclusive'],
    [['passed', 'skipped'], [], 'passed'],
    [['skipped'], [], 'error'],
    [[], [], 'error'],
    // Trouble of the run itself is never hidden, and hides no broken promise.
    [['passed'], ['the stack was not taken down'], 'error'],
    [['inconclusive'], ['the stack was not taken down'], 'error'],
    [['failed', 'passed'], ['the stack was not taken down'], 'failed'],
  ])('of %j with trouble %j is %s', (verdicts, reasons, verdict) => {
    expect(
      result(
        verdicts.map((one) => scenario(one)),
        reasons,
      ).verdict,
    ).toBe(verdict)
  })

  it('that is strict has nothing skipped', () => {
    expect(result([scenario('passed'), scenario('skipped')], [], [], { ...FACTS, strict: true }).verdict).toBe('error')
  })

  it('counts load patterns', () => {
    const { verdict, counts } = result([scenario('passed')], [], [load('failed')])
    expect([verdict, counts]).toEqual(['failed', { passed: 1, failed: 1, inconclusive: 0, error: 0, skipped: 0 }])
  })
})

describe('the result of a run', () => {
  it('says what was run, when, and for how long', () => {
    expect(result([scenario('passed')])).toMatchObject({
      schemaVersion: 1,
      tool: { name: 'chaos-action', version: '1.2.3' },
      run: { ...RUN, seed: 7, startedAt: '2026-03-01T10:00:00.000Z', durationMs: 5_400, strict: false, defects: ['no-retry'] },
      environment: { compose: '2.30.0' },
      reasons: [],
    })
  })

  it('says of nothing that nothing was run, unless it says why', () => {
    expect(result([]).reasons).toEqual(['no scenario was run'])
    expect(result([], ['the stack did not come up']).reasons).toEqual(['the stack did not come up'])
  })

  it('has a verdict for each suite that was run, in their usual order', () => {
    const { suites } = result([scenario('failed', 'stress'), scenario('passed')], [], [load('skipped')])
    expect(suites).toEqual([
      { name: 'chaos', verdict: 'passed', counts: { passed: 1, failed: 0, inconclusive: 0, error: 0, skipped: 0 } },
      { name: 'stress', verdict: 'failed', counts: { passed: 0, failed: 1, inconclusive: 0, error: 0, skipped: 0 } },
      { name: 'load', verdict: 'error', counts: { passed: 0, failed: 0, inconclusive: 0, error: 0, skipped: 1 } },
    ])
  })

  it('has none of a suite that was not', () => {
    expect(result([scenario('passed')]).suites.map(({ name }) => name)).toEqual(['chaos'])
  })

  it('answers the original’s criteria', () => {
    expect(result([scenario('passed')]).criteria[0]).toEqual({ text: 'every fault was proven to bite', met: true })
  })
})
