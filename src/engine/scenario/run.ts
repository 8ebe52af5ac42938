/**
 * One scenario through its phases. Whatever happens, what was planned is reverted and proven gone. Over 300 lines, as the
 * phases are one story with one state, and are read from the first to the last.
 */
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import { instantOf } from '../../core/time/clock.ts'
import { isoTime, later, type Mono } from '../../core/time/moment.ts'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import type { FaultContext, ClauseContext } from '../../kinds/context.ts'
import { faultWindowMs, recoveryLimitMs, usualLimitMs, type Scenario } from '../../kinds/scenario.ts'
import { withDeadline } from '../../core/time/wait.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import { collect } from '../watch/collect.ts'
import { exposureResult, watchExposure, type ExposureSeen } from '../watch/exposure.ts'
import { bystanderTerms, judgeBystanders } from '../watch/bystanders.ts'
import { firstBursts, lastBursts } from './burst.ts'
import { faultContext, clauseContext, undoContext } from './contexts.ts'
import { chooseControl, ControlWatch } from '../watch/control.ts'
import type { EngineDeps } from '../deps.ts'
import { ExpectationSet } from './expectations.ts'
import { FaultSet } from './fault-set.ts'
import { HOST_FLOORS, HostGuard } from '../watch/host-guard.ts'
import {
  COLLECT_LIMIT_MS,
  AFTER_LIMIT_MS,
  BEGIN_LIMIT_MS,
  DENSE_PACE_FACTOR,
  HOLD_MARGIN_MS,
  HURRIED_UNDO,
  INJECT_LIMIT_MS,
  PATIENT_UNDO,
  PREPARE_LIMIT_MS,
  RESTART_LIMIT_MS,
  STEADY_LIMIT_MS,
  type EngineOptions,
  type UndoLimits,
} from '../options.ts'
import { inTime, PhaseRecorder } from './phases.ts'
import { keeperTerms, restartKeeper } from './keeper.ts'
import { lookAfter, watchStanding, type Standing } from './aftermath.ts'
import { awaitRecovery, withoutRelapse } from './recovery.ts'
import { buildResult, ScenarioState } from './state.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { starvation } from '../watch/starvation.ts'
import { firstLook, reachSteadyState, steadyAfterPrepare, usualSince } from './steady.ts'
import { together } from '../together.ts'

export class ScenarioRun {
  readonly deps: EngineDeps
  private readonly options: EngineOptions
  private readonly scenario: Scenario
  readonly canary: StackCanary
  readonly signal: AbortSignal
  private readonly files: string
  readonly state: ScenarioState
  readonly phases: PhaseRecorder
  readonly faults: FaultSet
  private readonly lag: ReturnType<EngineDeps['lag']>
  private readonly expectations: ExpectationSet
  private watch: ControlWatch | null = null
  private guard: HostGuard | null = null
  private steadySinceMs: Mono
  private readonly steadyOver = new AbortController()
  private exposure: Promise<ExposureSeen | null> = Promise.resolve(null)
  private readonly faultOver = new AbortController()
  private before: Promise<Standing> = Promise.resolve({ members: null, held: null, gauges: null, work: null })

  /** @param files - Under what name its logs and its series are kept. */
  constructor(
    deps: EngineDeps,
    options: EngineOptions,
    scenario: Scenario,
    canary: StackCanary,
    signal: AbortSignal,
    files: string = scenario.id,
  ) {
    this.deps = deps
    this.files = files
    this.options = options
    this.scenario = scenario
    this.canary = canary
    this.signal = signal
    this.lag = deps.lag()
    this.state = new ScenarioState(deps.number, instantOf(deps.clock), faultWindowMs(scenario, options.profile))
    this.steadySinceMs = this.state.startedMs
    this.faults = new FaultSet(deps)
    const alsoAsked = deps.askedOfLoad(scenario.expect, usualLimitMs(scenario, options.profile))
    this.expectations = new ExpectationSet([...scenario.expect, ...alsoAsked])
    this.phases = new PhaseRecorder(deps.clock, (phase) => {
      deps.emit({ type: 'phase-started', id: scenario.id, phase })
    })
  }

