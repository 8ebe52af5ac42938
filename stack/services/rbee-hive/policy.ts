/** Limits of the hive's promises, and what it does when one of them is met. This is all that a defect can change of it. */
import type { Defect } from '../shared/defects.ts'
import { HEALTHY_INTAKE, intakePolicy, type IntakePolicy } from '../shared/intake.ts'

export interface HivePolicy {
  readonly intake: IntakePolicy
  /** A worker that registered has to report ready within this time. */
  readonly registrationLimitMs: number
  /** A worker without a heartbeat for this long is dead. */
  readonly deadAfterMs: number
  /** Are dead workers taken out of the pool? */
  readonly removesDead: boolean
  /** From when on a worker may get work. */
  readonly givesWork: 'when-ready' | 'when-registered'
  /** How long a failed registration stays in the list. */
  readonly failedListedMs: number
  /** From SIGTERM to SIGKILL; null for no SIGKILL. */
  readonly stopLimitMs: number | null
  /** How long a job may wait for a worker to be ready. */
  readonly workerWaitMs: number
  /** So long a job waits before it is given to a worker that was lost once and came back. */
  readonly cameBackPauseMs: number
  /** Workers that a job is given to before it fails. */
  readonly maxRuns: number
  /** A larger answer whose worker breaks off is ended with what has come of it, as if that were the whole. */
  readonly failoverUpToTokens: number
  /** A job that nobody has waited for in this time is given up. */
  readonly abandonAfterMs: number
  /** How long a job that an earlier life of the hive has accepted is tried again and again. */
  readonly resumeLimitMs: number
  /** What a job gets that cannot be stored. */
  readonly whenNotStored: 'answer-507' | 'answer-500' | 'run-it-all-the-same'
  /** Kept free on the volume for the records of jobs that were accepted: with less, new ones are refused. */
  readonly reserveBytes: number
  /** So much of the end of the list of finished jobs is taken for torn at a start, beside a line that has no end. */
  readonly tornBytes: number
  /** Accepted and not yet finished. */
  readonly maxOpenJobs: number
  /** Finished jobs are kept for a retry of the same task. */
  readonly keepFinishedMs: number
  readonly keepFinishedBytes: number
  /** Of finished jobs whose answers are gone, so many ids are known still. */
  readonly keepIds: number
}

const MIB = 1024 * 1024

export const HIVE_POLICY: HivePolicy = {
  intake: HEALTHY_INTAKE,
  // Looked at four times a second: with that a registration has failed after 3 s at the latest, a dead worker is out of
  // the pool after 2.25 s.
  registrationLimitMs: 2_750,
  deadAfterMs: 2_000,
  removesDead: true,
  givesWork: 'when-ready',
  failedListedMs: 60_000,
  stopLimitMs: 3_000,
  workerWaitMs: 3_000,
  cameBackPauseMs: 0,
  maxRuns: 4,
  failoverUpToTokens: Infinity,
  // Longer than a queen's pause between two attempts, in which nobody waits either.
  abandonAfterMs: 2_000,
  resumeLimitMs: 60_000,
  whenNotStored: 'answer-507',
  reserveBytes: MIB,
  tornBytes: 0,
  maxOpenJobs: 8_192,
  keepFinishedMs: 15_000,
  keepFinishedBytes: 32 * MIB,
  keepIds: 20_000,
}

export function hivePolicy(defects: ReadonlySet<Defect>): HivePolicy {
  return {
    ...HIVE_POLICY,
    intake: {
      ...intakePolicy(defects),
      ...(defects.has('hive-drops-when-busy') ? { whenLate: 'refuse' } : {}),
      ...(defects.has('hive-dies-without-descriptors') ? { withoutDescriptors: 'exit' } : {}),
    },
    ...(defects.has('no-registration-timeout') ? { registrationLimitMs: Infinity } : {}),
    ...(defects.has('gives-work-before-ready') ? { givesWork: 'when-registered' } : {}),
    ...(defects.has('keeps-dead-workers') ? { removesDead: false } : {}),
    ...(defects.has('slow-with-who-came-back') ? { cameBackPauseMs: 600 } : {}),
    ...(defects.has('never-force-kills') ? { stopLimitMs: null } : {}),
    ...(defects.has('no-failover') ? { failoverUpToTokens: 256 } : {}),
    ...(defects.has('fails-when-full') ? { whenNotStored: 'answer-500' } : {}),
    ...(defects.has('forgets-at-start') ? { tornBytes: 1_024 } : {}),
    ...(defects.has('accepts-without-storing') ? { whenNotStored: 'run-it-all-the-same' } : {}),
  }
}
