/** The result of one scenario: the shape is the type, the published schema and its documentation. */
import * as z from 'zod'
import type { DeepReadonly } from '../json.ts'
import { begun, count, expectedBehavior, judged, kept, met, numberOrNull, series, texts } from './parts.ts'

const phase = z.object({
  name: z
    .enum([
      'steady',
      'plan',
      'prepare',
      'inject',
      'effect',
      'during',
      'revert',
      'clean',
      'recovery',
      'capacity',
      'restart',
      'collect',
    ])
    .describe('Which phase; some run side by side.'),
  startedAt: z.string().describe('When the phase began, ISO 8601 in UTC.'),
  durationMs: z.number().describe('How long the phase took, ms.'),
})

const effect = z.object({
  confirmed: z.boolean().describe('Whether the fault was seen to bite, by measuring and never by reading back what was set.'),
  summary: z.string().describe('One line for people: +997 ms median over 2 links.'),
  reasons: texts.describe('Why it is not confirmed; empty when it is.'),
  escaped: texts
    .optional()
    .describe(
      'How the system got round the fault by not doing what it was to do: each is a broken promise, and no fault that did not bite; left out where it did not.',
    ),
  measures: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))
    .describe('What was measured, by name; numbers are in the unit that the name ends with, and null is what could not be read.'),
})

const expectation = z.object({
  phase: z.enum(['during', 'after']).describe('Whether it was judged while the fault was on, or after its end.'),
  text: z.string().describe('The clause, for people.'),
  expected: z.string().describe('What was promised, in words.'),
  observed: z.string().describe('What was seen, in words.'),
  met: met.describe('Whether the promise was kept; null when it could not be decided, which never counts as met.'),
})

const failedAnswer = z.object({
  atMs: z.number().describe('When its request was to be sent, ms from the begin of the scenario, as in the series.'),
  request: z.string().nullable().describe('Name of the request; null where the canary has one only.'),
  error: z.string().describe('Why it was no good answer.'),
  body: z.string().describe('How its body begins, at most 500 characters.'),
})

const canary = z.object({
  total: count.describe('Requests that were to be sent in the fault window.'),
  failed: count.describe('How many of them had no good answer.'),
  // Of a result that was written before anybody counted.
  slow: count
    .nullable()
    .default(null)
    .describe(
      'How many of the others took longer than such a request takes without a fault (one and a half times what 95 % took in the steady state, or 150 ms above its median): with those that failed, the share that saw the fault; null when nothing was injected.',
    ),
  p50Ms: numberOrNull.describe('Median latency of the good answers, ms from the intended moment of sending; null without one.'),
  p95Ms: numberOrNull.describe('95th percentile of the same, ms; null without a good answer.'),
  longestOutageMs: numberOrNull.describe(
    'Longest time without a good answer from the injection to the end of the scenario, ms; null when nothing was injected.',
  ),
  steadyP50Ms: numberOrNull.describe(
    'Median latency in the steady state of the same scenario, to compare with, ms; null without one.',
  ),
  maxLatenessMs: numberOrNull.describe('How late the harness itself was to send, at worst, ms; null when nothing was injected.'),
  // Of a result that was written before any was kept.
  failedAnswers: z
    .array(failedAnswer)
    .default([])
    .describe('What failed answers said: the first of each error, three at most in the scenario.'),
})

const calm = z.object({
  requests: count.describe('How many of the newest requests were looked at.'),
  slow: count.describe('How many of them took longer than slowMs.'),
  slowMs: numberOrNull.describe(
    'From where on an answer is slow, ms: one and a half times what 95 % took in the steady state, or a margin above its median; the largest where kinds of request differ; null without a steady state.',
  ),
  p50Ms: numberOrNull.describe('Median latency of them, ms; null of none.'),
  p95Ms: numberOrNull.describe('95th percentile, ms; null of none.'),
  p99Ms: numberOrNull.describe('99th percentile, ms; null of none.'),
  worstMs: numberOrNull.describe('The slowest of them, ms; null of none.'),
})

const recovery = z.object({
  recovered: z
    .boolean()
    .describe('Whether the system was well again within the limit, and stayed so to the end of the scenario.'),
  afterMs: numberOrNull.describe(
    'Upper bound of the time to recovery: from the end of the fault to the first good answer of the unbroken streak, or to the end of the last slow answer, where a look found them slower than before, ms; null when there was none.',
  ),
  limitMs: z.number().describe('How long the recovery may take, ms from the end of the fault.'),
  lastBadMs: numberOrNull.describe(
    'The last bad request before the streak, ms after the end of the fault: the lower bound. 0 when none was bad; null when recovery was not observed.',
  ),
  firstGoodMs: numberOrNull.describe(
    'The first good answer of the last streak, ms after the end of the fault; null without one.',
  ),
  streak: z.number().describe('How many good requests in a row were required; 0 when recovery was not observed.'),
  reason: z.string().nullable().describe('Why it did not recover; null when it did.'),
  // Of a result that was written before anybody looked.
  calm: calm
    .nullable()
    .default(null)
    .describe(
      'What the answers were like once recovery was proven, held against the steady state; null when it did not come so far.',
    ),
})

