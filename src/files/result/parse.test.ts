import { describe, expect, it } from 'vitest'
import { isChaosError } from '../../core/errors.ts'
import type { RunResult } from '../../core/result/run.ts'
import { deeperThan, parseResult } from './parse.ts'

const counts = { passed: 1, failed: 0, inconclusive: 0, error: 0, skipped: 0 }
const result: RunResult = {
  schemaVersion: 1,
  tool: { name: 'chaos-action', version: '0.1.0' },
  run: {
    id: 'r1',
    profile: 'quick',
    seed: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1_000,
    plannedMs: 900,
    stack: 'sample',
    stacks: 1,
    address: null,
    images: [{ service: 'web', image: 'web:1', id: 'sha256:0', reference: false }],
    reference: false,
    noInject: false,
    strict: false,
    defects: [],
  },
  verdict: 'passed',
  reasons: [],
  counts,
  suites: [{ name: 'chaos', verdict: 'passed', counts }],
  criteria: [{ text: 'all is well', met: true }],
  scenarios: [
    {
      id: 'NF-001',
      name: 'partition',
      suite: 'chaos',
      verdict: 'passed',
      reasons: [],
      recoveryOnly: false,
      expectedBehavior: 'x',
      stack: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 900,
      phases: [{ name: 'steady', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 5 }],
      targets: ['back'],
      mechanism: 'toxiproxy timeout',
      effect: { confirmed: true, summary: 's', reasons: [], measures: { lostBytes: 5, proxy: 'a', accepted: true, none: null } },
      expectations: [{ phase: 'during', text: 't', expected: 'e', observed: 'o', met: null }],
      canary: {
        total: 100,
        failed: 3,
        slow: 7,
        p50Ms: 4,
        p95Ms: null,
        longestOutageMs: 10,
        steadyP50Ms: 3,
        maxLatenessMs: 1,
        failedAnswers: [],
      },
      recovery: {
        recovered: true,
        afterMs: 10,
        limitMs: 20_000,
        lastBadMs: 5,
        firstGoodMs: 10,
        streak: 17,
        reason: null,
        calm: null,
      },
      control: { service: 'worker', unaffected: true, steadyP95Ms: 1, duringP95Ms: 1, reasons: [] },
      controlReason: null,
      cleanup: { clean: true, leftovers: [] },
      host: null,
      events: [{ at: '2026-01-01T00:00:00.000Z', source: 'docker', kind: 'die', detail: 'd' }],
      series: { file: 'series/NF-001.jsonl' },
      confirmation: null,
      exposure: null,
      logs: [{ service: 'web', file: 'logs/NF-001/web.log' }],
      repeatCommand: 'chaos-action run --only NF-001',
      source: { file: 'scenarios/chaos/a.json', line: 3 },
    },
  ],
  load: [
    {
      id: 'LT-001',
      name: 'load',
      suite: 'load',
      verdict: 'inconclusive',
      reasons: ['r'],
      expectedBehavior: 'b',
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 26_000,
      model: 'closed',
      users: 10,
      requests: 100,
      rps: 10,
      errorRate: 0,
      outcomes: { served: 98, rejected: 1, failed: 1 },
      errors: { '503': 1, 'error 1212': 1 },
      p50Ms: 1,
      p95Ms: 2,
      p99Ms: null,
      peakInFlight: 10.5,
      thresholds: [
        {
          text: 'm p95 < 500 ms',
          metric: 'm',
          filter: null,
          aggregate: 'p95',
          operator: '<',
          limit: 500,
          unit: 'ms',
          from: 'script',
          scope: 'hold',
          fromMs: 1_000,
          toMs: 5_000,
          target: 100,
          observed: 2,
          samples: 400,
          neededSamples: 59,
          met: true,
          gates: true,
        },
      ],
      breakingPoint: {
        atMs: 7_000,
        users: 900,
        requestsPerSecond: 2_900.5,
        reason: 'throughput_knee',
        detail: 'd',
        generatorSaturated: false,
      },
      recoveries: [{ atMs: 9_000, fromTarget: 300, toTarget: 10, afterMs: null, limitMs: 30_000, detail: 'd' }],
      generator: {
        cpuPercent: 20,
        machinePercent: null,
        stolenPercent: null,
        droppedIterations: 0,
        saturated: false,
        reasons: [],
      },
      completion: { served: 98, unknown: 0, examples: [], unclaimed: 2 },
      k6: { version: '2.2.0', runsIn: 'container', exitCode: 0 },
      notes: ['n'],
      series: { file: 'load/LT-001/series.ndjson.gz' },
      logs: [{ service: 'k6', file: 'load/LT-001/k6.log' }],
      repeatCommand: 'c',
      source: { file: 'scenarios/load/load.json', line: 5 },
    },
  ],
  environment: { cpus: 2, nested: { list: [1, 'a', null] } },
}

