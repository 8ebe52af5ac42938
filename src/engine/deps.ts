import type { Clock } from '../core/time/clock.ts'
import type { Expectation } from '../kinds/clause.ts'
import type { HeldLoad } from '../ports/held-load.ts'
import type { CanaryPort } from '../ports/canary.ts'
import type { ContainerPort } from '../ports/docker.ts'
import type { ArtifactPort } from '../ports/files.ts'
import type { LagMeter } from '../ports/lag-meter.ts'
import type { Logger } from '../ports/reporter.ts'
import type { RunningStack } from '../ports/stack.ts'
import type { ToolboxHelper, ToolboxPort } from '../ports/toolbox.ts'
import type { ToxiproxyPort } from '../ports/toxiproxy.ts'
import type { RunEvent } from '../core/run-event.ts'
import type { Random } from '../core/random.ts'
import type { Ledger } from './undo/ledger.ts'
import type { AskedJobs } from './watch/asked-jobs.ts'

/** What all stacks of a run share. The engine imports none of what has effects; it is given it. */
export interface RunDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly emit: (event: RunEvent) => void
  readonly ledger: Pick<Ledger, 'append' | 'close'>
  readonly canary: CanaryPort
  /** The load that holds while the scenarios run; null when there is none. */
  readonly load: HeldLoad | null
  /** What is asked of that load in a scenario, beside what the scenario asks itself; nothing where there is none. */
  readonly askedOfLoad: (own: readonly Expectation[], recoveryLimitMs: number) => readonly Expectation[]
  readonly artifacts: ArtifactPort
  readonly runId: string
  /** Begins to watch how late this process itself is served. */
  readonly lag: () => LagMeter
}

/** One stack of the run, and the ways to it. */
export interface StackDeps {
  /** From 1. */
  readonly number: number
  readonly stack: RunningStack
  readonly containers: ContainerPort
  readonly toolbox: ToolboxPort
  readonly toxiproxy: (signal: AbortSignal) => Promise<ToxiproxyPort | null>
  /** The stack's helper on its network that injects nothing. */
  readonly observer: () => ToolboxHelper
  /** The stack's helper in the host's pid namespace that looks at processes and injects nothing; null where there is none. */
  readonly looker: () => ToolboxHelper | null
  /** Takes the stack down for good, as nothing is left for it to do. What it cannot do is told at the end of the run. */
  readonly retire: () => Promise<void>
}

/** What is kept of one stack from its first scenario to its last. */
interface LaneDeps {
  readonly asked: AskedJobs
}

/** All that a scenario needs, on the stack that it runs on. */
export type EngineDeps = RunDeps & StackDeps & LaneDeps
