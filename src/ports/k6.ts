/** The door to k6: a program of its own (AGPL, never bundled), in a container or on this machine. */
import type { K6Segment } from '../core/segment.ts'
import type { Json, JsonObject } from '../core/json.ts'

export interface K6Version {
  /** 1 and 2 are known. */
  readonly major: number
  /** `2.2.0` */
  readonly text: string
}

export interface K6Script {
  /** Absolute path on this machine. What it imports or opens may lie beside it, below, or above within the workspace. */
  readonly file: string
  /** All that the script finds in `__ENV`. */
  readonly environment: Readonly<Record<string, string>>
}

export interface K6Request extends K6Script {
  /** Unique; the container's name, and what its log calls it. */
  readonly name: string
  /** Take the place of what the script exports under the same keys; the others stay. */
  readonly options: JsonObject
  /** The functions of the script that its users run: `default`, or as its scenarios name them. */
  readonly functions: readonly string[]
  /** On this machine, there already and empty: for what k6 writes. */
  readonly folder: string
  readonly segment: K6Segment | null
  /** After this time it is ended as by `stop`, ms. */
  readonly limitMs: number
}

export interface K6End {
  /** k6's own; 128 + n when it was killed by signal n. What they mean: src/load/judge/k6-exit.ts. */
  readonly exitCode: number
  /** True when it was ended by `stop`, the signal, or its limit. */
  readonly stopped: boolean
  /** Content of `--summary-export`; null when k6 wrote none. Its thresholds are inverted: true is a breach. */
  readonly summary: Json
  /** Last lines of what it logged, for people. */
  readonly log: string
  /** The texts that the script's handleSummary() has written, by the names of their files. */
  readonly files: readonly { readonly name: string; readonly text: string }[]
}

export interface K6Run {
  /** `--out csv`, as it comes; ends with k6. To be read by one, and all of it: k6 waits for its reader. */
  readonly samples: AsyncIterable<Uint8Array>
  readonly ended: Promise<K6End>
  /** SIGINT: it ends its iterations, and writes its summary. SIGKILL follows when it does not end in time. Idempotent. */
  stop(): void
  /** CPU time so far, µs; null when it cannot be read (any more). */
  cpuUs(signal: AbortSignal): Promise<number | null>
}

/** One file with the script, all that it needs, and its settings; of its environment nothing. */
export type K6ArchiveRequest = Pick<K6Request, 'name' | 'file' | 'environment' | 'options' | 'functions' | 'folder'>

export interface K6Port {
  /** `container` or `host`, for the report. */
  readonly kind: string
  /** Base URL under which it reaches the stack's entry. */
  readonly entryUrl: string
  /** @throws CAPABILITY_MISSING when there is no k6, or one of a major that is not known. */
  version(signal: AbortSignal): Promise<K6Version>
  /** The options that a script exports, as k6 understands them. @throws BAD_INPUT with k6's words for one that cannot be loaded. */
  inspect(script: K6Script, signal: AbortSignal): Promise<JsonObject>
  /** A tar file. @throws BAD_INPUT with k6's words for a script that cannot be loaded. */
  archive(request: K6ArchiveRequest, signal: AbortSignal): Promise<Uint8Array>
  /** The signal stops it. @throws when it cannot be started; everything later is its end. */
  start(request: K6Request, signal: AbortSignal): Promise<K6Run>
}