/** The message for the result with one value replaced. */
function problem(path: readonly (string | number)[], value: unknown): string {
  const copy = structuredClone(result) as object
  let parent = copy
  for (const part of path.slice(0, -1)) parent = Reflect.get(parent, part) as object
  Reflect.set(parent, path.at(-1) ?? '', value)
  const error = thrown(() => parseResult(JSON.stringify(copy), 'r.json'))
  expect(isChaosError(error, 'BAD_INPUT')).toBe(true)
  return (error as Error).message
}

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}

describe('parseResult', () => {
  it('gives back what a run has written', () => {
    expect(parseResult(JSON.stringify(result), 'r.json')).toEqual(result)
  })

  it('passes over keys that a later version may have', () => {
    const more = JSON.stringify({ ...result, later: 1, tool: { ...result.tool, later: 2 } })
    expect(parseResult(more, 'r.json')).toEqual(result)
  })

  it('fills in what a result of an older version does not have', () => {
    const older = JSON.stringify({ ...result, run: { ...result.run, stacks: 2 } })
      .replace('"stacks":2,', '')
      .replace('"stack":1,', '')
      .replace('"stolenPercent":null,', '')
      .replace('"slow":7,', '')
    expect(older).not.toMatch(/"stacks"|"stack":1|stolenPercent|"slow"/)
    const [scenario, ...others] = result.scenarios
    const canary = { ...scenario?.canary, slow: null }
    expect(parseResult(older, 'r.json')).toEqual({ ...result, scenarios: [{ ...scenario, canary }, ...others] })
  })

  it.each<[readonly (string | number)[], unknown, string]>([
    [['verdict'], 'skipped', 'verdict: must be one of passed, failed, error, inconclusive, not "skipped"'],
    [['verdict'], undefined, 'verdict: is missing'],
    [['counts', 'passed'], -1, 'counts.passed: must be at least 0'],
    [['scenarios', 0, 'verdict'], 'green', 'scenarios[0].verdict: must be one of'],
    [['scenarios', 0, 'canary', 'p50Ms'], 'fast', 'scenarios[0].canary.p50Ms: must be a number, not "fast"'],
    [['scenarios', 0, 'effect', 'measures'], { a: {} }, 'scenarios[0].effect.measures.a: '],
    [['scenarios', 0, 'series', 'file'], '../../etc/passwd', 'scenarios[0].series.file: must be a path below the folder'],
    [['scenarios', 0, 'series', 'file'], '/etc/passwd', 'scenarios[0].series.file: must be a path below the folder'],
    [['scenarios', 0, 'logs', 0, 'file'], 'a/../../b', 'scenarios[0].logs[0].file: must be a path below the folder'],
    [['scenarios', 0, 'logs', 0, 'file'], '..', 'scenarios[0].logs[0].file: must be a path below the folder'],
    [['scenarios'], {}, 'scenarios: must be a list, not an object'],
    [['schemaVersion'], 2, 'it has schemaVersion 2; this program knows 1'],
    [['schemaVersion'], 'x', 'schemaVersion: must be 1'],
  ])('refuses %j = %j', (path, value, message) => {
    expect(problem(path, value)).toContain(message)
  })

  it('refuses what is no result at all', () => {
    for (const text of ['', '[]', 'null', '5', '{"a":', '{}']) {
      expect(
        isChaosError(
          thrown(() => parseResult(text, 'r.json')),
          'BAD_INPUT',
        ),
      ).toBe(true)
    }
  })

  it('tells the first 20 mistakes of many', () => {
    const lines = problem(
      ['suites'],
      Array.from({ length: 1_000 }, () => 1),
    ).split('\n')
    expect(lines).toHaveLength(21)
    expect(lines[20]).toBe('and 980 more')
  })

  it('refuses 200,000 levels of nesting in any place', () => {
    for (const open of ['[', '{"a":']) {
      const text = JSON.stringify(result).replace('"environment":{', `"environment":{"deep":${open.repeat(200_000)}`)
      expect(() => parseResult(text, 'r.json')).toThrow('nested deeper than 100 levels')
    }
  })
})

it('deeperThan counts no brackets in text', () => {
  expect(deeperThan('{"a": "[[[[[["}', 1)).toBe(false)
  expect(deeperThan('{"a\\"[[[": []}', 2)).toBe(false)
  expect(deeperThan('[[[]]]', 2)).toBe(true)
  expect(deeperThan('[[],[],[]]', 2)).toBe(false)
})
