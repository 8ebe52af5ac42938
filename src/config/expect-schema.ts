/** The `expect` block: what makes the prose of `expected_behavior` checkable. */
import * as z from 'zod'
import { EXPECTATION_KINDS } from '../core/expectations.ts'
import type {
  CanaryExpectation,
  ContainerExpectation,
  LoadExpectation,
  LogExpectation,
  LogGapsExpectation,
  MetricExpectation,
  NewConnectionsExpectation,
  PoolExpectation,
  RequestExpectation,
  WorkloadExpectation,
} from '../core/expectations.ts'
import { jmespath, line, milliseconds, oneOf, port, quantity, serviceName, statuses, urlPath } from '../kinds/schema-kit.ts'

/** Nothing is awaited longer than this by the canary, so a longer limit could never be missed. */
const CANARY_DEADLINE_MS = 15_000
const REQUEST_DEADLINE_MS = 600_000

/** Zero is refused: a share that everything has is no expectation. */
function share(description: string): z.ZodNumber {
  return quantity({ minimum: 0, above: true, maximum: 1, description })
}

const canary = z
  .strictObject({
    success_rate: share('At least this share of the canary requests is good').optional(),
    answers: z
      .strictObject({
        status: statuses('Statuses that count'),
        share: share('At least this share of the canary requests is answered with one of them'),
      })
      .meta({ description: 'Which answers the canary gets' })
      .optional(),
    within_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS,
      'Every canary request has its answer, good or bad, within this time',
    ).optional(),
    slower_by_fault: z
      .strictObject({
        tolerance: quantity({ minimum: 0, above: true, maximum: 1, description: 'Fraction by which the slow-down may differ' }),
      })
      .meta({
        description:
          'The median is slower than before by what the fault adds, give or take the tolerance; a miss that the spread of the steady state explains decides nothing',
      })
      .optional(),
  })
  .refine((spec) => Object.keys(spec).length > 0, {
    error: 'says nothing: give at least one of success_rate, answers, within_ms, slower_by_fault',
  })
  .meta({ description: 'Judges the canary requests of the fault window', minProperties: 1 })

const request = z
  .strictObject({
    name: line(64, "One of the descriptor's requests"),
    within_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'The whole answer is there within this time'),
    same_as_steady: z.boolean().meta({ description: 'The body equals, byte for byte, the one before the fault' }).optional(),
    rate_kb_per_s: z
      .strictObject({
        at_least: quantity({ unit: 'KB/s', minimum: 0, maximum: 10_000_000 }),
        at_most: quantity({ unit: 'KB/s', minimum: 0, above: true, maximum: 10_000_000 }),
      })
      .refine((rate) => rate.at_least <= rate.at_most, { error: 'can never hold: at_least is above at_most' })
      .meta({ description: 'Body bytes a second, in KB (1000 B), from the first byte to the last' })
      .optional(),
    status: statuses("Statuses that are right while the fault bites, instead of the request's own good").optional(),
  })
  .refine((spec) => spec.status === undefined || spec.same_as_steady !== true, {
    error: 'cannot ask for other statuses and for the same body as before the fault',
    path: ['status'],
  })
  .meta({ description: "Sends one of the descriptor's requests while the fault bites" })

const logGaps = z
  .strictObject({
    service: serviceName('Whose log is read'),
    group_by: jmespath('What tells one series of attempts from another, for example task_id'),
    at: jmespath("The line's own time, ISO 8601 or epoch ms; Docker's timestamp when left out").optional(),
    from: jmespath('A gap runs from a line for which this is true'),
    to: jmespath('… to the next line of the group for which this is true'),
    growth: quantity({ minimum: 1, maximum: 100, description: 'Each gap is at least this many times the one before' }),
    // One gap has none before it to be compared with.
    min_gaps: quantity({ minimum: 2, maximum: 100, integer: true, description: 'A group counts when it has this many gaps' }),
    min_groups: quantity({ minimum: 1, maximum: 10_000, integer: true, description: 'So many groups must count' }),
    share: share('At least this share of them must grow'),
  })
  .meta({ description: 'Looks for growing pauses between repeated attempts in the JSON log lines of a service' })

function withinSeconds(description: string): z.ZodNumber {
  return quantity({ unit: 's', minimum: 0, above: true, maximum: 600, description })
}

