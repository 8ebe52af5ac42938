/** What is known of a scenario while it runs. Every part is filled as far as the scenario came; the result is built from it. */
import { instantOf, type Clock } from '../../core/time/clock.ts'
import { isoTime, later, msBetween, type Instant, type Mono, type Wall } from '../../core/time/moment.ts'
import { roundedWindow, summarizeCanary, type CanarySample, type CanaryWindow } from '../../core/canary.ts'
import type {
  ControlResult,
  Evidence,
  ExpectationResult,
  ExposureResult,
  HostResult,
  PhaseResult,
  RecoveryResult,
  ScenarioResult,
  TimelineEvent,
} from '../../core/result/scenario.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { Hit, ScenarioWindow } from '../../kinds/context.ts'
import { recoveryLimitMs, type Scenario } from '../../kinds/scenario.ts'
import { decideScenario } from '../../core/verdict.ts'
import { roundOrNull } from '../../core/statistics.ts'
import type { Collected } from '../watch/collect.ts'
import type { EngineOptions } from '../options.ts'
import { isSlow, slowLimits } from './slow.ts'

export class ScenarioState {
  /** Number of the stack that it runs on. */
  readonly stack: number
  readonly startedMs: Mono
  readonly startedWallMs: Wall
  readonly windowMs: number
  missingCapability: string | null = null
  readonly harnessErrors: string[] = []
  injected = false
  /** When inject returned, when revert was called, when it had returned. */
  injectedMs: Mono | null = null
  injectedWallMs: Wall
  revertCalled: Instant | null = null
  revertedWallMs: Wall | null = null
  steady: CanaryWindow | null = null
  /** From inject on. */
  window: ScenarioWindow | null = null
  /** Containers that the faults have told to have hit, in order. */
  readonly hits: Hit[] = []
  /** The last number that was given to a name. */
  numbers = 0
  descriptions: FaultDescription[] = []
  effect: Evidence | null = null
  expectations: ExpectationResult[] = []
  recovery: RecoveryResult | null = null
  control: ControlResult | null = null
  controlReason: string | null = null
  leftovers: string[] = []
  /** A revert, or the look for what it left, has failed: something may have stayed. */
  mayStay = false
  exposure: ExposureResult | null = null
  host: HostResult | null = null
  starved: string | null = null
  samples: readonly CanarySample[] = []
  /** What the engine did or saw that the reader of the result is to know. */
  readonly notes: TimelineEvent[] = []
  /** When we disturbed the stack ourselves, after all else was judged: what came later says nothing of the fault. */
  disturbed: Instant | null = null
  collected: Collected | null = null

  constructor(stack: number, { atMs, atWallMs }: Instant, windowMs: number) {
    this.stack = stack
    this.startedMs = atMs
    this.startedWallMs = atWallMs
    this.injectedWallMs = atWallMs
    this.windowMs = windowMs
  }

  /** Of the steady state; empty where there was none. */
  get steadySamples(): readonly CanarySample[] {
    return this.steady?.samples ?? []
  }

  /** Those with an outcome from before we disturbed the stack ourselves. */
  undisturbed(samples: readonly CanarySample[]): readonly CanarySample[] {
    const { disturbed } = this
    return disturbed === null ? samples : samples.filter(({ doneMs }) => doneMs <= disturbed.atMs)
  }

  openWindow(clock: Clock, signal: AbortSignal): void {
    const { atMs: startedMs, atWallMs } = instantOf(clock)
    this.injectedMs = startedMs
    this.injectedWallMs = atWallMs
    const planned = clock.sleep(this.windowMs, signal)
    // Several waiters may share it, or none after an abort: the rejection itself is not news.
    planned.catch(() => undefined)
    this.window = { startedMs, plannedMs: this.windowMs, planned }
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
  const { missingCapability, harnessErrors, injected, starved, expectations, control, leftovers, mayStay, host, exposure } = state
  const window = faultWindow(state)
  const recovery = state.recovery ?? noRecovery(scenario, options)
  const effect: Evidence = state.effect ?? {
    confirmed: false,
    summary: 'not measured',
    mechanism: '',
    measures: {},
    reasons: ['the effect was not measured'],
    escaped: [],
  }
  const decided = decideScenario({
    ...{ missingCapability, harnessErrors, injected, effect, starved, expectations, recovery, control, leftovers, mayStay },
    exposure,
    canarySent: window?.total ?? 0,
    cpuStolenPercent: host?.cpuStolenPercent ?? null,
  })
  const mechanism =
    effect.mechanism === '' ? [...new Set(state.descriptions.map((fault) => fault.mechanism))].join(' + ') : effect.mechanism
  return {
    id: scenario.id,
    name: scenario.name,
    suite: scenario.suite,
    ...decided,
    recoveryOnly: scenario.expect.length === 0,
    expectedBehavior: scenario.expectedBehavior,
    stack: state.stack,
    startedAt: isoTime(state.startedWallMs),
    durationMs: Math.round(msBetween(state.startedMs, endedMs)),
    phases,
    targets: state.descriptions.flatMap((fault) => fault.targets),
    mechanism,
    effect: withoutMechanism(effect),
    expectations,
    canary: {
      total: window?.total ?? 0,
      failed: window?.failed ?? 0,
      slow: window === null || !injected ? null : slowIn(window, state.steadySamples),
      ...(window === null ? { p50Ms: null, p95Ms: null, longestOutageMs: null, maxLatenessMs: null } : roundedWindow(window)),
      longestOutageMs: outageMs(state, endedMs),
      steadyP50Ms: state.steady === null ? null : roundOrNull(state.steady.p50Ms),
      failedAnswers: failedAnswers(state),
    },
    recovery,
    control,
    controlReason: state.controlReason,
    exposure,
    cleanup: { clean: leftovers.length === 0, leftovers },
    host,
    events: state.collected?.events ?? [],
    series: state.collected?.series ?? null,
    confirmation: null,
    logs: state.collected?.logs ?? [],
    repeatCommand: options.repeatCommand(scenario.id),
    source: { file: scenario.source.file, line: scenario.source.line },
  }
}

function slowIn({ samples }: CanaryWindow, steady: readonly CanarySample[]): number {
  const limits = slowLimits(steady)
  return samples.filter((sample) => sample.ok && isSlow(sample, limits)).length
}

function failedAnswers({ samples, startedMs }: ScenarioState): ScenarioResult['canary']['failedAnswers'] {
  return samples.flatMap(({ body, error, intendedMs, request = null }) =>
    body === undefined ? [] : [{ atMs: Math.round(msBetween(startedMs, intendedMs)), request, error: String(error), body }],
  )
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
    calm: null,
  }
}

/** The mechanism stands beside it. */
function withoutMechanism({ mechanism: _beside, ...effect }: Evidence): ScenarioResult['effect'] {
  return effect
}
