import { describe, expect, it } from 'vitest'
import type { RunVerdict, Verdict } from './model.ts'
import type { Counts } from './result/run.ts'
import type { ConfirmationResult } from './result/scenario.ts'
import {
  countVerdicts,
  decideApart,
  decideLoad,
  decideReport,
  decideRun,
  decideScenario,
  EXIT_CODES,
  judgeCriteria,
  withConfirmation,
  withTrouble,
  type CriteriaFacts,
  type LoadFacts,
  type ScenarioFacts,
} from './verdict.ts'

const HEALTHY: ScenarioFacts = {
  missingCapability: null,
  harnessErrors: [],
  injected: true,
  effect: { confirmed: true, reasons: [] },
  canarySent: 60,
  exposure: null,
  starved: null,
  expectations: [{ phase: 'during', text: 'clause', expected: '≥ 97 %', observed: '100 %', met: true }],
  recovery: { recovered: true, reason: null },
  control: { service: 'peer', unaffected: true, steadyP95Ms: 2, duringP95Ms: 2, reasons: [] },
  leftovers: [],
  mayStay: false,
  cpuStolenPercent: null,
}
const MISSED = { phase: 'during', text: 'clause', expected: '≥ 97 %', observed: '50 %', met: false } as const
const TWO_SIGNS = ['control peer was hit as well: p95 900 ms', 'control peer was hit as well: restarted']
const HIT = { service: 'peer', unaffected: false, steadyP95Ms: 2, duringP95Ms: 900, reasons: ['p95 900 ms'] }

function verdictOf(change: Partial<ScenarioFacts>): Verdict {
  return decideScenario({ ...HEALTHY, ...change }).verdict
}

describe('a red that was run once more', () => {
  const first = { verdict: 'failed', reasons: ['late'] } as const
  const again = { verdict: 'failed', reasons: [], after: ['A', 'B', 'C', 'D'], beside: true } as const
  const rest = { startedAt: 'now', durationMs: 1, series: null, logs: [] }
  it.each<[Partial<ConfirmationResult>, string]>([
    [{}, 'failed 2 of 2: once more alone, on a fresh stack'],
    [{ verdict: 'passed' }, 'failed only after B, C, D and 1 more: alone, on a fresh stack, it passed'],
    [{ verdict: 'passed', after: ['A', 'B', 'C'] }, 'failed only after A, B, C: alone, on a fresh stack, it passed'],
    [{ verdict: 'passed', after: [] }, 'failed only beside other stacks: alone, on a fresh stack, it passed'],
    [
      { verdict: 'inconclusive', reasons: ['starved', 'x'] },
      'whether it fails alone is not known: on a fresh stack it was inconclusive: starved',
    ],
    [{ verdict: 'error' }, 'whether it fails alone is not known: on a fresh stack it was error: no reason was given'],
  ])('stays red, and says so: %j', (change, reason) => {
    expect(withConfirmation(first, { ...again, ...rest, ...change })).toEqual({ verdict: 'failed', reasons: ['late', reason] })
  })
})

