/** What a load is sent to: a stack of ours, or an address of somebody's. */
import type { CompletedPort } from '../core/ports.ts'

export interface CompletedList {
  readonly port: CompletedPort
  /** The counter whose samples claim that a job was served, and the tag that says which. */
  readonly claim: { readonly metric: string; readonly key: string }
}

export interface LoadTarget {
  /** For the script's `__ENV`. */
  readonly variables: Readonly<Record<string, string>>
  /** The jobs that it says it has completed; null where it does not say how to ask. */
  readonly completed: CompletedList | null
  /** null when it is well, else what is not. */
  unhealthy(signal: AbortSignal): Promise<string | null>
  /** Makes it anew; null when that is not ours to do. */
  readonly recreate: ((signal: AbortSignal) => Promise<void>) | null
}