  /** The canary goes on before and after it. Never throws: what went wrong is in the result. */
  async execute(): Promise<ScenarioResult> {
    // Nobody asks for what was before the steady state.
    this.canary.requests.forget(this.canary.steadySinceMs)
    await this.kept(() => this.experiment())
    const revertedMs = await this.revert()
    // The proof that the fault is gone and the proof that the system is well do not disturb each other.
    const clean = this.clean()
    if (this.state.injectedMs !== null && this.state.harnessErrors.length === 0) await this.kept(() => this.recover(revertedMs))
    await clean
    await this.kept(() => this.restartKeeper())
    await this.finish()
    return buildResult(this.state, this.scenario, this.options, this.phases.results, this.deps.clock.nowMs())
  }

  /** steady beside plan and prepare → inject → effect beside during. */
  private async experiment(): Promise<void> {
    const { state, phases } = this
    await firstBursts(this)
    this.before = watchStanding(this.deps, AbortSignal.any([this.signal, this.steadyOver.signal]))
    await together(this.signal, [(signal) => this.steady(signal), (signal) => this.prepare(signal)])
    const sinceMs = await this.stillSteady()
    this.steadyOver.abort()
    await phases.run('inject', INJECT_LIMIT_MS, this.guarded(), async (phaseSignal) => {
      if (!this.options.noInject) await this.faults.inject(this.faultContext(phaseSignal))
      state.injected = !this.options.noInject
      state.openWindow(this.deps.clock, this.signal)
    })
    await this.observe(sinceMs)
  }

  private async steady(signal: AbortSignal): Promise<void> {
    await this.phases.run('steady', STEADY_LIMIT_MS + 10_000, signal, async (phaseSignal) => {
      this.steadySinceMs = await reachSteadyState(this.deps, this.canary, phaseSignal)
      await this.expectations.steady(this.clauseContext(phaseSignal, this.steadySinceMs))
      await firstLook(this.deps, this.canary, this.canary.steadySinceMs, phaseSignal)
    })
  }

  private async prepare(signal: AbortSignal): Promise<void> {
    const { deps, state, phases, scenario } = this
    await phases.run('plan', PREPARE_LIMIT_MS, signal, async (phaseSignal) => {
      await this.faults.plan(scenario, this.faultContext(phaseSignal))
      state.descriptions = this.faults.descriptions()
      this.exposure = watchExposure(deps, state.descriptions, AbortSignal.any([this.signal, this.faultOver.signal]))
    })
    await phases.run('prepare', PREPARE_LIMIT_MS, signal, async (phaseSignal) => {
      const read = (inner: AbortSignal): Promise<HostFacts> => deps.observer().call('host.read', {}, inner)
      const guard = await HostGuard.start({ clock: deps.clock, read, floors: HOST_FLOORS, signal: phaseSignal })
      this.guard = inTime(guard, phaseSignal)
      const choice = chooseControl(scenario, deps.stack.descriptor.services, state.descriptions)
      state.controlReason = choice.reason
      if (choice.service !== null) this.watch = inTime(await ControlWatch.start(deps, choice.service, phaseSignal), phaseSignal)
      await together(phaseSignal, [
        (inner) => this.faults.arm(this.faultContext(inner)),
        (inner) => this.watch?.awaitSteady(inner) ?? Promise.resolve(),
      ])
    })
  }

  /** @returns since when the steady state has held that the fault is judged against. */
  private async stillSteady(): Promise<Mono> {
    const { deps, state, signal, canary, expectations } = this
    const sinceMs = await steadyAfterPrepare(deps, canary, this.steadySinceMs, signal, (detail) => {
      this.note('steady-again', detail)
    })
    // On the scenario's signal: what is begun goes on through the phases that follow.
    const begin = (): Promise<void> => expectations.begin(this.clauseContext(signal, sinceMs))
    await withDeadline('starting what the clauses ask for', BEGIN_LIMIT_MS, signal, begin, deps.clock)
    // At the rate of the descriptor: that is what is judged under a fault.
    canary.requests.pace(null)
    state.steady = usualSince(deps, canary, sinceMs)
    if (state.steady.failed > 0) {
      throw new ChaosError(
        'NOT_STEADY',
        `${state.steady.failed} canary requests failed before anything was injected, so nothing was`,
      )
    }
    canary.usualMs ??= state.steady.p50Ms
    return sinceMs
  }

