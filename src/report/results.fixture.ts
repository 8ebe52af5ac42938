/** Results as the engine writes them, for the renderers' tests. */
import type { Verdict } from '../core/model.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { RunResult } from '../core/result/run.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'
import { countVerdicts, decideRun } from '../core/verdict.ts'

export function scenarioResult(verdict: Verdict, change: Partial<ScenarioResult> = {}): ScenarioResult {
  const base: ScenarioResult = {
    id: 'NF-002',
    name: 'High latency on all requests',
    suite: 'chaos',
    verdict,
    reasons: [],
    recoveryOnly: false,
    expectedBehavior: 'Requests complete, slower',
    stack: 1,
    startedAt: '2026-03-01T10:00:05.000Z',
    durationMs: 14_200,
    phases: [
      { name: 'steady', startedAt: '2026-03-01T10:00:05.000Z', durationMs: 1_100 },
      { name: 'inject', startedAt: '2026-03-01T10:00:06.100Z', durationMs: 12 },
    ],
    targets: ['queen-proxy', 'hive-proxy'],
    mechanism: 'toxiproxy latency',
    effect: { confirmed: true, summary: '+997 ms median over 2 links', reasons: [], measures: { addedMs: 997, links: 2 } },
    expectations: [
      {
        phase: 'during',
        text: 'canary: slower by the fault',
        expected: 'median slower by 1000 ms ± 30 %',
        observed: 'slower by 1010 ms',
        met: true,
      },
    ],
    canary: {
      total: 60,
      failed: 0,
      slow: 60,
      p50Ms: 1_023,
      p95Ms: 1_190,
      longestOutageMs: 1_204,
      steadyP50Ms: 12,
      maxLatenessMs: 3,
      failedAnswers: [],
    },
    recovery: {
      recovered: true,
      afterMs: 420,
      limitMs: 20_000,
      lastBadMs: 0,
      firstGoodMs: 420,
      streak: 17,
      reason: null,
      calm: null,
    },
    control: { service: 'mock-worker', unaffected: true, steadyP95Ms: 4, duringP95Ms: 5, reasons: [] },
    controlReason: null,
    cleanup: { clean: true, leftovers: [] },
    host: {
      memAvailableMinBytes: 9_876_543_210,
      memAvailableFloorBytes: 536_870_912,
      diskFreeMinBytes: 21_474_836_480,
      diskFreeFloorBytes: 1_073_741_824,
      cpuStolenPercent: 0.4,
    },
    events: [{ at: '2026-03-01T10:00:06.112Z', source: 'engine', kind: 'injected', detail: 'latency on 2 links' }],
    series: { file: 'series/NF-002.jsonl' },
    confirmation: null,
    exposure: { places: ['queen → hive'], unused: [], allowed: false },
    logs: [{ service: 'queen-rbee', file: 'logs/NF-002/queen-rbee.log' }],
    repeatCommand: 'node dist/cli/index.js run --only NF-002 --profile quick --seed 7',
    source: { file: 'scenarios/chaos/network-failures.json', line: 20 },
  }
  return { ...base, ...change }
}

const NO_SAMPLES = { samples: 0, neededSamples: 0 }
const LIMIT: LoadResult['thresholds'][number] = {
  ...{ text: 'http_req_duration: p(95)<500', metric: 'http_req_duration', filter: null, aggregate: 'p95', operator: '<' },
  ...{ limit: 500, unit: 'ms', from: 'script', scope: 'run', fromMs: 0, toMs: 26_000, target: null },
  ...{ observed: 41.3, samples: 1_534, neededSamples: 59, met: true, gates: true },
}