describe('decideScenario', () => {
  it('passes only when everything was observed', () => {
    expect(decideScenario(HEALTHY)).toEqual({ verdict: 'passed', reasons: [] })
  })

  it('tells what the host took of the CPU time, beside reasons only: it is never one itself', () => {
    const stolen = { cpuStolenPercent: 38 }
    const note = expect.stringContaining('gave 38 % of the CPU time') as string
    expect(decideScenario({ ...HEALTHY, ...stolen })).toEqual({ verdict: 'passed', reasons: [] })
    expect(decideScenario({ ...HEALTHY, ...stolen, missingCapability: 'no GPU' }).reasons).toEqual(['no GPU'])
    expect(decideScenario({ ...HEALTHY, ...stolen, expectations: [MISSED] })).toEqual({
      verdict: 'failed',
      reasons: ['clause: expected ≥ 97 %, observed 50 %', note],
    })
    expect(decideScenario({ ...HEALTHY, ...stolen, starved: 'late' }).reasons).toEqual(['harness starved: late', note])
  })

  it.each<[string[], string[], boolean, Verdict]>([
    [['api → db'], ['api → db'], false, 'inconclusive'],
    [['api → db'], ['api → db'], true, 'passed'],
    [['api → db'], [], false, 'passed'],
    [['api → db', 'api → cache'], ['api → cache'], false, 'passed'],
    [['api → db', 'api → cache'], ['api → db', 'api → cache'], false, 'inconclusive'],
    [[], [], false, 'passed'],
  ])('of %j, where nobody used %j (allowed: %j), it says %s', (places, unused, allowed, verdict) => {
    const decided = decideScenario({ ...HEALTHY, exposure: { places, unused, allowed } })
    expect(decided.verdict).toBe(verdict)
    const start = `nothing used ${unused.join(', ')}: the system had no connection there`
    expect(decided.reasons.map((reason) => reason.startsWith(start))).toEqual(verdict === 'passed' ? [] : [true])
  })

  it.each<[string, Partial<ScenarioFacts>, Verdict]>([
    ['a missing capability, whatever else', { missingCapability: 'no GPU', harnessErrors: ['x'] }, 'skipped'],
    ['a missing capability, when something may have stayed', { missingCapability: 'no GPU', mayStay: true }, 'error'],
    ['a missing capability, when something stayed', { missingCapability: 'no GPU', leftovers: ['toxic x'] }, 'error'],
    ['something that may have stayed, and did not', { mayStay: true }, 'passed'],
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
    ['just enough canary requests', { canarySent: 20 }, 'passed'],
    ['too few canary requests before a missed expectation', { canarySent: 19, expectations: [MISSED] }, 'inconclusive'],
    ['a starved harness before no recovery', { starved: 'lag', recovery: { recovered: false, reason: 'x' } }, 'inconclusive'],
    ['an error before an unconfirmed effect', { harnessErrors: ['x'], effect: { confirmed: false, reasons: [] } }, 'error'],
    ['a fault that was got round', { effect: { confirmed: true, reasons: [], escaped: ['it sent nothing'] } }, 'failed'],
    ['one clause of two that was missed', { expectations: [...HEALTHY.expectations, MISSED] }, 'failed'],
    ['a control that was hit, though nobody says how', { control: { ...HIT, reasons: [] } }, 'error'],
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

  it.each<[string, Partial<ScenarioFacts>, string[]]>([
    ['what is missing', { missingCapability: 'no GPU', harnessErrors: ['x'] }, ['no GPU']],
    [
      'what is missing before what was left behind',
      { missingCapability: 'no GPU', harnessErrors: ['x'], leftovers: ['toxic y'] },
      ['no GPU', 'x', 'not reverted: toxic y'],
    ],
    [
      'what broke, and what was left behind',
      { harnessErrors: ['helper died'], leftovers: ['toxic x on queen-proxy', 'toxic y'] },
      ['helper died', 'not reverted: toxic x on queen-proxy', 'not reverted: toxic y'],
    ],
    ['why the effect is not confirmed', { effect: { confirmed: false, reasons: ['no bite', 'dead'] } }, ['no bite', 'dead']],
    ['that it is not, where nobody says why', { effect: { confirmed: false, reasons: [] } }, ['the fault was not seen to bite']],
    ['a rehearsal', { injected: false }, ['nothing was injected (--no-inject): a rehearsal cannot pass']],
    [
      'all doubts at once',
      { canarySent: 3, starved: 'event-loop lag 800 ms' },
      ['only 3 canary requests in the fault window, 20 are needed', 'harness starved: event-loop lag 800 ms'],
    ],
    [
      'each miss, and of a clause that nobody could decide that it was not',
      { expectations: [MISSED, { ...MISSED, text: 'pool', met: null }], recovery: { recovered: false, reason: 'after 20 s' } },
      ['clause: expected ≥ 97 %, observed 50 %', 'undecided: pool: expected ≥ 97 %, observed 50 %', 'after 20 s'],
    ],
    [
      'how the system got round the fault, before what it missed',
      { effect: { confirmed: true, reasons: [], escaped: ['it sent nothing'] }, expectations: [MISSED] },
      ['it sent nothing', 'clause: expected ≥ 97 %, observed 50 %'],
    ],
    ['no recovery without a reason', { recovery: { recovered: false, reason: null } }, ['did not recover']],
    ['each sign that the control was hit', { control: { ...HIT, reasons: ['p95 900 ms', 'restarted'] } }, TWO_SIGNS],
    ['that it was, where nobody says how', { control: { ...HIT, reasons: [] } }, ['control peer was hit as well']],
  ])('tells %s', (_what, change, reasons) => {
    expect(decideScenario({ ...HEALTHY, ...change }).reasons).toEqual(reasons)
  })
})

describe('decideLoad', () => {
  const KEPT: LoadFacts = { errors: [], misses: [], doubts: [], stolenPercent: null }
  const [errors, misses, doubts] = [['k6 crashed'], ['p95 of 900 ms'], ['too few samples']]

  it.each<[Partial<LoadFacts>, Verdict, string[]]>([
    [{}, 'passed', []],
    [{ errors, doubts }, 'error', errors],
    [{ errors, misses, doubts }, 'error', [...errors, ...misses]],
    [{ misses }, 'failed', misses],
    [{ misses, doubts }, 'failed', [...misses, ...doubts]],
    [{ doubts }, 'inconclusive', doubts],
  ])('of %j is %s', (found, verdict, reasons) => {
    expect(decideLoad({ ...KEPT, ...found })).toEqual({ verdict, reasons })
  })

  it('tells what the host took of the CPU time, beside reasons only', () => {
    const note = expect.stringContaining('gave 30 % of the CPU time') as string
    expect(decideLoad({ ...KEPT, stolenPercent: 30 })).toEqual({ verdict: 'passed', reasons: [] })
    expect(decideLoad({ ...KEPT, doubts, stolenPercent: 30 }).reasons).toEqual([...doubts, note])
  })
})

describe('decideReport', () => {
  it.each<[RunVerdict[], number, RunVerdict]>([
    [['passed', 'passed'], 0, 'passed'],
    [['inconclusive', 'passed'], 0, 'inconclusive'],
    [['error', 'inconclusive', 'passed'], 0, 'error'],
    // One that could not be read, was not looked at, or is not there is no green.
    [['passed'], 1, 'error'],
    [['inconclusive'], 1, 'error'],
    [[], 0, 'error'],
    [[], 1, 'error'],
    // A failure comes before what is not known.
    [['failed', 'error', 'inconclusive'], 3, 'failed'],
  ])('of %j with %d unread is %s', (verdicts, unread, verdict) => {
    expect(decideReport(verdicts, unread)).toBe(verdict)
  })
})

it.each<[RunVerdict, after: RunVerdict, apart: RunVerdict]>([
  ['passed', 'error', 'error'],
  ['failed', 'failed', 'error'],
  ['error', 'error', 'error'],
  ['inconclusive', 'error', 'inconclusive'],
])('a run that is %s is %s after trouble, and by itself %s', (verdict, after, apart) => {
  expect([withTrouble(verdict), decideApart(verdict)]).toEqual([after, apart])
})

describe('decideRun', () => {
  const counts = (of: Partial<Counts>): Counts => ({ ...countVerdicts([]), ...of })

  it.each<[Partial<Counts>, boolean, string]>([
    [{ passed: 5 }, false, 'passed'],
    [{ passed: 5, failed: 1, error: 1, inconclusive: 1 }, false, 'failed'],
    [{ passed: 5, error: 1, inconclusive: 1 }, false, 'error'],
    [{ passed: 5, inconclusive: 1 }, false, 'inconclusive'],
    [{ inconclusive: 1, skipped: 1 }, true, 'inconclusive'],
    [{ passed: 5 }, true, 'passed'],
    [{}, false, 'error'],
    [{ skipped: 3 }, false, 'error'],
    [{ passed: 1, skipped: 3 }, false, 'passed'],
    [{ passed: 1, skipped: 3 }, true, 'error'],
  ])('%j, strict %j: %s', (of, strict, verdict) => {
    expect(decideRun(counts(of), strict)).toBe(verdict)
    // Trouble of the run itself is never hidden, and hides no broken promise.
    expect(decideRun(counts(of), strict, true)).toBe(verdict === 'failed' ? 'failed' : 'error')
  })
})

it('counts each verdict', () => {
  expect(countVerdicts(['passed', 'error', 'passed', 'skipped', 'failed', 'inconclusive', 'passed'])).toEqual({
    ...{ passed: 3, failed: 1, inconclusive: 1, error: 1, skipped: 1 },
  })
})

it('has an exit code for each verdict of a run, and 0 for passed alone', () => {
  expect(EXIT_CODES).toEqual({ passed: 0, failed: 1, error: 2, inconclusive: 3 })
})

describe('judgeCriteria', () => {
  const clause = { ...MISSED, met: true }
  const good: CriteriaFacts = {
    verdict: 'passed',
    effect: { confirmed: true, summary: '', measures: {}, reasons: [] },
    expectations: [clause],
    recovery: {
      recovered: true,
      afterMs: 0,
      limitMs: 20_000,
      lastBadMs: null,
      firstGoodMs: null,
      streak: 17,
      reason: null,
      calm: null,
    },
    control: { ...HIT, unaffected: true },
    cleanup: { clean: true, leftovers: [] },
  }
  const met = (...scenarios: CriteriaFacts[]): (boolean | null)[] => judgeCriteria(scenarios).map((criterion) => criterion.met)

  it('answers the five questions of the original harness', () => {
    expect(judgeCriteria([good, good])).toEqual([
      { text: 'every fault was proven to bite', met: true },
      { text: 'the promised behaviour was seen while it did', met: true },
      { text: 'the system recovered within its limit', met: true },
      { text: 'nothing else was hit', met: true },
      { text: 'nothing stayed behind', met: true },
    ])
  })

  it.each<[string, Partial<CriteriaFacts>, number]>([
    ['an effect that was not confirmed', { effect: { ...good.effect, confirmed: false } }, 0],
    ['a missed clause among met ones', { expectations: [clause, MISSED, clause] }, 1],
    ['a clause that nobody could decide', { expectations: [{ ...clause, met: null }] }, 1],
    ['a system that did not recover', { recovery: { ...good.recovery, recovered: false } }, 2],
    ['a control that was hit', { control: HIT }, 3],
    ['something left behind', { cleanup: { clean: false, leftovers: ['x'] } }, 4],
  ])('is not met by one scenario of two with %s', (_what, change, place) => {
    expect(met(good, { ...good, ...change })).toEqual([0, 1, 2, 3, 4].map((criterion) => criterion !== place))
  })

  it('asks neither scenarios that were skipped nor those without a control, and does not answer without any', () => {
    const unconfirmed = { ...good.effect, confirmed: false }
    const skipped: CriteriaFacts = { ...good, verdict: 'skipped', effect: unconfirmed, control: HIT }
    expect(met(skipped)).toEqual([null, null, null, null, null])
    expect(met(good, skipped)).toEqual([true, true, true, true, true])
    expect(met({ ...good, control: null })).toEqual([true, true, true, null, true])
    expect(met({ ...good, control: HIT }, { ...good, control: null })[3]).toBe(false)
  })
})
