/** What the load suite is given; it imports none of it. */
import type { Wall } from '../core/time/moment.ts'
import type { Clock } from '../core/time/clock.ts'
import type { K6Port } from '../ports/k6.ts'
import type { K6Segment } from '../core/segment.ts'
import type { LoadPattern } from '../core/load.ts'
import type { ProfileName } from '../core/model.ts'
import type { ArtifactPort, ScratchFile } from '../ports/files.ts'
import type { Logger } from '../ports/reporter.ts'
import type { CompletedPort } from '../ports/stack.ts'
import type { RunEvent } from '../core/run-event.ts'
import type { HostFacts } from '../toolbox/operations/resources/host.ts'

/** What a load is sent to: a stack of ours, or an address of somebody's. */
export interface LoadTarget {
  /** Variables for the script's `__ENV`. */
  readonly variables: Readonly<Record<string, string>>
  /** The jobs that it says it has completed; null where it does not say how to ask. */
  readonly completed: {
    readonly port: CompletedPort
    /** The counter whose samples claim that a job was served, and the tag that says which. */
    readonly claim: { readonly metric: string; readonly key: string }
  } | null
  /** Resolves to null when it is well, else to what is not. */
  unhealthy(signal: AbortSignal): Promise<string | null>
  /** Makes it anew; null when that is not ours to do. */
  readonly recreate: ((signal: AbortSignal) => Promise<void>) | null
}

export interface LoadDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly emit: (event: RunEvent) => void
  readonly k6: K6Port
  readonly target: LoadTarget
  /** A reading of the machine that generates. */
  readonly machine: (signal: AbortSignal) => Promise<HostFacts>
  readonly artifacts: ArtifactPort
  readonly runId: string
  /** An empty folder on this machine that k6 may write to, gone with the run. */
  readonly folderFor: (patternId: string) => Promise<string>
  /** A file on this machine, gone with the run. `name`: unique in the run. */
  readonly scratch: (name: string) => Promise<ScratchFile>
  /** SHA-256 of a file's content, in hexadecimal. */
  readonly hashOf: (file: string) => Promise<string>
  /** Ends the load before it takes the machine down, by its signal. @throws HOST_GUARD when it is below a floor already. */
  readonly guard: (signal: AbortSignal) => Promise<{ readonly signal: AbortSignal; stop(): void }>
}

export interface LoadOptions {
  readonly profile: ProfileName
  /** Scenarios that came before in this run: for the count that people see. */
  readonly before: number
  /** Nothing is sent, and nothing can pass. */
  readonly isRehearsal: boolean
  /** The user's own limits, as written, for every pattern. */
  readonly thresholds: readonly string[]
  /** The model of every pattern; null: each has its own. */
  readonly model: LoadPattern['model'] | null
  /** The part of this generator where several make a load together; null: all of it. */
  readonly segment: K6Segment | null
  /** When k6 is to be started; null: as soon as it can. */
  readonly startWallMs: Wall | null
  readonly repeatCommand: (id: string) => string
}