const control = z.object({
  service: z.string().describe('The service that was watched.'),
  unaffected: z.boolean().describe('Whether it was seen to be as before while the fault was on.'),
  steadyP95Ms: numberOrNull.describe('95th percentile of its health page before the fault, ms; null without an answer.'),
  duringP95Ms: numberOrNull.describe('The same while the fault was on, ms; null without an answer.'),
  reasons: texts.describe('Why it does not count as unaffected; empty when it does.'),
})

const cleanup = z.object({
  clean: z.boolean().describe('Whether nothing of the fault was found any more.'),
  leftovers: texts.describe('What was still found, by name; empty when it is clean.'),
})

const host = z.object({
  memAvailableMinBytes: z.number().describe('The least memory that was available, bytes.'),
  memAvailableFloorBytes: z.number().describe('Below so much available memory the fault is ended, bytes.'),
  diskFreeMinBytes: z.number().describe("The least that was free on Docker's disk, bytes."),
  diskFreeFloorBytes: z.number().describe("Below so much free space on Docker's disk the fault is ended, bytes."),
  cpuStolenPercent: numberOrNull
    .default(null)
    .describe(
      'Of the CPU time that the machine asked for, the percentage that the host that it is a guest of gave to others; null when nothing was asked for, or nobody looked.',
    ),
})

const event = z.object({
  at: z.string().describe('When it happened, ISO 8601 in UTC.'),
  source: z.string().describe('Who told of it: a service, docker or engine.'),
  kind: z
    .string()
    .describe("What it was: an action of Docker's events such as die or oom, or hit, restart and stack-recreated of the engine."),
  detail: z.string().describe('More of it, for people.'),
})

const exposure = z.object({
  places: texts.describe('What was broken: names of links, or of services.'),
  unused: texts.describe(
    "Those of them with which nobody but us was connected from the steady state to the end of the fault, by the kernel's tables.",
  ),
  allowed: z.boolean().describe('Whether the entry says that it may be unused.'),
})

const confirmation = z.object({
  verdict: judged.verdict.describe('What was decided the second time, alone on a fresh stack.'),
  reasons: judged.reasons,
  after: texts.describe('Ids of the scenarios that had run before it on the stack of the first time, the oldest first.'),
  beside: z.boolean().describe('Whether other stacks ran on the machine the first time.'),
  ...begun,
  series: series.describe('The canary requests of the second time.'),
  logs: kept.logs,
})

export const scenarioShape = z.object({
  ...judged,
  recoveryOnly: z.boolean().describe('Whether the entry has no expect, so that only effect and recovery were judged.'),
  expectedBehavior,
  // Of a result that was written before there could be several.
  stack: count.default(1).describe('Number of the stack that it ran on, from 1.'),
  ...begun,
  phases: z.array(phase).describe('The phases that it came to, in the order of their beginnings.'),
  targets: texts.describe('Names of what the faults hit: links, containers, services.'),
  mechanism: z
    .string()
    .describe('How the faults were realised on this machine: toxiproxy latency; empty when it did not come so far.'),
  effect: effect.describe('Whether the fault bit, and what shows it.'),
  expectations: z.array(expectation).describe('The clauses of the entry that were judged.'),
  canary: canary.describe('What became of the requests that stand for a user, in the fault window.'),
  recovery: recovery.describe('Whether and when the system was well again.'),
  control: control
    .nullable()
    .describe('What the fault must not touch, as it was watched meanwhile; null where nothing was watched.'),
  controlReason: z
    .string()
    .nullable()
    .describe('Why nothing was watched as a control; null when something was, or it was not asked.'),
  // Of a result that was written before anybody looked.
  exposure: exposure
    .nullable()
    .default(null)
    .describe("Whether the system's own traffic met what was broken; null where nobody could look."),
  cleanup: cleanup.describe('Whether something of the fault stayed behind.'),
  host: host
    .nullable()
    .describe('How close the machine came to its limits while the fault was on; null when it ended before anybody looked.'),
  events: z.array(event).describe('What happened to the containers and in the engine meanwhile, in the order of time.'),
  series: series.describe('The canary requests of the scenario, one JSON object a line; null when none was sent.'),
  // Of a result that was written before anything was run once more.
  confirmation: confirmation
    .nullable()
    .default(null)
    .describe(
      'What came of it when it was run once more, as it had failed where others had run before it or beside it; null where it was not. Red stays red.',
    ),
  ...kept,
})

export type ScenarioResult = DeepReadonly<z.infer<typeof scenarioShape>>
export type PhaseResult = DeepReadonly<z.infer<typeof phase>>
export type PhaseName = PhaseResult['name']
export type ExpectationResult = DeepReadonly<z.infer<typeof expectation>>
export type RecoveryResult = DeepReadonly<z.infer<typeof recovery>>
export type CalmResult = DeepReadonly<z.infer<typeof calm>>
export type ControlResult = DeepReadonly<z.infer<typeof control>>
export type HostResult = DeepReadonly<z.infer<typeof host>>
export type ExposureResult = DeepReadonly<z.infer<typeof exposure>>
export type ConfirmationResult = DeepReadonly<z.infer<typeof confirmation>>
export type TimelineEvent = DeepReadonly<z.infer<typeof event>>

/** What was measured to show that a fault bit, and how it was realised on this machine: `nft numgen random drop at ingress`. */
export type Evidence = DeepReadonly<z.infer<typeof effect>> & { readonly mechanism: string }
