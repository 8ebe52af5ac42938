/** One scenario through its phases. Whatever happens, what was planned is reverted and proven gone. */
import { summarizeCanary } from '../core/canary.ts'
import { isoTime } from '../core/clock.ts'
import { ChaosError, describeError, isChaosError } from '../core/errors.ts'
import type { ScenarioResult, TimelineEvent } from '../core/model.ts'
import type { FaultContext, Hit, ProbeContext, RunningCanary, ScenarioWindow, UndoContext } from '../core/ports.ts'
import { faultWindowMs, recoveryLimitMs, type Scenario } from '../core/scenario.ts'
import { waitUntil } from '../core/wait.ts'
import { collect } from './collect.ts'
import { chooseControl, ControlWatch } from './control.ts'
import type { EngineDeps } from './deps.ts'
import { ExpectationSet } from './expectations.ts'
import { FaultSet } from './fault-set.ts'
import { HOST_FLOORS, HostGuard } from './host-guard.ts'
import {
  COLLECT_LIMIT_MS,
  AFTER_LIMIT_MS,
  CANARY_DEADLINE_MS,
  HOLD_MARGIN_MS,
  INJECT_LIMIT_MS,
  PREPARE_LIMIT_MS,
  REVERT_BUDGET_MS,
  STEADY_LIMIT_MS,
  type EngineOptions,
} from './options.ts'
import { PhaseRecorder } from './phases.ts'
import { awaitRecovery, withoutRelapse } from './recovery.ts'
import { buildResult, newState, type ScenarioState } from './scenario-state.ts'
import { StarvationWatch } from './starvation.ts'
import { reachSteadyState, steadyAfterPrepare } from './steady.ts'
import { underLoad } from './under-load.ts'

export async function runScenario(
  deps: EngineDeps,
  options: EngineOptions,
  scenario: Scenario,
  signal: AbortSignal,
): Promise<ScenarioResult> {
  return new ScenarioRun(deps, options, scenario, signal).execute()
}

class ScenarioRun {
  private readonly deps: EngineDeps
  private readonly options: EngineOptions
  private readonly scenario: Scenario
  private readonly signal: AbortSignal
  private readonly state: ScenarioState
  private readonly phases: PhaseRecorder
  private readonly faults: FaultSet
  private readonly starvation = new StarvationWatch()
  private canary: RunningCanary | null = null
  private expectations: ExpectationSet | null = null
  private watch: ControlWatch | null = null
  private window: ScenarioWindow | null = null
  private readonly hits: Hit[] = []
  private readonly notes: TimelineEvent[] = []
  private guard: HostGuard | null = null

  constructor(deps: EngineDeps, options: EngineOptions, scenario: Scenario, signal: AbortSignal) {
    this.deps = deps
    this.options = options
    this.scenario = scenario
    this.signal = signal
    this.state = newState(deps.clock.nowMs(), deps.clock.wallMs(), faultWindowMs(scenario, options.profile))
    this.faults = new FaultSet(deps)
    this.phases = new PhaseRecorder(deps.clock, (phase) => {
      deps.emit({ type: 'phase-started', id: scenario.id, phase })
    })
  }

  async execute(): Promise<ScenarioResult> {
    try {
      await this.experiment()
    } catch (error) {
      this.keep(error)
    }
    await this.restore()
    if (this.state.injectedMs !== null && this.state.harnessErrors.length === 0) {
      try {
        await this.recover()
      } catch (error) {
        this.keep(error)
      }
    }
    await this.finish()
    return buildResult(this.state, this.scenario, this.options, this.phases.results, this.deps.clock.nowMs())
  }

  /** steady → plan → prepare → inject → effect beside during. */
  private async experiment(): Promise<void> {
    const { deps, state, scenario, phases, signal } = this
    const asked = underLoad(scenario, deps.load, recoveryLimitMs(scenario, this.options.profile))
    const expectations = new ExpectationSet(deps.probes, asked)
    this.expectations = expectations
    const canary = deps.canary.start(deps.stack, { clock: deps.clock, signal })
    this.canary = canary
    const steadySinceMs = await phases.run('steady', STEADY_LIMIT_MS + 10_000, signal, async (phaseSignal) => {
      const since = await reachSteadyState(deps, canary, phaseSignal)
      await expectations.takeBaselines(this.probeContext(canary, phaseSignal, since))
      return since
    })
    await phases.run('plan', PREPARE_LIMIT_MS, signal, async (phaseSignal) => {
      await this.faults.plan(scenario, this.faultContext(phaseSignal))
      state.descriptions = this.faults.descriptions()
    })
    const sinceMs = await this.prepare(canary, steadySinceMs, expectations)
    await phases.run('inject', INJECT_LIMIT_MS, this.guarded(), async (phaseSignal) => {
      state.decidedMs = deps.clock.nowMs()
      if (!this.options.noInject) await this.faults.inject(this.faultContext(phaseSignal))
      state.injected = !this.options.noInject
      this.openWindow()
    })
    await this.observe(canary, expectations, sinceMs)
  }