export function loadResult(verdict: Verdict, change: Partial<LoadResult> = {}): LoadResult {
  return {
    ...{ id: 'LT-001', name: 'Inference load', suite: 'load', verdict, reasons: [] },
    expectedBehavior: 'A thousand users are served',
    startedAt: '2026-03-01T10:04:00.000Z',
    durationMs: 27_300,
    ...{ model: 'closed', users: 100, requests: 1_534, rps: 59.04, errorRate: 0, errors: {} },
    outcomes: { served: 1_534, rejected: 0, failed: 0 },
    ...{ p50Ms: 22.4, p95Ms: 41.3, p99Ms: 63.8, peakInFlight: 3.26 },
    thresholds: [LIMIT, { ...LIMIT, scope: 'hold', fromMs: 9_000, toMs: 24_000, target: 100, observed: 44.1, samples: 1_150 }],
    breakingPoint: null,
    recoveries: [],
    generator: {
      cpuPercent: 31.2,
      machinePercent: 64.4,
      stolenPercent: 0.4,
      droppedIterations: 0,
      saturated: false,
      reasons: [],
    },
    completion: { served: 1_534, unknown: 0, examples: [], unclaimed: 2 },
    k6: { version: '2.2.0', runsIn: 'container', exitCode: 0 },
    notes: [],
    series: { file: 'load/LT-001/series.ndjson.gz' },
    logs: [{ service: 'k6', file: 'load/LT-001/k6.log' }],
    repeatCommand: 'node dist/cli/index.js run --only LT-001 --profile quick --seed 7',
    source: { file: 'scenarios/load/load.json', line: 5 },
    ...change,
  }
}

export const LOAD_FAILED = loadResult('failed', {
  id: 'LT-002',
  name: 'Stress test up to the breaking point',
  reasons: ['http_req_duration: p(95)<2000 in the hold at 100, 12 s to 18 s: 3.1 s'],
  ...{ errorRate: 0.031, errors: { '503': 40, 'error 1212': 8 }, outcomes: { served: 1_486, rejected: 40, failed: 8 } },
  thresholds: [
    { ...LIMIT, text: 'http_req_duration: p(95)<2000', limit: 2_000, scope: 'hold', target: 100, observed: 3_100, met: false },
    { ...LIMIT, scope: 'worst_10_s', gates: false, met: false, observed: 3_400 },
    { ...LIMIT, text: 'http_req_duration{group:::setup}: avg<500', scope: 'setup', ...NO_SAMPLES, observed: 812, met: false },
    { ...LIMIT, text: 'http_req_duration{group:::teardown}: p(99)<500', scope: 'teardown', ...NO_SAMPLES, observed: null },
    { ...LIMIT, text: 'errors: rate<0.05', aggregate: 'rate', unit: 'share', limit: 0.05, observed: null, samples: 0, met: null },
  ],
  breakingPoint: {
    ...{
      atMs: 14_200,
      users: 310,
      requestsPerSecond: 1_204.4,
      reason: 'throughput_knee',
      detail: '+25 % users, +1 % requests/s',
    },
    generatorSaturated: true,
  },
  recoveries: [{ atMs: 20_000, fromTarget: 500, toTarget: 0, afterMs: null, limitMs: 6_000, detail: 'p95 2.4 s at the end' }],
  generator: {
    ...{ cpuPercent: 172, machinePercent: 100, stolenPercent: 0, droppedIterations: 12, saturated: true },
    reasons: ['12 s to 15 s: 12 iterations dropped'],
  },
  completion: { served: 1_486, unknown: 1, examples: ['t-1'], unclaimed: 0 },
})

export const FAILED = scenarioResult('failed', {
  id: 'NF-001',
  name: 'Complete network partition',
  reasons: ['canary: answers: expected ≥ 99 % answered 503, observed 0 % of 60 (60 × timeout)', 'not recovered within 20 s'],
  effect: { confirmed: true, summary: '0 bytes in 6 s, 0 of 3 old connections alive', reasons: [], measures: { bytes: 0 } },
  expectations: [
    {
      phase: 'during',
      text: 'canary: answers',
      expected: '≥ 99 % answered 503',
      observed: '0 % of 60 (60 × timeout)',
      met: false,
    },
    { phase: 'during', text: 'retry gaps grow', expected: '≥ 3 groups', observed: 'only 1 group', met: null },
    { phase: 'after', text: 'GET /health', expected: '200', observed: '200', met: true },
  ],
  canary: {
    total: 60,
    failed: 60,
    slow: 0,
    p50Ms: null,
    p95Ms: null,
    longestOutageMs: 26_000,
    steadyP50Ms: 12,
    maxLatenessMs: 4,
    failedAnswers: [],
  },
  recovery: {
    recovered: false,
    afterMs: null,
    limitMs: 20_000,
    lastBadMs: 20_000,
    firstGoodMs: null,
    streak: 17,
    reason: 'no good request within 20 s',
    calm: null,
  },
  control: {
    service: 'mock-worker',
    unaffected: false,
    steadyP95Ms: 4,
    duringP95Ms: 400,
    reasons: ['p95 400 ms, at most 104 ms'],
  },
  repeatCommand: 'node dist/cli/index.js run --only NF-001 --profile quick --seed 7',
})

