/** The control: something the fault must not touch, watched from the steady state to the revert. */
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { ControlResult } from '../../core/result/scenario.ts'
import type { ServiceSpec } from '../../core/descriptor.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { percentile, roundOrNull } from '../../core/statistics.ts'
import { isAborted, waitUntil } from '../../core/time/wait.ts'
import type { EngineDeps } from '../deps.ts'

const PROBE_EVERY_MS = 100
const PROBE_TIMEOUT_MS = 2_000
const ROUND_SIZE = 10
/** The first round comes faster: nothing is injected before there is something to compare with. */
const FIRST_ROUND_EVERY_MS = 40
/** Fewer samples than this before the fault, or in its window, are no proof of being unaffected. */
const MINIMUM_SAMPLES = 10
const STEADY_LIMIT_MS = 8_000

interface ControlSample {
  readonly atMs: Mono
  readonly totalMs: number | null
  readonly problem: string | null
}

export type ControlChoice =
  | { readonly service: ServiceSpec; readonly reason: null }
  | { readonly service: null; readonly reason: string }

/** A service that the faults do not touch, whose own health does not depend on one that they do. */
export function chooseControl(
  scenario: Scenario,
  services: readonly ServiceSpec[],
  faults: readonly FaultDescription[],
): ControlChoice {
  if (scenario.control !== null) {
    const named = services.find((service) => service.name === scenario.control && service.health !== null)
    return named === undefined
      ? { service: null, reason: `the entry's control ${scenario.control} is not a service with a health page` }
      : { service: named, reason: null }
  }
  const hitsAll = (fault: FaultDescription): boolean =>
    fault.everything === true || services.every(({ name }) => fault.services.includes(name))
  if (faults.some(hitsAll)) return { service: null, reason: 'the fault reaches every service' }
  const touched = new Set(faults.flatMap((fault) => [...fault.services]))
  const free = services.filter((service) => service.control && service.health !== null && !touched.has(service.name))
  const independent = free.find((service) => !reaches(service, services, touched, new Set()))
  if (independent !== undefined) return { service: independent, reason: null }
  return { service: null, reason: `no service with a health page is independent of ${[...touched].sort().join(', ')}` }
}

function reaches(service: ServiceSpec, all: readonly ServiceSpec[], touched: ReadonlySet<string>, seen: Set<string>): boolean {
  if (seen.has(service.name)) return false
  seen.add(service.name)
  return service.dependsOn.some((name) => {
    if (touched.has(name)) return true
    const next = all.find((candidate) => candidate.name === name)
    return next !== undefined && reaches(next, all, touched, seen)
  })
}

type WatchDeps = Pick<EngineDeps, 'clock' | 'containers' | 'stack' | 'observer'>

/** Probes one container of the control directly, by its address, from the observer. */
export class ControlWatch {
  private readonly samples: ControlSample[] = []
  private readonly abort = new AbortController()
  private readonly running: Promise<void>
  private readonly deps: WatchDeps
  private readonly service: ServiceSpec
  private readonly before: readonly ContainerState[]

  private constructor(deps: WatchDeps, service: ServiceSpec, before: readonly ContainerState[], address: string) {
    this.deps = deps
    this.service = service
    this.before = before
    this.running = this.loop(address)
  }

  static async start(deps: WatchDeps, service: ServiceSpec, signal: AbortSignal): Promise<ControlWatch> {
    const before = await deps.containers.list(service.name, signal)
    const address = before
      .map((container) => container.addresses[deps.stack.network])
      .find((found) => found !== undefined && found !== '')
    return new ControlWatch(deps, service, before, address ?? service.name)
  }

  /** A round begins when it is due, however long the one before takes: a control that stalls must not be asked less for it. */
  private async loop(host: string): Promise<void> {
    const health = this.service.health
    if (health === null) return
    const rounds: Promise<void>[] = []
    let dueMs = this.deps.clock.nowMs()
    while (!isAborted(this.abort.signal)) {
      const intervalMs = rounds.length === 0 ? FIRST_ROUND_EVERY_MS : PROBE_EVERY_MS
      rounds.push(this.round({ host, port: health.port }, health.path, intervalMs))
      dueMs = later(dueMs, ROUND_SIZE * intervalMs)
      await this.deps.clock.sleep(msBetween(this.deps.clock.nowMs(), dueMs), this.abort.signal).catch(() => undefined)
    }
    await Promise.all(rounds)
  }

