/** What faults and clauses are given to work with. */
import type { Mono, Wall } from '../core/time/moment.ts'
import type { Clock } from '../core/time/clock.ts'
import type { Random } from '../core/random.ts'
import type { AsksForJob, RequestOutcome, StackRequest } from '../core/request.ts'
import type { CanaryView } from '../ports/canary.ts'
import type { ContainerPort } from '../ports/docker.ts'
import type { HeldLoad } from '../ports/held-load.ts'
import type { Logger } from '../ports/reporter.ts'
import type { RunningStack } from '../ports/stack.ts'
import type { ToolboxHelper, ToolboxPort } from '../ports/toolbox.ts'
import type { ToxiproxyPort } from '../ports/toxiproxy.ts'

/** All that undoing needs: also built by `cleanup` and the post step, in another process, from the ledger alone. */
export interface UndoContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Logger
  readonly runId: string
  readonly containers: ContainerPort
  readonly toolbox: ToolboxPort
  /** The toxiproxy of the run, found again by label; null when its container is gone. */
  toxiproxy(signal: AbortSignal): Promise<ToxiproxyPort | null>
}

export interface ScenarioWindow {
  /** When inject returned. */
  readonly startedMs: Mono
  readonly plannedMs: number
  /** Resolves at startedMs + plannedMs. */
  readonly planned: Promise<void>
}

/** A container whose main process a fault has hit, for the clauses that ask what became of it. */
export interface Hit {
  readonly containerId: string
  readonly name: string
  readonly service: string
  /** Pid of the main process when it was hit, in the host's namespace. */
  readonly pid: number
  readonly atMs: Mono
  readonly atWallMs: Wall
  /** Id by which the pool listed it then; null where there is no pool, or it was not in it. */
  readonly member: string | null
}

export interface FaultContext extends UndoContext {
  readonly scenarioId: string
  readonly random: Random
  readonly stack: RunningStack
  /** The observer: a toolbox helper of the run on the stack's network that injects nothing. */
  readonly observer: ToolboxHelper
  readonly windowMs: number
  /** From 1, and never the same twice in one scenario: for names that only one fault of it has. */
  number(): number
  /** Defined from inject on. @throws INTERNAL before. */
  window(): ScenarioWindow
  /** Told by the fault when it hits a container, so that expectations can ask after just that one. */
  hit(hit: Hit): void
  /** Told by the fault before it asks the stack for a job by other means than a request's own `send`: as of `SendOptions`. */
  readonly asks: AsksForJob
}

type Shared = 'clock' | 'signal' | 'log' | 'stack' | 'observer' | 'containers' | 'windowMs' | 'window'

export interface ClauseContext extends Pick<FaultContext, Shared> {
  /** When inject returned, for log lines. */
  readonly injectedAtWallMs: Wall
  /** When everything was reverted; null before. */
  readonly faultEndedAtWallMs: Wall | null
  /** The load that holds meanwhile; null when the run has none. */
  readonly load: HeldLoad | null
  readonly canary: CanaryView
  /** Sum over the faults of this scenario of the slow-down the canary should show; null when none says so. */
  readonly canaryDelayMs: number | null
  /** Containers that the faults of this scenario have hit so far, in order. */
  hits(): readonly Hit[]
  /** Sends one of the descriptor's requests through the entry. */
  request(request: StackRequest, limits: { deadlineMs: number; maxBytes: number }): Promise<RequestOutcome>
}
