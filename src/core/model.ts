/**
 * The result of a run: what `result.json` holds. Names here are a contract with users (DESIGN: they stay; more may come).
 * Times are ISO 8601; durations carry their unit in the name.
 */
import type { Json } from './json.ts'

export const RESULT_SCHEMA_VERSION = 1

export const VERDICTS = ['passed', 'failed', 'error', 'inconclusive', 'skipped'] as const
export type Verdict = (typeof VERDICTS)[number]
/** A run or a suite cannot be skipped: one with nothing but skipped scenarios is an error. */
export type RunVerdict = Exclude<Verdict, 'skipped'>

export const SUITES = ['chaos', 'stress', 'load'] as const
export type SuiteName = (typeof SUITES)[number]

export const PROFILES = ['smoke', 'quick', 'full'] as const
export type ProfileName = (typeof PROFILES)[number]

export interface Counts {
  passed: number
  failed: number
  inconclusive: number
  error: number
  skipped: number
}

/** What was measured to show that a fault bit. `measures` are numbers in the unit that their name ends with. */
export interface Evidence {
  confirmed: boolean
  /** One line for people: `+997 ms median over 2 links`. */
  summary: string
  /** How the fault was realised on this machine: `toxiproxy latency`, `nft numgen random drop at ingress`. */
  mechanism: string
  measures: Record<string, number | string | boolean | null>
  /** Why it is not confirmed; empty when it is. */
  reasons: string[]
}

export type PhaseName =
  | 'steady'
  | 'plan'
  | 'prepare'
  | 'inject'
  | 'effect'
  | 'during'
  | 'revert'
  | 'clean'
  | 'recovery'
  | 'collect'

export interface PhaseResult {
  name: PhaseName
  startedAt: string
  durationMs: number
}

/** One judged clause. `met` is null when it could not be decided, which never counts as met. */
export interface ExpectationResult {
  phase: 'during' | 'after'
  text: string
  expected: string
  observed: string
  met: boolean | null
}

export interface CanaryResult {
  total: number
  failed: number
  p50Ms: number | null
  p95Ms: number | null
  longestOutageMs: number | null
  /** p50 of the steady state of the same scenario, to compare with. */
  steadyP50Ms: number | null
  /** How late the harness itself was to send, at worst. */
  maxLatenessMs: number | null
}

export interface RecoveryResult {
  recovered: boolean
  /** MTTR upper bound: end of the fault to the first good request of the unbroken streak; null when never. */
  afterMs: number | null
  limitMs: number
  /** MTTR as an interval [last bad, first good], ms after the end of the fault. lastBadMs is 0 when nothing was bad. */
  lastBadMs: number | null
  firstGoodMs: number | null
  /** Consecutive good requests that were required. */
  streak: number
  reason: string | null
}

export interface ControlResult {
  service: string
  unaffected: boolean
  steadyP95Ms: number | null
  duringP95Ms: number | null
  reasons: string[]
}

export interface CleanupResult {
  clean: boolean
  leftovers: string[]
}

/** How close the machine itself came to its limits while the fault was on. */
export interface HostResult {
  memAvailableMinBytes: number
  memAvailableFloorBytes: number
  diskFreeMinBytes: number
  diskFreeFloorBytes: number
  /** Of the CPU time that it asked for, what the host that it is a guest of gave to others; null when nothing was asked for. */
  cpuStolenPercent: number | null
}

/** Something that happened in the stack or the engine during the scenario. */
export interface TimelineEvent {
  at: string
  source: string
  kind: string
  detail: string
}

export interface ScenarioResult {
  id: string
  name: string
  suite: SuiteName
  verdict: Verdict
  reasons: string[]
  /** True when the entry has no `expect`: only effect and recovery were judged. */
  recoveryOnly: boolean
  expectedBehavior: string
  /** Number of the stack that it ran on, from 1. */
  stack: number
  startedAt: string
  durationMs: number
  phases: PhaseResult[]
  targets: string[]
  mechanism: string
  effect: { confirmed: boolean; summary: string; reasons: string[]; measures: Record<string, number | string | boolean | null> }
  expectations: ExpectationResult[]
  canary: CanaryResult
  recovery: RecoveryResult
  control: ControlResult | null
  controlReason: string | null
  cleanup: CleanupResult
  /** null when the scenario ended before the machine was looked at. */
  host: HostResult | null
  events: TimelineEvent[]
  /** Canary samples of the scenario, one JSON object per line; relative to the result file. */
  series: { file: string } | null
  logs: { service: string; file: string }[]
  repeatCommand: string
  source: { file: string; line: number }
}