  /** @returns since when the steady state has held that the fault is judged against. */
  private async prepare(canary: RunningCanary, steadySinceMs: number, expectations: ExpectationSet): Promise<number> {
    const { deps, state, phases, signal } = this
    const sinceMs = await phases.run('prepare', PREPARE_LIMIT_MS, signal, async (phaseSignal) => {
      this.guard = await HostGuard.start({
        clock: deps.clock,
        read: (inner) => deps.observer().call('host.read', {}, inner),
        floors: HOST_FLOORS,
        signal,
      })
      const choice = chooseControl(this.scenario, deps.stack.descriptor.services, state.descriptions)
      state.controlReason = choice.reason
      if (choice.service !== null) this.watch = await ControlWatch.start(deps, choice.service, deps.observer(), phaseSignal)
      await this.faults.prepare(this.faultContext(phaseSignal))
      const watch = this.watch
      if (watch !== null) {
        await waitUntil(
          'ten steady probes of the control',
          () => Promise.resolve(watch.steadySamples()),
          (count) => count >= 10,
          {
            everyMs: 50,
            attemptMs: 1_000,
            limitMs: 8_000,
            signal: phaseSignal,
            clock: deps.clock,
          },
        )
      }
      return steadyAfterPrepare(deps, canary, steadySinceMs, phaseSignal, (detail) => {
        this.note('steady-again', detail)
      })
    })
    // On the scenario's signal: it goes on through the phases that follow.
    await expectations.begin(this.probeContext(canary, signal, sinceMs))
    state.steady = summarizeCanary(canary.samples(), sinceMs, deps.clock.nowMs())
    if (state.steady.failed > 0) {
      throw new ChaosError(
        'NOT_STEADY',
        `${String(state.steady.failed)} canary requests failed before anything was injected, so nothing was`,
      )
    }
    return sinceMs
  }

