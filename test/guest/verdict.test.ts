import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/core/result/run.ts'
import type { ScenarioResult } from '../../src/core/result/scenario.ts'
import { judgeGuest, type GuestReport, type Wanted } from './verdict.ts'

const MACHINE = new Map([
  ['cgroup_filesystem', 'cgroup2fs'],
  ['cgroup_driver', 'systemd'],
  ['cgroup_version', '2'],
  ['init', 'systemd'],
  ['netem', 'yes'],
  ['swap_bytes', '1073741824'],
])

const CONTROL = ['qdisc netem 8001: root refcnt 2 limit 1000 loss 1% in the network namespace of process 1']

const WANTED: Wanted = {
  scenarios: [
    { id: 'A', faults: [{ kind: 'cpu' }] },
    { id: 'B', faults: [{ kind: 'crash' }] },
    { id: 'L', faults: [{ kind: 'packet_loss' }] },
  ],
  kinds: ['cpu', 'crash', 'packet_loss'],
}

function scenario(id: string, changes: Partial<ScenarioResult> = {}): ScenarioResult {
  const phase = { startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 }
  return {
    ...{ id, name: id, suite: 'chaos', verdict: 'passed', reasons: [], recoveryOnly: true, expectedBehavior: 'x', stack: 1 },
    ...{ startedAt: phase.startedAt, durationMs: 1, targets: [], mechanism: "in the target's cgroup (v2)" },
    phases: [
      { ...phase, name: 'revert' },
      { ...phase, name: 'clean' },
    ],
    effect: { confirmed: true, summary: 'it bit', reasons: [], measures: {} },
    expectations: [],
    canary: {
      total: 0,
      failed: 0,
      slow: null,
      p50Ms: null,
      p95Ms: null,
      longestOutageMs: null,
      steadyP50Ms: null,
      maxLatenessMs: null,
      failedAnswers: [],
    },
    recovery: { recovered: true, afterMs: 0, limitMs: 1, lastBadMs: 0, firstGoodMs: 0, streak: 1, reason: null, calm: null },
    ...{ control: null, controlReason: null, cleanup: { clean: true, leftovers: [] }, host: null, events: [], series: null },
    confirmation: null,
    exposure: null,
    ...{ logs: [], repeatCommand: 'x', source: { file: 'x', line: 1 } },
    ...changes,
  }
}

function endedWith(run: number, leftovers: number): Map<string, number> {
  return new Map([
    ['run', run],
    ['run-netem', 0],
    ['leftovers', leftovers],
  ])
}

/** Of a run with these scenarios and one that lost packets. */
function report(scenarios: readonly ScenarioResult[], changes: Partial<GuestReport> = {}): GuestReport {
  // Only these two fields are read.
  const resultOf = (own: readonly ScenarioResult[]): RunResult => ({ scenarios: own, reasons: [] }) as unknown as RunResult
  const netem = resultOf([scenario('L', { mechanism: 'netem loss at egress' })])
  return {
    machine: MACHINE,
    ended: endedWith(0, 0),
    result: resultOf([...scenarios, scenario('L')]),
    netem,
    leftovers: [],
    control: CONTROL,
    ...changes,
  }
}

function problemsOf(given: GuestReport): readonly string[] {
  return judgeGuest(given, WANTED).problems
}

const GOOD = [scenario('A'), scenario('B')]

describe('what the guest must show', () => {
  it('is satisfied when every fault was seen from its effect to its end, whatever the verdicts', () => {
    const given = report([scenario('A', { verdict: 'inconclusive', reasons: ['harness starved'] }), scenario('B')])
    expect(problemsOf(given)).toEqual([])
    expect(judgeGuest(given, WANTED).rows.map(({ id, effect, reverted, clean }) => [id, effect, reverted, clean])).toEqual([
      ['A', true, true, true],
      ['B', true, true, true],
      ['L', true, true, true],
      ['L', true, true, true],
    ])
  })

  it('misses a scenario that was not run, and its kind', () => {
    expect(problemsOf(report([scenario('A')]))).toEqual([
      'B was not run',
      'no scenario shows the fault crash from its effect to its end',
    ])
  })

  it('misses an effect, and says why it was not seen', () => {
    const effect = { confirmed: false, summary: '', reasons: ['no throttling'], measures: {} }
    expect(problemsOf(report([scenario('A', { effect }), scenario('B')]))[0]).toBe('A: no effect: no throttling')
  })

  it('misses a revert that failed, although nothing was looked for after it', () => {
    const [revert] = scenario('A').phases
    const broken = scenario('A', { reasons: ['not reverted: cpu on web: timeout'], phases: revert === undefined ? [] : [revert] })
    expect(problemsOf(report([broken, scenario('B')]))).toEqual([
      'A: not reverted: not reverted: cpu on web: timeout',
      'no scenario shows the fault cpu from its effect to its end',
    ])
  })

  it('misses what was left by a scenario, and by all of them', () => {
    const dirty = scenario('B', { cleanup: { clean: false, leftovers: ['nft table x'] } })
    const given = report([scenario('A'), dirty], {
      leftovers: ['qdisc netem 1:'],
      ended: endedWith(2, 1),
    })
    expect(problemsOf(given)).toEqual([
      'left behind: qdisc netem 1:',
      'B: left behind: nft table x',
      'no scenario shows the fault crash from its effect to its end',
    ])
  })

  it('takes no mechanism of cgroup version 1, and no other machine', () => {
    expect(problemsOf(report([scenario('A', { mechanism: "in the target's cgroup (v1)" }), scenario('B')]))).toEqual([
      "A: its mechanism is not that of cgroup version 2: in the target's cgroup (v1)",
    ])
    const machine = new Map([...MACHINE, ['cgroup_driver', 'cgroupfs'], ['swap_bytes', '0']])
    expect(problemsOf(report(GOOD, { machine }))).toEqual([
      "the guest's cgroup_driver is cgroupfs, not systemd",
      'the guest has no swap',
    ])
  })

  it('misses a loss by netem that came by other means, or not at all', () => {
    const other = { scenarios: [scenario('L', { mechanism: 'nft numgen random drop at ingress' })], reasons: [] }
    expect(problemsOf(report(GOOD, { netem: other as unknown as RunResult }))).toEqual([
      'L was told to use netem, and its mechanism is: nft numgen random drop at ingress',
    ])
    expect(problemsOf(report(GOOD, { netem: null }))).toEqual(['with netem, L was not run'])
  })

  it('takes neither silence nor a broken end for success', () => {
    const silent: GuestReport = { machine: new Map(), ended: new Map(), result: null, netem: null, leftovers: [], control: [] }
    const problems = problemsOf(silent)
    expect(problems).toContain('the run wrote no result')
    expect(problems).toContain('run ended with nothing')
    expect(problems).toContain('with netem, L was not run')
    expect(problems).toContain('the search for leftovers does not see a netem qdisc')
    expect(problems).toContain('the search for leftovers ended with nothing')
    expect(problems).toContain("the guest's cgroup_filesystem is not told, not cgroup2fs")
    const early = new Map([...endedWith(0, 0)].filter(([name]) => name === 'run'))
    expect(problemsOf(report(GOOD, { ended: early }))).toEqual([
      'run-netem ended with nothing',
      'the search for leftovers ended with nothing',
    ])
    expect(problemsOf(report(GOOD, { ended: endedWith(137, 0) }))).toEqual(['run ended with 137'])
  })
})
