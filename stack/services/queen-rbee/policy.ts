/** How the queen treats its clients and its upstream. This is all that a defect can change of it. */
import type { Defect } from '../shared/defects.ts'
import { intakePolicy, type IntakePolicy } from '../shared/intake.ts'
import type { FailureReason } from './attempt-failure.ts'
import { constantBackoff, exponentialBackoff, type Backoff } from './backoff.ts'
import type { CrowdPolicy } from './crowd.ts'

export interface UpstreamPolicy {
  /** Limit of one attempt, from its start to the first byte of the answer (to the last one of a small answer). */
  readonly attemptLimitMs: number
  /** The client has its first byte, or a 503, within this time from the request's arrival. */
  readonly answerLimitMs: number
  readonly backoff: Backoff
  /** May an attempt that failed for this reason be followed by another? */
  retries(reason: FailureReason): boolean
  /** What the client gets when no further attempt fits. */
  readonly whenExhausted: 'answer-503' | 'say-nothing'
  /** So many attempts at once, for good, when one has failed. */
  readonly lanesAfterFailure: number
  /** An answer that comes so late after its request gets the text of the one before it that did. */
  readonly mixedUpAfterMs: number
  /** What becomes of other attempts while a large answer is passed on. */
  readonly besideLargeAnswers: 'go-on' | 'wait'
  /** What else is sent when an attempt is followed by another one: the same task once more, whose answer nobody waits for. */
  readonly besideRetries: 'nothing' | 'same-task-under-another-id'
  /** What was sent with a request that was not answered with 200: nobody asks for it again. */
  readonly whenRefused: 'forget-it' | 'keep-a-file-open'
  readonly body: BodyPolicy
  readonly crowd: CrowdPolicy
}

/** For answers that are passed on while they arrive. */
export interface BodyPolicy {
  /** Longest pause between two pieces. */
  readonly idleMs: number
  /** Before so many bytes have come it may pause for as long as it likes. */
  readonly idleFromBytes: number
  /** Longest time for all of it; null for no limit. */
  readonly totalMs: number | null
  /** A body that paused too long is cut visibly (the client's connection is destroyed), never ended as if whole. */
  readonly whenIdle: 'cut' | 'end'
}

const ATTEMPT_LIMIT_MS = 1_200
const ANSWER_LIMIT_MS = 4_000
const FIRST_GAP_MS = 100
const MIB = 1024 * 1024
/** Far from what a single user or a handful of them ever asks for, and longer than ST-005 needs for its thousand requests. */
const CROWD: Omit<CrowdPolicy, 'whenCrowded'> = {
  tasksPerSecond: 30,
  seconds: 3,
  delayMs: 3_000,
  failsEvery: 5,
  keptBytes: MIB,
}
const BODY: BodyPolicy = { idleMs: 10_000, idleFromBytes: 0, totalMs: null, whenIdle: 'cut' }

export function upstreamPolicy(defects: ReadonlySet<Defect>): UpstreamPolicy {
  return {
    attemptLimitMs: attemptLimitMs(defects),
    answerLimitMs: ANSWER_LIMIT_MS,
    backoff: defects.has('no-backoff') ? constantBackoff(FIRST_GAP_MS) : exponentialBackoff(FIRST_GAP_MS),
    retries: (reason) => !defects.has('single-short-attempt') && !(reason === 'reset' && defects.has('no-retry-on-reset')),
    whenExhausted: defects.has('hangs-without-upstream') ? 'say-nothing' : 'answer-503',
    lanesAfterFailure: defects.has('few-at-once-after-a-failure') ? 6 : Infinity,
    mixedUpAfterMs: defects.has('mixes-up-late-answers') ? 500 : Infinity,
    besideLargeAnswers: defects.has('waits-behind-large-answers') ? 'wait' : 'go-on',
    besideRetries: defects.has('repeats-under-another-id') ? 'same-task-under-another-id' : 'nothing',
    whenRefused: defects.has('keeps-what-it-refused') ? 'keep-a-file-open' : 'forget-it',
    body: {
      ...BODY,
      ...(defects.has('total-body-deadline') ? { totalMs: 2_000 } : {}),
      ...(defects.has('truncates-slow-bodies') ? { idleMs: 60, idleFromBytes: 8_192, whenIdle: 'end' } : {}),
    },
    crowd: { ...CROWD, whenCrowded: whenCrowded(defects) },
  }
}

function whenCrowded(defects: ReadonlySet<Defect>): CrowdPolicy['whenCrowded'] {
  if (defects.has('late-when-crowded')) return 'serve-late'
  if (defects.has('fails-when-crowded')) return 'fail-some'
  if (defects.has('hides-failures-when-crowded')) return 'hide-failures'
  return defects.has('leaks-when-crowded') ? 'forget-nothing' : 'serve'
}

function attemptLimitMs(defects: ReadonlySet<Defect>): number {
  if (defects.has('single-short-attempt')) return 300
  if (defects.has('tight-upstream-timeout')) return 400
  return ATTEMPT_LIMIT_MS
}

export function queenIntake(defects: ReadonlySet<Defect>): IntakePolicy {
  return {
    ...intakePolicy(defects),
    ...(defects.has('queen-drops-when-busy') ? { whenLate: 'refuse' } : {}),
    ...(defects.has('queen-dies-without-descriptors') ? { withoutDescriptors: 'exit' } : {}),
    ...(defects.has('hoards-memory') ? { bytesPerRequest: 4 * MIB } : {}),
  }
}
