/** What a run is told by, and told with. */
import type { ExecPort } from '../../ports/exec.ts'
import type { Logger, Reporter } from '../../ports/reporter.ts'

export interface RunUi {
  readonly reporters: readonly Reporter[]
  readonly log: Logger
  /** Aborts on SIGINT or SIGTERM; the run then reverts, tears down and reports. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
  /** For programs that only tell their version; where a front end has none of its own, they run as all others do. */
  readonly versions?: ExecPort
}
