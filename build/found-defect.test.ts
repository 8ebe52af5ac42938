import { expect, it } from 'vitest'
import type { Verdict } from '../src/core/model.ts'
import type { LoadResult } from '../src/core/result/load.ts'
import type { RunResult } from '../src/core/result/run.ts'
import type { ScenarioResult } from '../src/core/result/scenario.ts'
import { whyNotFound } from './found-defect.ts'

function result(
  verdict: Verdict,
  met: boolean | null = false,
  recovery: { recovered: boolean; reason: string | null } = { recovered: true, reason: null },
): Pick<RunResult, 'scenarios' | 'load'> {
  const expectation = { phase: 'during', text: 'canary: ≥ 97 % good', expected: 'e', observed: '5 % of 60 (57 × 503)', met }
  const other = { ...expectation, text: 'pool: is whole', observed: 'three', met: true }
  const scenario = { id: 'NF-005', verdict, reasons: ['canary: no'], expectations: [other, expectation], recovery }
  const load = { id: 'LT-001', verdict, reasons: ['errors: rate<0.01 from 0 s to 28 s: 15.8 % of 1510 samples'] }
  return { scenarios: [scenario as unknown as ScenarioResult], load: [load as unknown as LoadResult] }
}

const CANARY = { text: 'canary: ≥ 97 %' }

it.each<[string, Verdict, boolean | null, { text: string; observed?: string }, string | null]>([
  ['the clause is missed', 'failed', false, CANARY, null],
  ['with what is observed', 'failed', false, { ...CANARY, observed: '× 503' }, null],
  ['it passed', 'passed', false, CANARY, 'NF-005 passed: canary: no'],
  ['it is an error', 'error', false, CANARY, 'NF-005 error: canary: no'],
  ['the clause is met', 'failed', true, CANARY, 'not for "canary: ≥ 97 %": NF-005 failed: canary: no'],
  ['the clause is undecided', 'failed', null, CANARY, 'not for "canary: ≥ 97 %": NF-005 failed: canary: no'],
  ['another one is missed', 'failed', false, { text: 'pool' }, 'not for "pool": NF-005 failed: canary: no'],
  [
    'something else is observed',
    'failed',
    false,
    { ...CANARY, observed: '× 500' },
    'not for "canary: ≥ 97 %" with "× 500": NF-005 failed: canary: no',
  ],
])('%s', (_what, verdict, met, clause, why) => {
  expect(whyNotFound(result(verdict, met), 'NF-005', clause)).toBe(why)
})

it('what is asked of every scenario is the recovery', () => {
  const slow = { recovered: false, reason: 'not as before: 5 of 70 answers took over 304 ms' }
  const why = (observed: string, recovery = slow): string | null =>
    whyNotFound(result('failed', true, recovery), 'NF-005', { text: 'recovery', observed })
  expect(why('not as before')).toBeNull()
  expect(why('relapse')).toContain('not for "recovery" with "relapse"')
  expect(why('not as before', { ...slow, recovered: true })).toContain('not for "recovery"')
})

it('a limit of a load is told by its reason', () => {
  expect(whyNotFound(result('failed'), 'LT-001', { text: 'errors: rate<0.01', observed: '15.8 %' })).toBeNull()
  expect(whyNotFound(result('failed'), 'LT-001', { text: 'http_req_duration' })).toContain('not for "http_req_duration"')
})

it('what was not run has found nothing', () => {
  expect(whyNotFound(result('failed'), 'NF-001', CANARY)).toBe('NF-001 was not run')
})