const whole = (minimum: number, description: string): z.ZodNumber =>
  quantity({ minimum, maximum: 1_000_000_000, integer: true, description })

const container = z
  .strictObject({
    service: serviceName('Whose containers are looked at'),
    hit: z.boolean().meta({ description: 'Only those that the fault has hit' }).optional(),
    died_within_seconds: withinSeconds('Each died within this time of being hit').optional(),
    exit_code: quantity({ minimum: 0, maximum: 255, integer: true, description: 'With this exit code' }).optional(),
    oom: z.boolean().meta({ description: 'The kernel reported a kill for want of memory in it before it died' }).optional(),
    running_again_within_seconds: withinSeconds('Each runs again, with another pid, within this time of its death').optional(),
    survives: z.boolean().meta({ description: 'None died or was restarted while the fault was on' }).optional(),
    healthy: z.boolean().meta({ description: 'Its health check never turned unhealthy while the fault was on' }).optional(),
  })
  .refine((spec) => Object.keys(spec).some((key) => key !== 'service' && key !== 'hit'), {
    error:
      'says nothing: give at least one of died_within_seconds, exit_code, oom, running_again_within_seconds, survives, healthy',
  })
  .meta({ description: 'What became of the containers of a service' })

const pool = z
  .strictObject({
    hit_removed_within_seconds: withinSeconds('The member that was hit is listed no more, or as failed').optional(),
    hit_failed_within_seconds: withinSeconds('The member that was hit is listed as failed').optional(),
    ready: z
      .strictObject({
        at_least: whole(1, 'So many members are ready or busy'),
        within_seconds: withinSeconds('From some point within this time on'),
      })
      .meta({ description: 'How many members can work' })
      .optional(),
  })
  .refine((spec) => Object.keys(spec).length > 0, {
    error: 'says nothing: give at least one of hit_removed_within_seconds, hit_failed_within_seconds, ready',
  })
  .meta({ description: "What the system's own listing of the pool says", minProperties: 1 })

const workload = z
  .strictObject({
    name: line(64, "One of the descriptor's requests"),
    in_flight: quantity({ minimum: 1, maximum: 100, integer: true, description: 'So many are under way all the time' }),
    within_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'Each has ended, well or with a clear error, within this time'),
    good_share: share('At least this share of those that the fault met is good'),
  })
  .meta({ description: 'Requests that are under way from before the fault to its end: none hangs, none is silently cut' })

const metric = z
  .strictObject({
    service: serviceName('Whose metrics are read, from each of its containers'),
    port: port('Port of the metrics page'),
    path: urlPath('Path of the metrics page'),
    metric: line(200, 'Name of the metric'),
    labels: z
      .record(z.string().max(200), z.string().max(1_000))
      .meta({ description: 'Only series with these labels' })
      .optional(),
    change: z
      .strictObject({
        at_least: z.number().meta({ description: 'It grew by so much or more' }).optional(),
        at_most: z.number().meta({ description: 'It grew by so much or less' }).optional(),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'says nothing: give at_least, at_most or both' })
      .refine((change) => (change.at_least ?? -Infinity) <= (change.at_most ?? Infinity), {
        error: 'can never hold: at_least is above at_most',
      })
      .meta({ description: 'Sum over the containers and series, during the fault against before', minProperties: 1 }),
  })
  .meta({ description: 'How a Prometheus metric changes' })

const log = z
  .strictObject({
    service: serviceName('Whose log is read'),
    matches: jmespath('Must be true of a JSON log line for it to count'),
    at_least: whole(0, 'So many lines or more').optional(),
    at_most: whole(0, 'So many lines or fewer').optional(),
  })
  .refine((spec) => spec.at_least !== undefined || spec.at_most !== undefined, {
    error: 'says nothing: give at_least, at_most or both',
  })
  .refine((spec) => (spec.at_least ?? 0) <= (spec.at_most ?? Infinity), { error: 'can never hold: at_least is above at_most' })
  .meta({ description: 'How many log lines of a kind appear while the fault is on' })

