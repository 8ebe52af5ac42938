/** Specs of the clauses that `expect` may hold, as the scenario file has them. Units stand in the names. */

/** Judges the canary requests whose intended send time lies in the fault window. */
export type CanaryExpectation = {
  /** At least this share of requests must be good, 0…1. */
  readonly success_rate?: number
  /** At least `share` of the requests must be answered with one of these statuses. */
  readonly answers?: { readonly status: readonly number[]; readonly share: number }
  /** Every request must have its answer, good or bad, within this time from its intended send time. */
  readonly within_ms?: number
  /** The median must exceed the steady state's by what the faults say, give or take this fraction. */
  readonly slower_by_fault?: { readonly tolerance: number }
}

/** Sends one of the descriptor's requests while the fault bites. */
export type RequestExpectation = {
  readonly name: string
  readonly within_ms: number
  /** The body must equal, byte for byte, the one that the same request got in the steady state. */
  readonly same_as_steady?: boolean
  /** Bytes of body per second, in KB (1000 B), from the first byte to the last. */
  readonly rate_kb_per_s?: { readonly at_least: number; readonly at_most: number }
}

/** Looks for growing pauses between repeated attempts in the JSON log lines of a service. Conditions are JMESPath. */
export type LogGapsExpectation = {
  readonly service: string
  /** What tells one series of attempts from another, for example `task_id`. */
  readonly group_by: string
  /**
   * JMESPath of the line's own time, ISO 8601 or epoch ms. Without it Docker's timestamp counts, which is when the line was
   * read from the container: on a busy machine up to 150 ms after it was written, too coarse for pauses of 100 ms.
   */
  readonly at?: string
  /** A gap runs from a line for which `from` is true to the next line of the group for which `to` is true. */
  readonly from: string
  readonly to: string
  /** Each gap must be at least this many times the one before. */
  readonly growth: number
  /** A group counts when it has this many gaps. */
  readonly min_gaps: number
  /** So many groups must count, and `share` of them must grow. */
  readonly min_groups: number
  readonly share: number
}

export type ExpectationSpecs = {
  canary: CanaryExpectation
  request: RequestExpectation
  log_gaps: LogGapsExpectation
}

export const EXPECTATION_KINDS = ['canary', 'request', 'log_gaps'] as const satisfies readonly (keyof ExpectationSpecs)[]