  private async round(target: { host: string; port: number }, path: string, intervalMs: number): Promise<void> {
    const startedMs = this.deps.clock.nowMs()
    const timing = { count: ROUND_SIZE, intervalMs, timeoutMs: PROBE_TIMEOUT_MS }
    try {
      const reply = await this.deps.observer().call('probe.http', { target, path, headers: {}, ...timing }, this.abort.signal)
      for (const [index, sample] of reply.samples.entries()) {
        const problem = sample.error ?? (sample.status !== null && sample.status < 500 ? null : `status ${String(sample.status)}`)
        this.samples.push({ atMs: later(startedMs, index * intervalMs), totalMs: sample.totalMs, problem })
      }
    } catch (error) {
      if (isAborted(this.abort.signal)) return
      this.samples.push({ atMs: startedMs, totalMs: null, problem: describeError(error, 200) })
    }
  }

  /** Waits for enough good samples to compare with. @throws TIMEOUT when the control is not well before anything is injected. */
  async awaitSteady(signal: AbortSignal): Promise<void> {
    const options = { everyMs: 20, attemptMs: 1_000, limitMs: STEADY_LIMIT_MS, signal, clock: this.deps.clock }
    await waitUntil(
      `${MINIMUM_SAMPLES} good probes of the control ${this.service.name}`,
      () => Promise.resolve(this.samples.filter(({ problem }) => problem === null).length),
      (count) => count >= MINIMUM_SAMPLES,
      options,
    )
  }

  /** Ends the watch and judges the samples of [fromMs, toMs) against those before it. */
  async judge(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<ControlResult> {
    this.stop()
    await this.running
    const steady = this.samples.filter(({ atMs, totalMs }) => later(atMs, totalMs ?? 0) < fromMs)
    const during = this.samples.filter((sample) => sample.atMs >= fromMs && sample.atMs < toMs)
    const p95 = (of: readonly ControlSample[]): number =>
      percentile(
        of.flatMap((sample) => (sample.totalMs === null ? [] : [sample.totalMs])),
        95,
      )
    const steadyP95Ms = p95(steady)
    const duringP95Ms = p95(during)
    const reasons = [...this.probeReasons(during, steadyP95Ms, duringP95Ms), ...(await this.containerReasons(signal))]
    return {
      service: this.service.name,
      unaffected: reasons.length === 0,
      steadyP95Ms: roundOrNull(steadyP95Ms, 1),
      duringP95Ms: roundOrNull(duringP95Ms, 1),
      reasons,
    }
  }

  stop(): void {
    this.abort.abort()
  }

  private probeReasons(during: readonly ControlSample[], steadyP95Ms: number, duringP95Ms: number): string[] {
    if (during.length < MINIMUM_SAMPLES) return [`only ${during.length} probes during the fault, ${MINIMUM_SAMPLES} are needed`]
    const reasons: string[] = []
    const problems = during.flatMap(({ problem }) => problem ?? [])
    const [first] = problems
    if (first !== undefined) reasons.push(`${problems.length} of ${during.length} direct probes failed, first: ${first}`)
    const limitMs = Math.max(3 * steadyP95Ms, steadyP95Ms + 100)
    // Without an answer there is no latency, and what failed is told already.
    if (duringP95Ms > limitMs)
      reasons.push(`direct probe p95 ${String(roundOrNull(duringP95Ms, 1))} ms, limit ${String(roundOrNull(limitMs, 1))} ms`)
    return reasons
  }

  private async containerReasons(signal: AbortSignal): Promise<string[]> {
    const now = new Map((await this.deps.containers.list(this.service.name, signal)).map((state) => [state.id, state]))
    return this.before.flatMap((old) => {
      const change = changeOf(old, now.get(old.id))
      return change === null ? [] : [`container ${old.name} ${change}`]
    })
  }
}

/** What became of a container that nothing should have become of; null when nothing did. */
function changeOf(old: ContainerState, now: ContainerState | undefined): string | null {
  if (now === undefined) return 'is gone'
  if (now.startedAt !== old.startedAt || now.restartCount !== old.restartCount) return 'was restarted'
  if (now.status !== old.status) return `went from ${old.status} to ${now.status}`
  if (now.health !== old.health) return `went from ${String(old.health)} to ${String(now.health)}`
  return null
}
