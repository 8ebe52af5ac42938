/** Results as the engine writes them, for the renderers' tests. */
import type { RunResult, ScenarioResult, Verdict } from '../core/model.ts'
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
    canary: { total: 60, failed: 0, p50Ms: 1_023, p95Ms: 1_190, longestOutageMs: 1_204, steadyP50Ms: 12, maxLatenessMs: 3 },
    recovery: { recovered: true, afterMs: 420, limitMs: 20_000, lastBadMs: 0, firstGoodMs: 420, streak: 17, reason: null },
    control: { service: 'mock-worker', unaffected: true, steadyP95Ms: 4, duringP95Ms: 5, reasons: [] },
    controlReason: null,
    cleanup: { clean: true, leftovers: [] },
    host: {
      memAvailableMinBytes: 9_876_543_210,
      memAvailableFloorBytes: 536_870_912,
      diskFreeMinBytes: 21_474_836_480,
      diskFreeFloorBytes: 1_073_741_824,
    },
    events: [{ at: '2026-03-01T10:00:06.112Z', source: 'engine', kind: 'injected', detail: 'latency on 2 links' }],
    series: { file: 'series/NF-002.jsonl' },
    logs: [{ service: 'queen-rbee', file: 'logs/NF-002/queen-rbee.log' }],
    repeatCommand: 'node dist/cli/index.js run --only NF-002 --profile quick --seed 7',
    source: { file: 'scenarios/chaos/network-failures.json', line: 20 },
  }
  return { ...base, ...change }
}

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
  canary: { total: 60, failed: 60, p50Ms: null, p95Ms: null, longestOutageMs: 26_000, steadyP50Ms: 12, maxLatenessMs: 4 },
  recovery: {
    recovered: false,
    afterMs: null,
    limitMs: 20_000,
    lastBadMs: 20_000,
    firstGoodMs: null,
    streak: 17,
    reason: 'no good request within 20 s',
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
  const counts = countVerdicts(scenarios.map((scenario) => scenario.verdict))
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