const newConnections = z
  .strictObject({
    service: serviceName('To whose containers connections are opened, straight to each'),
    port: port('Port that it listens at'),
    path: urlPath('What is asked for on each connection'),
    ended_within_ms: milliseconds(
      1,
      CANARY_DEADLINE_MS,
      'Each has its end, an answer, a refusal, a reset or a close, within this time',
    ),
    refused_share: share('At least this share of them ends without an answer').optional(),
  })
  .meta({ description: 'New connections while the fault is on: none is left waiting' })

const load = z
  .strictObject({
    error_rate: quantity({ minimum: 0, maximum: 1, description: 'At most this share of its requests fails' }).optional(),
    p95_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'p95 of its requests is below this').optional(),
    kept_again_within_seconds: quantity({
      unit: 's',
      minimum: 1,
      maximum: 600,
      description: "After the fault: within this time the pattern's own limits are kept again, second by second",
    }).optional(),
  })
  .refine((spec) => Object.keys(spec).length > 0, {
    error: 'says nothing: give at least one of error_rate, p95_ms, kept_again_within_seconds',
  })
  .meta({ description: 'What the load meets that holds meanwhile (--under-load)', minProperties: 1 })

/** One of the kinds per clause. `when` lets the count be checked even where a spec has mistakes of its own. */
export const clauseSchema = z
  .strictObject({
    phase: oneOf(['during', 'after'], 'While the fault bites (the default), or after it was reverted').optional(),
    canary: canary.optional(),
    request: request.optional(),
    log_gaps: logGaps.optional(),
    container: container.optional(),
    pool: pool.optional(),
    workload: workload.optional(),
    metric: metric.optional(),
    log: log.optional(),
    new_connections: newConnections.optional(),
    load: load.optional(),
  })
  .refine((clause) => kindsOf(clause).length === 1, {
    error: (issue) => `must hold exactly one of ${EXPECTATION_KINDS.join(', ')}; it has ${describeKinds(issue.input)}`,
    when: (payload) => typeof payload.value === 'object' && payload.value !== null,
  })
  .refine(({ phase = 'during', load: spec }) => spec === undefined || isOfPhase(spec, phase), {
    error: 'has load in the wrong phase: kept_again_within_seconds is for "after", error_rate and p95_ms are for "during"',
  })
  .meta({ oneOf: EXPECTATION_KINDS.map((kind) => ({ required: [kind] })) })

export const expectSchema = z
  .array(clauseSchema)
  .min(1, { error: 'is an empty list: leave it out, or say what must hold' })
  .max(50)
  .meta({ id: 'expect', description: 'What must hold; without it only effect and recovery are judged' })

export type ClauseInput = z.output<typeof clauseSchema>

function isOfPhase(spec: z.output<typeof load>, phase: 'during' | 'after'): boolean {
  const isAfter = spec.kept_again_within_seconds !== undefined
  const isDuring = spec.error_rate !== undefined || spec.p95_ms !== undefined
  return phase === 'after' ? !isDuring : !isAfter
}

function kindsOf(clause: unknown): string[] {
  return typeof clause === 'object' && clause !== null ? EXPECTATION_KINDS.filter((kind) => Object.hasOwn(clause, kind)) : []
}

function describeKinds(clause: unknown): string {
  const kinds = kindsOf(clause)
  return kinds.length === 0 ? 'none' : kinds.join(' and ')
}

// The schemas yield what the probes take, key for key: a difference does not compile.
type Yields<Schema extends z.ZodType, Spec> = [z.output<Schema>] extends [LooseOptional<Spec>]
  ? [keyof Spec] extends [keyof z.output<Schema>]
    ? true
    : false
  : false
/** zod writes optional keys as `?: T | undefined`; a key that is absent in the file is absent in its output. */
type LooseOptional<T> = T extends object ? { readonly [K in keyof T]: LooseOptional<T[K]> | undefined } : T
export const SPECS_MATCH: readonly [
  Yields<typeof canary, CanaryExpectation>,
  Yields<typeof request, RequestExpectation>,
  Yields<typeof logGaps, LogGapsExpectation>,
  Yields<typeof container, ContainerExpectation>,
  Yields<typeof pool, PoolExpectation>,
  Yields<typeof workload, WorkloadExpectation>,
  Yields<typeof metric, MetricExpectation>,
  Yields<typeof log, LogExpectation>,
  Yields<typeof newConnections, NewConnectionsExpectation>,
  Yields<typeof load, LoadExpectation>,
] = [true, true, true, true, true, true, true, true, true, true]
