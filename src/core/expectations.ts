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
  /** Instead of the descriptor's idea of a good answer: one of these statuses, whatever the body. */
  readonly status?: readonly number[]
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

/** What became of containers of a service. With `hit` only those that the fault has hit are looked at. */
export type ContainerExpectation = {
  readonly service: string
  readonly hit?: boolean
  /** Each of them died (a `die` event) within this time of being hit. */
  readonly died_within_seconds?: number
  /** ... with this exit code; 137 is any SIGKILL. */
  readonly exit_code?: number
  /** The kernel said that it killed in their cgroup (an `oom` event) before they died. */
  readonly oom?: boolean
  /** Each runs again, with another pid, within this time of its death. */
  readonly running_again_within_seconds?: number
  /** No container of the service died or was restarted while the fault was on. */
  readonly survives?: boolean
  /** Docker's own health check never turned unhealthy meanwhile. */
  readonly healthy?: boolean
}

/** What the system's own listing of the pool says. The times count from the hit. */
export type PoolExpectation = {
  /** The member that was hit, by its id, is listed no more, or as failed. */
  readonly hit_removed_within_seconds?: number
  /** The member that was hit is listed with a state that means failed. */
  readonly hit_failed_within_seconds?: number
  /** So many members are ready or busy, from some point within this time on. */
  readonly ready?: { readonly at_least: number; readonly within_seconds: number }
}

/**
 * Requests of one kind that are under way all the time, from before the fault to the end of its window; each must end, and
 * end honestly: good, or an error that says so. A hang, a cut body, or a 200 with a part of it is neither.
 */
export type WorkloadExpectation = {
  /** One of the descriptor's requests. */
  readonly name: string
  readonly in_flight: number
  readonly within_ms: number
  /** At least this share of those that the fault met is good; the rest may be clean errors. */
  readonly good_share: number
}

/** A Prometheus metric of a service, summed over its containers and label sets, read directly before and in the window. */
export type MetricExpectation = {
  readonly service: string
  readonly port: number
  readonly path: string
  readonly metric: string
  /** Label sets that count: each given label must have this value. */
  readonly labels?: Readonly<Record<string, string>>
  readonly change: { readonly at_least?: number; readonly at_most?: number }
}

/** Lines of a service's log since the fault began for which a JMESPath over the JSON line is true. */
export type LogExpectation = {
  readonly service: string
  readonly matches: string
  readonly at_least?: number
  readonly at_most?: number
}

/**
 * New connections, one after the other all through the window, straight to each container of a service: what a person meets
 * who comes while a resource is used up. Turned away at once is fine; left waiting is not.
 */
export type NewConnectionsExpectation = {
  readonly service: string
  readonly port: number
  readonly path: string
  /** Each has its end within this time: an answer, whatever its status, a refusal, a reset or a close. */
  readonly ended_within_ms: number
  /** At least this share of them ends without an answer. */
  readonly refused_share?: number
}

/** What the load that holds meanwhile meets; only a run that has one can say. */
export type LoadExpectation = {
  /** At most this share of its requests fails while the fault is on, 0…1. */
  readonly error_rate?: number
  /** ... and their p95 is below this. */
  readonly p95_ms?: number
  /** After the fault: within this time the pattern's own limits are kept again, second by second. */
  readonly kept_again_within_seconds?: number
}

export type ExpectationSpecs = {
  canary: CanaryExpectation
  request: RequestExpectation
  log_gaps: LogGapsExpectation
  container: ContainerExpectation
  pool: PoolExpectation
  workload: WorkloadExpectation
  metric: MetricExpectation
  log: LogExpectation
  new_connections: NewConnectionsExpectation
  load: LoadExpectation
}

export const EXPECTATION_KINDS = [
  'canary',
  'request',
  'log_gaps',
  'container',
  'pool',
  'workload',
  'metric',
  'log',
  'new_connections',
  'load',
] as const satisfies readonly (keyof ExpectationSpecs)[]