  /** Effect and during-clauses at once; the fault is held for the planned window and until both are decided. */
  private async observe(canary: RunningCanary, expectations: ExpectationSet, steadySinceMs: number): Promise<void> {
    const { state, phases } = this
    const signal = this.guarded()
    const limitMs = state.windowMs + Math.max(CANARY_DEADLINE_MS, expectations.longestMs('during')) + HOLD_MARGIN_MS
    const effect = phases.run('effect', limitMs, signal, async (phaseSignal) => {
      state.effect = await this.faults.effect(this.faultContext(phaseSignal))
    })
    const during = phases.run('during', limitMs, signal, async (phaseSignal) => {
      const clauses = expectations.observe('during', this.probeContext(canary, phaseSignal, steadySinceMs))
      await Promise.all([this.window?.planned, clauses])
      state.expectations = await clauses
    })
    const outcomes = await Promise.allSettled([effect, during])
    if (state.expectations.length === 0)
      state.expectations = expectations.undecided('during', 'not decided while the fault was on')
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** The run's signal, and the end of the fault when the machine itself comes too close to its limits. */
  private guarded(): AbortSignal {
    return this.guard === null ? this.signal : AbortSignal.any([this.signal, this.guard.signal])
  }

  private openWindow(): void {
    const { deps, state } = this
    const startedMs = deps.clock.nowMs()
    state.injectedMs = startedMs
    state.injectedWallMs = deps.clock.wallMs()
    const planned = deps.clock.sleep(state.windowMs, this.signal)
    // Several waiters may share it, or none after an abort: the rejection itself is not news.
    planned.catch(() => undefined)
    this.window = { startedMs, plannedMs: state.windowMs, planned }
  }

  /** Revert and proof, on a signal of their own: a cancelled run must still be able to undo. */
  private async restore(): Promise<void> {
    const { deps, state, phases } = this
    const own = new AbortController()
    const undo = this.undoContext(own.signal)
    state.revertCalledMs = deps.clock.nowMs()
    try {
      await phases.run('revert', REVERT_BUDGET_MS * 2, own.signal, async () => {
        const failures = await this.faults.revert(undo)
        state.harnessErrors.push(...failures.map((failure) => `not reverted: ${failure}`))
      })
      state.revertedMs = deps.clock.nowMs()
      await phases.run('clean', REVERT_BUDGET_MS, own.signal, async () => {
        state.leftovers = await this.faults.leftovers(undo)
      })
    } catch (error) {
      state.harnessErrors.push(`not reverted: ${describeError(error)}`)
    }
  }

  private async recover(): Promise<void> {
    const { deps, state, scenario, phases, signal, canary, expectations } = this
    if (canary === null || expectations === null) return
    const limitMs = recoveryLimitMs(scenario, this.options.profile)
    const fromMs = state.revertedMs ?? deps.clock.nowMs()
    const afterMs = Math.max(AFTER_LIMIT_MS, expectations.longestMs('after') + HOLD_MARGIN_MS)
    await phases.run('recovery', limitMs + afterMs, signal, async (phaseSignal) => {
      const terms = {
        fromMs,
        limitMs,
        backends: deps.stack.descriptor.pool?.size ?? 1,
        steadyP50Ms: state.steady?.p50Ms ?? Number.NaN,
      }
      state.recovery = await awaitRecovery(deps, canary, terms, phaseSignal)
      state.expectations.push(...(await expectations.observe('after', this.probeContext(canary, phaseSignal, state.startedMs))))
      const injectedMs = state.injectedMs ?? fromMs
      await canary.settled(injectedMs, injectedMs + state.windowMs, phaseSignal)
      state.recovery = withoutRelapse(state.recovery, canary.samples(), fromMs)
    })
  }

  private async finish(): Promise<void> {
    const { deps, state, phases } = this
    state.samples = this.canary?.samples() ?? []
    this.canary?.stop()
    this.expectations?.stop()
    this.guard?.stop()
    state.host = this.guard?.result() ?? null
    state.starved = this.starvation.verdict(state.samples)
    const noLoad = deps.load?.problem() ?? null
    if (noLoad !== null) state.harnessErrors.push(noLoad)
    this.starvation.stop()
    // Collecting is bounded and does not follow a cancel: the logs of an interrupted scenario are wanted most.
    const own = new AbortController()
    try {
      await phases.run('collect', COLLECT_LIMIT_MS, own.signal, async (phaseSignal) => {
        if (this.watch !== null && state.injectedMs !== null && state.revertCalledMs !== null) {
          state.control = await this.watch.judge(state.injectedMs, state.revertCalledMs, phaseSignal)
        }
        const window = { sinceWallMs: state.startedWallMs, untilWallMs: deps.clock.wallMs(), originMs: state.startedMs }
        const seen = { samples: state.samples, hits: this.hits, notes: this.notes }
        state.collected = await collect(deps, this.scenario.id, window, seen, phaseSignal)
      })
    } catch (error) {
      this.keep(error)
    } finally {
      this.watch?.stop()
    }
  }

  /** For the reader of the result: an event of the scenario, and a line in the log. */
  private note(kind: string, detail: string): void {
    this.notes.push({ at: isoTime(this.deps.clock.wallMs()), source: 'engine', kind, detail })
    this.deps.log.log('warn', `${this.scenario.id}: ${detail}`)
  }

  private keep(error: unknown): void {
    if (isChaosError(error, 'CAPABILITY_MISSING') && this.state.injectedMs === null) {
      this.state.missingCapability = error.message
      return
    }
    const hint = isChaosError(error) && error.hint !== undefined ? ` ${error.hint}` : ''
    this.state.harnessErrors.push(`${describeError(error)}${hint}`)
  }

  private undoContext(signal: AbortSignal): UndoContext {
    const { clock, log, runId, containers, toolbox, toxiproxy } = this.deps
    return { clock, log, runId, containers, toolbox, toxiproxy, signal }
  }

  private openedWindow = (): ScenarioWindow => {
    if (this.window === null) throw new ChaosError('INTERNAL', 'the fault window was asked for before inject')
    return this.window
  }

  private faultContext(signal: AbortSignal): FaultContext {
    return {
      ...this.undoContext(signal),
      scenarioId: this.scenario.id,
      random: this.deps.random.fork(this.scenario.id),
      stack: this.deps.stack,
      observer: this.deps.observer(),
      windowMs: this.state.windowMs,
      window: this.openedWindow,
      hit: (hit) => void this.hits.push(hit),
    }
  }

  private probeContext(canary: RunningCanary, signal: AbortSignal, steadySinceMs: number): ProbeContext {
    const { clock, log, stack, containers, load, canary: port } = this.deps
    const { revertedMs } = this.state
    const steady = this.state.steady ?? summarizeCanary(canary.samples(), steadySinceMs, clock.nowMs())
    return {
      clock,
      log,
      stack,
      containers,
      signal,
      observer: this.deps.observer(),
      windowMs: this.state.windowMs,
      window: this.openedWindow,
      injectedAtWallMs: this.state.injectedWallMs,
      faultEndedAtWallMs: revertedMs === null ? null : clock.wallMs() - (clock.nowMs() - revertedMs),
      load,
      canary: { steady, samples: (fromMs, toMs) => canary.settled(fromMs, toMs, signal) },
      canaryDelayMs: this.faults.canaryDelayMs(),
      hits: () => [...this.hits],
      request: (spec, limits) => port.request(stack, spec, limits, signal),
    }
  }
}
