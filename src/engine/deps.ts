import type { Clock } from '../core/clock.ts'
import type { HeldLoad } from '../core/held-load.ts'
import type {
  ArtifactPort,
  CanaryPort,
  ContainerPort,
  Fault,
  Logger,
  Probe,
  RunningStack,
  ToolboxHelper,
  ToolboxPort,
  ToxiproxyPort,
} from '../core/ports.ts'
import type { RunEvent } from '../core/run-event.ts'
import type { Random } from '../core/random.ts'
import type { Ledger } from './ledger.ts'

/** Everything with effects that the engine is given. It imports none of it. */
export interface EngineDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly emit: (event: RunEvent) => void
  readonly ledger: Ledger
  readonly faults: ReadonlyMap<string, Fault>
  readonly probes: ReadonlyMap<string, Probe>
  readonly canary: CanaryPort
  /** The load that holds while the scenarios run; null when there is none. */
  readonly load: HeldLoad | null
  readonly stack: RunningStack
  readonly containers: ContainerPort
  readonly toolbox: ToolboxPort
  readonly toxiproxy: () => Promise<ToxiproxyPort | null>
  readonly artifacts: ArtifactPort
  readonly runId: string
  /** The run's helper on the stack's network that injects nothing. */
  readonly observer: () => ToolboxHelper
}
