/** Limits of the hive's promises. */
export interface HivePolicy {
  /** A worker that registered has to report ready within this time. */
  readonly registrationLimitMs: number
  /** A worker without a heartbeat for this long is dead. */
  readonly deadAfterMs: number
  /** How long a failed registration stays in the list. */
  readonly failedListedMs: number
  /** From SIGTERM to SIGKILL. */
  readonly stopLimitMs: number
  /** How long a job may wait for a worker to be ready. */
  readonly workerWaitMs: number
  /** Workers that a job is given to before it fails. */
  readonly maxRuns: number
  /** Accepted and not yet finished. */
  readonly maxOpenJobs: number
  /** Finished jobs are kept for a retry of the same task. */
  readonly keepFinishedMs: number
  readonly keepFinishedBytes: number
}

export const HIVE_POLICY: HivePolicy = {
  registrationLimitMs: 3_000,
  deadAfterMs: 2_000,
  failedListedMs: 60_000,
  stopLimitMs: 3_000,
  workerWaitMs: 3_000,
  maxRuns: 4,
  maxOpenJobs: 8_192,
  keepFinishedMs: 15_000,
  keepFinishedBytes: 32 * 1024 * 1024,
}