  /** Effect and during-clauses at once; the fault is held for the planned window and until both are decided. */
  private async observe(steadySinceMs: Mono): Promise<void> {
    const { state, phases, expectations } = this
    const signal = this.guarded()
    const limitMs = state.windowMs + Math.max(CANARY_DEADLINE_MS, expectations.longestMs('during')) + HOLD_MARGIN_MS
    const effect = phases.run('effect', limitMs, signal, async (phaseSignal) => {
      state.effect = await this.faults.effect(this.faultContext(phaseSignal))
    })
    const during = phases.run('during', limitMs, signal, async (phaseSignal) => {
      const clauses = expectations.observe('during', this.clauseContext(phaseSignal, steadySinceMs))
      await Promise.all([state.window?.planned, clauses])
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

  /** On a signal of its own: a cancelled run must still be able to undo. @returns when it had ended. */
  private async revert(): Promise<Mono> {
    const { deps, state, phases } = this
    const limits = this.undoLimits()
    state.revertCalled = instantOf(deps.clock)
    this.faultOver.abort()
    try {
      await phases.run('revert', limits.allRevertsMs, new AbortController().signal, async (phaseSignal) => {
        const failures = await this.faults.revert(undoContext(this.deps, phaseSignal), limits.revertMs)
        for (const failure of failures) this.keepStaying(`not reverted: ${failure}`)
      })
    } catch (error) {
      this.keepStaying(`not reverted: ${describeError(error)}`)
    }
    const { atMs, atWallMs } = instantOf(deps.clock)
    state.revertedWallMs = atWallMs
    // Until the next fault: a proof needs a number of requests, not a time.
    this.canary.requests.pace(deps.stack.descriptor.canary.ratePerSecond * DENSE_PACE_FACTOR)
    return atMs
  }

  /** As they are when it begins: a cancel that comes later finds the undoing under way. */
  private undoLimits(): UndoLimits {
    return this.signal.aborted ? HURRIED_UNDO : PATIENT_UNDO
  }

  private async clean(): Promise<void> {
    const { state, phases } = this
    try {
      await phases.run('clean', this.undoLimits().cleanMs, new AbortController().signal, async (phaseSignal) => {
        state.leftovers = await this.faults.leftovers(undoContext(this.deps, phaseSignal))
      })
    } catch (error) {
      this.keepStaying(`not proven to be reverted: ${describeError(error)}`)
    }
  }

  private async recover(fromMs: Mono): Promise<void> {
    const { deps, state, scenario, phases, signal, canary, expectations } = this
    const limitMs = recoveryLimitMs(scenario, this.options.profile)
    const afterMs = Math.max(AFTER_LIMIT_MS, expectations.longestMs('after') + HOLD_MARGIN_MS)
    const recovery = await phases.run('recovery', limitMs + afterMs, signal, async (phaseSignal) => {
      const terms = {
        ...{ fromMs, limitMs, backends: deps.stack.descriptor.pool?.size ?? 1 },
        steadyP50Ms: state.steady?.p50Ms ?? Number.NaN,
      }
      const { result, provenSinceMs } = await awaitRecovery(deps, canary.requests, terms, phaseSignal)
      state.recovery = result
      const [clauses] = await Promise.all([
        expectations.observe('after', this.clauseContext(phaseSignal, state.startedMs)),
        provenSinceMs === null ? null : lookAfter(deps, state, canary, this.before, later(fromMs, limitMs), phaseSignal),
      ])
      state.expectations.push(...clauses)
      const injectedMs = state.injectedMs ?? fromMs
      await canary.requests.settled(injectedMs, later(injectedMs, state.windowMs), phaseSignal)
      state.recovery = withoutRelapse(state.recovery, canary.requests.samples(fromMs), fromMs)
      if (provenSinceMs !== null) canary.steadySinceMs = provenSinceMs
      return state.recovery
    })
    state.recovery = await lastBursts(this, recovery, fromMs, limitMs, this.before)
  }

  private async restartKeeper(): Promise<void> {
    const { deps, state, scenario, phases, signal, canary } = this
    const terms = await keeperTerms(deps, state, this.before, usualLimitMs(scenario, this.options.profile))
    if (terms === null) return
    const work = (inner: AbortSignal): Promise<void> => restartKeeper(deps, state, canary, terms, inner)
    await phases.run('restart', RESTART_LIMIT_MS + terms.limitMs, signal, work)
  }

  private async finish(): Promise<void> {
    const { deps, state, phases } = this
    state.samples = state.undisturbed(this.canary.requests.samples(state.startedMs))
    state.exposure = exposureResult(await this.exposure, this.scenario.mayBeUnused)
    const terms = bystanderTerms(state, this.scenario)
    if (state.injectedMs !== null) state.expectations.push(judgeBystanders((since) => deps.containers.events(since), terms))
    this.steadyOver.abort()
    this.expectations.stop()
    this.guard?.stop()
    state.host = this.guard?.result() ?? null
    state.starved = starvation(state.samples, this.lag.p99Ms())
    this.lag.stop()
    const noLoad = deps.load?.problem() ?? null
    if (noLoad !== null) state.harnessErrors.push(noLoad)
    // Collecting is bounded and does not follow a cancel: the logs of an interrupted scenario are wanted most.
    await this.kept(() =>
      phases.run('collect', COLLECT_LIMIT_MS, new AbortController().signal, (phaseSignal) =>
        together(phaseSignal, [(inner) => this.judgeControl(inner), (inner) => this.collect(inner)]),
      ),
    )
    this.watch?.stop()
  }

  private async judgeControl(signal: AbortSignal): Promise<void> {
    const { state, watch } = this
    if (watch === null || state.injectedMs === null || state.revertCalled === null) return
    state.control = await watch.judge(state.injectedMs, state.revertCalled.atMs, signal)
  }

  private async collect(signal: AbortSignal): Promise<void> {
    const { deps, state } = this
    const window = { sinceWallMs: state.startedWallMs, untilWallMs: deps.clock.wallMs(), originMs: state.startedMs }
    const seen = { samples: state.samples, hits: state.hits, notes: state.notes }
    state.collected = await collect(deps, this.files, window, seen, signal)
  }

  /** For the reader of the result: an event of the scenario, and a line in the log. */
  private note(kind: string, detail: string): void {
    this.state.notes.push({ at: isoTime(this.deps.clock.wallMs()), source: 'engine', kind, detail })
    this.deps.log.log('warn', `${this.scenario.id}: ${detail}`)
  }

  private keepStaying(why: string): void {
    this.state.mayStay = true
    this.state.harnessErrors.push(why)
  }

  /** A failure of it is an error of the scenario, and what comes after it is done all the same. */
  private async kept(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.keep(error)
    }
  }

  private keep(error: unknown): void {
    if (isChaosError(error, 'CAPABILITY_MISSING') && !this.faults.isAnyInjected) {
      this.state.missingCapability = error.message
      return
    }
    const hint = isChaosError(error) && error.hint !== undefined ? ` ${error.hint}` : ''
    this.state.harnessErrors.push(`${describeError(error)}${hint}`)
  }

  private faultContext(signal: AbortSignal): FaultContext {
    return faultContext(this.deps, this.scenario.id, this.state, signal)
  }

  private clauseContext(signal: AbortSignal, steadySinceMs: Mono): ClauseContext {
    return clauseContext(this.deps, this, steadySinceMs, signal)
  }
}
