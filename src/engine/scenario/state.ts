/** What is known of a scenario while it runs. Every part is filled as far as the scenario came; the result is built from it. */
import { isoTime, later, msBetween, type Instant, type Mono, type Wall } from '../../core/time/moment.ts'
import { roundedWindow, summarizeCanary, type CanarySample, type CanaryWindow } from '../../core/canary.ts'
import type {
  ControlResult,
  Evidence,
  ExpectationResult,
  HostResult,
  PhaseResult,
  RecoveryResult,
  ScenarioResult,
} from '../../core/result/scenario.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { Hit, ScenarioWindow } from '../../kinds/context.ts'
import { recoveryLimitMs, type Scenario } from '../../kinds/scenario.ts'
import { decideScenario } from '../../core/verdict.ts'
import { roundOrNull } from '../../core/statistics.ts'
import type { Collected } from '../watch/collect.ts'
import type { EngineOptions } from '../options.ts'

export interface ScenarioState {
  /** Number of the stack that it runs on. */
  readonly stack: number
  readonly startedMs: Mono
  readonly startedWallMs: Wall
  missingCapability: string | null
  harnessErrors: string[]
  injected: boolean
  /** When inject returned, when revert was called, when it had returned. */
  injectedMs: Mono | null
  injectedWallMs: Wall
  revertCalledMs: Mono | null
  revertedWallMs: Wall | null
  windowMs: number
  steady: CanaryWindow | null
  /** From inject on. */
  window: ScenarioWindow | null
  /** Containers that the faults have told to have hit, in order. */
  readonly hits: Hit[]
  /** The last number that was given to a name. */
  numbers: number
  descriptions: FaultDescription[]
  effect: Evidence | null
  expectations: ExpectationResult[]
  recovery: RecoveryResult | null
  control: ControlResult | null
  controlReason: string | null
  leftovers: string[]
  /** A revert, or the look for what it left, has failed: something may have stayed. */
  mayStay: boolean
  host: HostResult | null
  starved: string | null
  samples: readonly CanarySample[]
  collected: Collected | null
}

export function newState(stack: number, started: Instant, windowMs: number): ScenarioState {
  return {
    stack,
    startedMs: started.atMs,
    startedWallMs: started.atWallMs,
    windowMs,
    missingCapability: null,
    harnessErrors: [],
    injected: false,
    injectedMs: null,
    injectedWallMs: started.atWallMs,
    revertCalledMs: null,
    revertedWallMs: null,
    steady: null,
    window: null,
    hits: [],
    numbers: 0,
    descriptions: [],
    effect: null,
    expectations: [],
    recovery: null,
    control: null,
    controlReason: null,
    leftovers: [],
    mayStay: false,
    host: null,
    starved: null,
    samples: [],
    collected: null,
  }
}

/** The samples that are judged: those intended while the fault was on and its window planned. */
function faultWindow(state: ScenarioState): CanaryWindow | null {
  if (state.injectedMs === null) return null
  return summarizeCanary(state.samples, state.injectedMs, later(state.injectedMs, state.windowMs))
}

export function buildResult(
  state: ScenarioState,
  scenario: Scenario,
  options: EngineOptions,
  phases: PhaseResult[],
  endedMs: Mono,
): ScenarioResult {
  const window = faultWindow(state)
  const recovery = state.recovery ?? noRecovery(scenario, options)
  const effect = state.effect ?? {
    confirmed: false,
    summary: 'not measured',
    mechanism: '',
    measures: {},
    reasons: ['the effect was not measured'],
  }
  const decided = decideScenario({
    missingCapability: state.missingCapability,
    harnessErrors: state.harnessErrors,
    injected: state.injected,
    effect,
    canarySent: window?.total ?? 0,
    starved: state.starved,
    expectations: state.expectations,
    recovery,
    control: state.control,
    leftovers: state.leftovers,
    mayStay: state.mayStay,
    cpuStolenPercent: state.host?.cpuStolenPercent ?? null,
  })
  const mechanism =
    effect.mechanism === '' ? [...new Set(state.descriptions.map((fault) => fault.mechanism))].join(' + ') : effect.mechanism
  return {
    id: scenario.id,
    name: scenario.name,
    suite: scenario.suite,
    verdict: decided.verdict,
    reasons: decided.reasons,
    recoveryOnly: scenario.expect.length === 0,
    expectedBehavior: scenario.expectedBehavior,
    stack: state.stack,
    startedAt: isoTime(state.startedWallMs),
    durationMs: Math.round(msBetween(state.startedMs, endedMs)),
    phases,
    targets: state.descriptions.flatMap((fault) => fault.targets),
    mechanism,
    effect: { confirmed: effect.confirmed, summary: effect.summary, reasons: effect.reasons, measures: effect.measures },
    expectations: state.expectations,
    canary: {
      total: window?.total ?? 0,
      failed: window?.failed ?? 0,
      ...(window === null ? { p50Ms: null, p95Ms: null, longestOutageMs: null, maxLatenessMs: null } : roundedWindow(window)),
      longestOutageMs: outageMs(state, endedMs),
      steadyP50Ms: state.steady === null ? null : roundOrNull(state.steady.p50Ms),
    },
    recovery,
    control: state.control,
    controlReason: state.controlReason,
    cleanup: { clean: state.leftovers.length === 0, leftovers: state.leftovers },
    host: state.host,
    events: state.collected?.events ?? [],
    series: state.collected?.series ?? null,
    logs: state.collected?.logs ?? [],
    repeatCommand: options.repeatCommand(scenario.id),
    source: { file: scenario.source.file, line: scenario.source.line },
  }
}

/** An outage that began in the window is counted to its real end, after the revert too. */
function outageMs(state: ScenarioState, endedMs: Mono): number | null {
  if (state.injectedMs === null) return null
  return roundOrNull(summarizeCanary(state.samples, state.injectedMs, endedMs).longestOutageMs)
}

function noRecovery(scenario: Scenario, options: EngineOptions): RecoveryResult {
  return {
    recovered: false,
    afterMs: null,
    limitMs: recoveryLimitMs(scenario, options.profile),
    lastBadMs: null,
    firstGoodMs: null,
    streak: 0,
    reason: 'recovery was not observed',
  }
}