export const INCONCLUSIVE = scenarioResult('inconclusive', {
  id: 'NF-003',
  name: 'Packet loss 30 %',
  reasons: ['only 180 packets were seen, 400 are needed'],
  effect: {
    confirmed: false,
    summary: '29 % of 180 packets',
    reasons: ['only 180 packets were seen, 400 are needed'],
    measures: { packets: 180 },
  },
})

export const ERROR = scenarioResult('error', {
  id: 'WC-001',
  name: 'Crash during inference',
  reasons: ['not reverted: toxic chaos_NF-001 on hive-proxy'],
  expectations: [],
  recoveryOnly: true,
  control: null,
  controlReason: 'the fault targets everything',
  cleanup: { clean: false, leftovers: ['toxic chaos_NF-001 on hive-proxy'] },
})

export const SKIPPED = scenarioResult('skipped', {
  id: 'RE-005',
  name: 'VRAM exhaustion',
  reasons: ['this machine has no GPU'],
  phases: [],
  targets: [],
  mechanism: '',
  effect: { confirmed: false, summary: '', reasons: [], measures: {} },
  expectations: [],
  events: [],
  logs: [],
})

export function runResult(scenarios: ScenarioResult[], change: Partial<RunResult> = {}): RunResult {
  const counts = countVerdicts([...scenarios, ...(change.load ?? [])].map(({ verdict }) => verdict))
  const verdict = decideRun(counts, false)
  return {
    schemaVersion: 1,
    tool: { name: 'chaos-action', version: '0.1.0' },
    run: {
      id: '1f2e3d4c',
      profile: 'quick',
      seed: 7,
      startedAt: '2026-03-01T10:00:00.000Z',
      durationMs: 65_400,
      plannedMs: 62_000,
      stack: 'rbee',
      stacks: 1,
      address: null,
      images: [
        { service: 'queen-rbee', image: 'chaos-action/queen-rbee:0123456789ab', id: 'sha256:1', reference: true },
        { service: 'toxiproxy', image: 'ghcr.io/shopify/toxiproxy:2.12.0', id: 'sha256:2', reference: false },
      ],
      reference: true,
      noInject: false,
      strict: false,
      defects: [],
    },
    verdict,
    reasons: [],
    counts,
    suites: [{ name: 'chaos', verdict, counts }],
    criteria: [{ text: 'every fault was proven to bite', met: true }],
    scenarios,
    load: [],
    environment: {},
    ...change,
  }
}

/** A user's own system: the verdict is about it. */
export function ownSystem(result: RunResult): RunResult {
  const images = [{ service: 'api', image: 'registry.example/api:1.4.2', id: 'sha256:3', reference: false }]
  return { ...result, run: { ...result.run, stack: 'shop', images, reference: false } }
}

/** Everything that has broken a report before, in one string. */
export const HOSTILE =
  'a|b `tick` ```fence``` <!-- hidden --> <img src=x onerror=alert(1)> @octocat #12 GH-13 [x](javascript:1) https://evil.example www.evil.example' +
  ' **bold** &amp; ]]> \u001b[31mred\u001b[0m \u001b]0;title\u0007 \u0000\u0008 \u202egnp.exe \r\n::error::pwned\n- item \ud800 </details></testcase> \ufffe'
