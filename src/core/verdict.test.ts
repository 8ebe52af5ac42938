import { describe, expect, it } from 'vitest'
import type { Counts, Verdict } from './model.ts'
import { countVerdicts, decideRun, decideScenario, type ScenarioFacts } from './verdict.ts'

const HEALTHY: ScenarioFacts = {
  missingCapability: null,
  harnessErrors: [],
  injected: true,
  effect: { confirmed: true, reasons: [] },
  canarySent: 60,
  starved: null,
  expectations: [{ phase: 'during', text: 'clause', expected: '≥ 97 %', observed: '100 %', met: true }],
  recovery: { recovered: true, reason: null },
  control: { service: 'peer', unaffected: true, steadyP95Ms: 2, duringP95Ms: 2, reasons: [] },
  leftovers: [],
}
const MISSED = { phase: 'during', text: 'clause', expected: '≥ 97 %', observed: '50 %', met: false } as const
const HIT = { service: 'peer', unaffected: false, steadyP95Ms: 2, duringP95Ms: 900, reasons: ['p95 900 ms'] }

function verdictOf(change: Partial<ScenarioFacts>): Verdict {
  return decideScenario({ ...HEALTHY, ...change }).verdict
}

describe('decideScenario', () => {
  it('passes only when everything was observed', () => {
    expect(decideScenario(HEALTHY)).toEqual({ verdict: 'passed', reasons: [] })
  })

  it.each<[string, Partial<ScenarioFacts>, Verdict]>([
    ['a missing capability, whatever else', { missingCapability: 'no GPU', harnessErrors: ['x'] }, 'skipped'],
    ['a harness error before a missed expectation', { harnessErrors: ['helper died'], expectations: [MISSED] }, 'error'],
    ['a leftover', { leftovers: ['toxic x'] }, 'error'],
    [
      'an unconfirmed effect before a missed expectation',
      { effect: { confirmed: false, reasons: ['no bite'] }, expectations: [MISSED] },
      'inconclusive',
    ],
    ['an unconfirmed effect without a reason', { effect: { confirmed: false, reasons: [] } }, 'inconclusive'],
    ['nothing injected although the effect was seen', { injected: false }, 'inconclusive'],
    ['too few canary requests', { canarySent: 19 }, 'inconclusive'],
    ['a starved harness', { starved: 'lag' }, 'inconclusive'],
    ['a missed expectation', { expectations: [MISSED] }, 'failed'],
    ['an undecided expectation', { expectations: [{ ...MISSED, met: null }] }, 'failed'],
    ['no recovery', { recovery: { recovered: false, reason: 'never' } }, 'failed'],
    ['a control that was hit while all else held', { control: HIT }, 'error'],
    ['a miss and a control hit', { expectations: [MISSED], control: HIT }, 'failed'],
    ['no control, as the fault hits everything', { control: null }, 'passed'],
  ])('%s', (_name, change, verdict) => {
    expect(verdictOf(change)).toBe(verdict)
  })

  it('names a control hit beside the miss', () => {
    const { reasons } = decideScenario({ ...HEALTHY, expectations: [MISSED], control: HIT })
    expect(reasons).toEqual(['clause: expected ≥ 97 %, observed 50 %', 'control peer was hit as well: p95 900 ms'])
  })

  it('always gives a reason for anything but passed', () => {
    const changes: Partial<ScenarioFacts>[] = [
      { effect: { confirmed: false, reasons: [] } },
      { recovery: { recovered: false, reason: null } },
    ]
    for (const change of changes) expect(decideScenario({ ...HEALTHY, ...change }).reasons.length).toBeGreaterThan(0)
  })
})

describe('decideRun', () => {
  const counts = (of: Partial<Counts>): Counts => ({ ...countVerdicts([]), ...of })

  it.each<[Partial<Counts>, boolean, string]>([
    [{ passed: 5 }, false, 'passed'],
    [{ passed: 5, failed: 1, error: 1, inconclusive: 1 }, false, 'failed'],
    [{ passed: 5, error: 1, inconclusive: 1 }, false, 'error'],
    [{ passed: 5, inconclusive: 1 }, false, 'inconclusive'],
    [{}, false, 'error'],
    [{ skipped: 3 }, false, 'error'],
    [{ passed: 1, skipped: 3 }, false, 'passed'],
    [{ passed: 1, skipped: 3 }, true, 'error'],
  ])('%j, strict %j: %s', (of, strict, verdict) => {
    expect(decideRun(counts(of), strict)).toBe(verdict)
  })
})
