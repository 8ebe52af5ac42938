import type { ProfileName } from '../core/model.ts'

export interface EngineOptions {
  readonly profile: ProfileName
  readonly noInject: boolean
  /** How much longer than usual this machine takes for all that is no window: for the time that people see. */
  readonly pace: number
  /** The stacks are left as they are at the end: none is taken down when it has nothing more to do. */
  readonly keepStacks: boolean
  /** What failed where others had run before it or beside it is run once more, alone on a fresh stack. */
  readonly confirm: boolean
  /** What else the run has, after these scenarios: for the count and the time that people see. */
  readonly after: { readonly count: number; readonly plannedMs: number }
  /** Ends in the stack and the scenario's id: what a person types to see the same again. */
  readonly repeatCommand: (scenarioId: string) => string
}

/** Steady state: this many good canary requests in a row, within this time. */
export const STEADY_STREAK = 10
export const STEADY_LIMIT_MS = 20_000
/** So long is looked, on a stack of which nothing is known yet, at what is usual there: three looks of those of `watch/growth.ts`. */
export const FIRST_LOOK_MS = 2_300
/** A step of a fault that nobody waits for any more has this long to end before it is undone, and as long again after it. */
export const ABANDONED_LIMIT_MS = 1_500

/** How long undoing may take. It runs on a signal of its own, also after a cancel. */
export interface UndoLimits {
  /** For each fault. */
  readonly revertMs: number
  /** Two that share a target come one after the other; before and after them a step may be waited for that was abandoned. */
  readonly allRevertsMs: number
  /** To prove that nothing is left. */
  readonly cleanMs: number
}

/** GitHub ends a step 10 s after it has told it of the cancel. */
export const HURRIED_UNDO: UndoLimits = undoLimits(6_000, 6_000)
/** Nobody presses: slow is a machine that is busy, or a proxy that waits for clients that are gone. That is no fault that stays. */
export const PATIENT_UNDO: UndoLimits = undoLimits(25_000, 20_000)
/** How much denser the canary asks from the end of one fault to the begin of the next. */
export const DENSE_PACE_FACTOR = 2
/** A steady state is slow above twice the first one, and at least this much above it. */
export const SLOW_FACTOR = 2
export const SLOW_MARGIN_MS = 150
/** An answer is slow above this much of what 95 % took before, and at least that margin above the median. */
export const SLOW_TAIL_FACTOR = 1.5
/** How long it is looked whether all is as before: until so many requests were due, in so long a time at least and at most, ms. */
export const CALM_REQUESTS = 60
export const CALM_SHORTEST_MS = 1_750
export const CALM_LONGEST_MS = 3_000
/** However long they take: fewer tell nothing of a tail. */
export const CALM_FEWEST_REQUESTS = 20
/** For what clauses must have under way before the fault comes. */
export const BEGIN_LIMIT_MS = 10_000
/** Planning and preparing may start several helpers. */
export const PREPARE_LIMIT_MS = 30_000
export const INJECT_LIMIT_MS = 10_000
/** After the planned window the fault is held for undecided clauses: as long as the slowest of them may need, and this much. */
export const HOLD_MARGIN_MS = 5_000
/** For the clauses that are observed once the system has recovered, when they say nothing longer. */
export const AFTER_LIMIT_MS = 30_000
/** To end what is restarted at the very end and start it again, apart from the time until it is well. */
export const RESTART_LIMIT_MS = 60_000
export const COLLECT_LIMIT_MS = 10_000
export const LOG_BYTES_PER_CONTAINER = 256 * 1024
export const EVENTS_PER_SCENARIO = 200

/** So many reds are run once more: a build that breaks all of them is known by then. */
export const MOST_CONFIRMED = 5

/** Above these the harness, not the system, may be what was slow. */
export const STARVED_LATENESS_P95_MS = 100
export const STARVED_LAG_P99_MS = 250

function undoLimits(revertMs: number, cleanMs: number): UndoLimits {
  return { revertMs, allRevertsMs: 2 * revertMs + 2 * ABANDONED_LIMIT_MS, cleanMs }
}