/** A judged load pattern. Times from the start of the load unless they are dates. */
export interface LoadResult {
  id: string
  name: string
  suite: SuiteName
  verdict: Verdict
  reasons: string[]
  expectedBehavior: string
  startedAt: string
  durationMs: number
  /** `open`: requests came at a rate, however long the answers took. */
  model: 'closed' | 'open'
  /** The most at work in one second. */
  users: number
  requests: number
  rps: number
  errorRate: number
  outcomes: { served: number; rejected: number; failed: number }
  /** Requests that were not served, by status or k6's error code. */
  errors: Record<string, number>
  p50Ms: number | null
  p95Ms: number | null
  p99Ms: number | null
  peakInFlight: number
  thresholds: LoadLimitResult[]
  breakingPoint: LoadBreakingPoint | null
  recoveries: LoadRecovery[]
  generator: LoadGenerator
  /** Served answers against the jobs that the system says it has completed; null where the stack does not say how to ask. */
  completion: { served: number; unknown: number; examples: string[]; unclaimed: number } | null
  k6: { version: string; runsIn: string; exitCode: number | null } | null
  /** Good to know, and changed nothing. */
  notes: string[]
  /** Histograms by second, gzipped JSON lines; relative to the result file. */
  series: { file: string } | null
  logs: { service: string; file: string }[]
  repeatCommand: string
  source: { file: string; line: number }
}

/** One threshold over one stretch. */
export interface LoadLimitResult {
  text: string
  metric: string
  filter: string | null
  aggregate: string
  operator: string
  limit: number
  /** `ms`, `share` (0…1), `/s` or empty. */
  unit: string
  from: 'script' | 'manifest' | 'input' | 'default'
  scope: 'run' | 'hold' | 'worst_10_s'
  fromMs: number
  toMs: number
  /** Users, or iterations a second, of the hold. */
  target: number | null
  observed: number | null
  samples: number
  /** With fewer samples it is not decided. */
  neededSamples: number
  met: boolean | null
  /** False: shown only. */
  gates: boolean
}

export interface LoadBreakingPoint {
  atMs: number
  users: number
  requestsPerSecond: number
  reason: 'errors' | 'latency' | 'throughput_knee'
  detail: string
  /** True: the generator was at its own end, so that the system's is at least this. */
  generatorSaturated: boolean
}

export interface LoadRecovery {
  /** When the users had fallen. */
  atMs: number
  fromTarget: number
  toTarget: number
  /** null: it was never as before. */
  afterMs: number | null
  limitMs: number
  detail: string
}

export interface LoadGenerator {
  /** k6 in its worst 5 s, percent of one core. */
  cpuPercent: number | null
  /** The whole machine in its worst 5 s. */
  machinePercent: number | null
  /** Of the CPU time that its machine asked for, what the host that it is a guest of gave to others; null when it was not looked at. */
  stolenPercent: number | null
  droppedIterations: number
  saturated: boolean
  reasons: string[]
}

export interface ImageInUse {
  service: string
  image: string
  id: string
  /** True when it is one of the action's own reference services: the run shows the harness, not a user's system. */
  reference: boolean
}

export interface RunResult {
  schemaVersion: typeof RESULT_SCHEMA_VERSION
  tool: { name: 'chaos-action'; version: string }
  run: {
    id: string
    profile: ProfileName
    /** null when nothing was left to chance. */
    seed: number | null
    startedAt: string
    durationMs: number
    plannedMs: number
    stack: string
    /** How many of them ran side by side; 0: somebody else runs it. */
    stacks: number
    /** Of a system that somebody else runs; null: the stack is ours. */
    address: string | null
    images: ImageInUse[]
    /** All targets are built-in reference services. */
    reference: boolean
    noInject: boolean
    strict: boolean
    defects: string[]
  }
  verdict: RunVerdict
  /** Reasons that belong to the run and to no scenario: the stack did not come up, nothing was selected. */
  reasons: string[]
  counts: Counts
  suites: { name: SuiteName; verdict: RunVerdict; counts: Counts }[]
  criteria: { text: string; met: boolean | null }[]
  scenarios: ScenarioResult[]
  load: LoadResult[]
  environment: Record<string, Json>
}
