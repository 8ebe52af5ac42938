import { describe, expect, it } from 'vitest'
import { clauseSchema } from './expect-schema.ts'

const CONTAINER = { service: 'worker' }
const METRIC = { service: 'worker', port: 80, path: '/metrics', metric: 'jobs' }
const LOG = { service: 'worker', matches: "event == 'x'" }
const GAPS = { service: 'worker', growth: 2, min_gaps: 2, min_groups: 1, share: 1 }
const JSON_GAPS = { ...GAPS, group_by: 'task', from: 'failed', to: 'started' }
const TEXT_GAPS = { ...GAPS, group_by_regex: 'task=(.)', from_regex: 'failed', to_regex: 'started' }
const GAPS_WAYS = 'give group_by, from, to (JMESPath, of JSON lines) or group_by_regex, from_regex, to_regex (of any line)'
const PAGE = { service: 'worker', within_ms: 500 }
const MET_AT_ONCE =
  'has metric in the wrong phase: with eventually_within_seconds a change of 0 is enough, which there is before the fault does anything: give at_least above 0 or at_most below 0, leave it out, or ask in the phase "after"'
const NEW = { service: 'worker', port: 80, path: '/health', ended_within_ms: 1_000 }
const WRONG_PHASE =
  'has load in the wrong phase: kept_again_within_seconds is for "after", error_rate and p95_ms are for "during"'
const WORKLOAD = { name: 'story', in_flight: 4, within_ms: 5_000, good_share: 0.9 }

describe('clauses about containers, the pool, workloads, metrics and logs', () => {
  it.each([
    { container: { ...CONTAINER, hit: true, died_within_seconds: 2, exit_code: 137, running_again_within_seconds: 5 } },
    { container: { ...CONTAINER, oom: true } },
    { container: { ...CONTAINER, survives: true, healthy: true } },
    { container: { ...CONTAINER, healthy: false } },
    { pool: { hit_removed_within_seconds: 3 } },
    { phase: 'after', pool: { ready: { at_least: 4, within_seconds: 10 } } },
    { workload: WORKLOAD },
    { metric: { ...METRIC, labels: { state: 'ready' }, change: { at_least: 1, at_most: 1 } } },
    { log: { ...LOG, at_least: 1 } },
    { log: { ...LOG, at_most: 0 } },
    { log: { service: 'worker', line_regex: 'level=(error|fatal)', at_most: 0 } },
    { log_gaps: { ...JSON_GAPS, at: 'time' } },
    { log_gaps: TEXT_GAPS },
    { new_connections: NEW },
    { phase: 'after', new_connections: { ...NEW, refused_share: 0.75 } },
    { request: { name: 'large', within_ms: 5, status: [507] } },
    { request: { name: 'large', within_ms: 5, rate_kb_per_s: { at_least: 0, at_most: 0.5 } } },
    { request: { name: 'large', within_ms: 5, rate_kb_per_s: { at_least: 5, at_most: 5 } } },
    { metric: { ...METRIC, change: { at_most: -1 } } },
    { metric: { ...METRIC, change: { at_most: 3 } } },
    { canary: { answers: { status: [503], share: 0.9 }, slower_by_fault: { tolerance: 0.2 } } },
    { load: { error_rate: 0, p95_ms: 500 } },
    { metric: { ...METRIC, change: { at_least: 1 }, eventually_within_seconds: 20 } },
    { metric: { ...METRIC, change: { at_most: -1 }, eventually_within_seconds: 20 } },
    { phase: 'after', metric: { ...METRIC, change: { at_most: 0 }, eventually_within_seconds: 20 } },
    { request: { name: 'large', within_ms: 5, status: [503], eventually_within_seconds: 0.5 } },
    { phase: 'after', health_page: { ...PAGE, eventually_within_seconds: 600 } },
    { phase: 'after', load: { kept_again_within_seconds: 20 } },
  ])('take %j', (clause) => {
    expect(clauseSchema.parse(clause)).toEqual(clause)
  })

  it.each<[object, string]>([
    [{ container: CONTAINER }, 'says nothing: give at least one of died_within_seconds'],
    [{ container: { ...CONTAINER, hit: true } }, 'says nothing'],
    [{ container: { ...CONTAINER, exit_code: 256 } }, 'from 0 to 255'],
    [{ container: { ...CONTAINER, died_within_seconds: 0 } }, 'above 0 and up to 600'],
    [{ pool: {} }, 'says nothing: give at least one of hit_removed_within_seconds'],
    [{ pool: { ready: { at_least: 0, within_seconds: 1 } } }, 'from 1 to'],
    [{ workload: { ...WORKLOAD, in_flight: 101 } }, 'from 1 to 100'],
    [{ workload: { ...WORKLOAD, good_share: 0 } }, 'above 0 and up to 1'],
    [{ metric: { ...METRIC, change: {} } }, 'says nothing: give at_least, at_most or both'],
    [{ metric: { ...METRIC, change: { at_least: 2, at_most: 1 } } }, 'can never hold'],
    [{ log: LOG }, 'says nothing'],
    [{ metric: { ...METRIC, change: { at_most: 0 }, eventually_within_seconds: 20 } }, MET_AT_ONCE],
    [{ metric: { ...METRIC, change: { at_least: 0, at_most: 5 }, eventually_within_seconds: 20 } }, MET_AT_ONCE],
    [{ metric: { ...METRIC, change: { at_least: 1 }, eventually_within_seconds: 0 } }, 'a number in s, above 0 and up to 600'],
    [{ request: { name: 'a', within_ms: 5, eventually_within_ms: 5 } }, 'eventually_within_ms'],
    [
      { health_page: { ...PAGE, share: 0.9, eventually_within_seconds: 5 } },
      'cannot stand beside eventually_within_seconds, which asks for one look',
    ],
    [{ log: { service: 'worker', at_most: 0 } }, 'does not say which lines count: give matches'],
    [{ log: { ...LOG, line_regex: 'x', at_most: 0 } }, 'cannot stand beside matches'],
    [{ log: { service: 'worker', line_regex: '(', at_most: 0 } }, 'is no regular expression: Invalid regular expression: /(/su'],
    [{ log: { service: 'worker', line_regex: 'a'.repeat(501), at_most: 0 } }, 'is longer than 500 characters'],
    [{ log_gaps: GAPS }, `lacks group_by, from, to: ${GAPS_WAYS}`],
    [{ log_gaps: { ...JSON_GAPS, to: undefined } }, `lacks to: ${GAPS_WAYS}`],
    [{ log_gaps: { ...TEXT_GAPS, from_regex: undefined } }, `lacks from_regex: ${GAPS_WAYS}`],
    [{ log_gaps: { ...TEXT_GAPS, at: 'time' } }, 'cannot stand beside at: a line is read as JSON or as text'],
    [{ log_gaps: { ...TEXT_GAPS, from: 'failed', to: 'started' } }, 'cannot stand beside from, to: a line is read as JSON'],
    [{ log_gaps: { ...TEXT_GAPS, to_regex: '[' } }, 'is no regular expression'],
    [{ new_connections: { ...NEW, refused_share: 0 } }, 'above 0 and up to 1'],
    [{ new_connections: { ...NEW, ended_within_ms: 15_001 } }, '15000'],
    [{ new_connections: { ...NEW, ended_within_ms: undefined } }, 'is missing: it must be a whole number in ms'],
    [{ log: { ...LOG, at_least: 2, at_most: 1 } }, 'can never hold'],
    [{ request: { name: 'a', within_ms: 5, status: [507], same_as_steady: true } }, 'cannot ask for other statuses'],
    [
      { request: { name: 'a', within_ms: 5, rate_kb_per_s: { at_least: 6, at_most: 5 } } },
      'can never hold: at_least is above at_most',
    ],
    [{ request: { name: 'a', within_ms: 5, rate_kb_per_s: { at_least: 0, at_most: 0 } } }, 'a number in KB/s, above 0 and up to'],
    [{ request: { name: 'a', within_ms: 5, rate_kb_per_s: { at_least: -1, at_most: 5 } } }, 'a number in KB/s, from 0 to'],
    [{ canary: { answers: {} } }, 'is missing: it must be a number, above 0 and up to 1'],
    [{ canary: { slower_by_fault: { tolerance: 0 } } }, 'above 0 and up to 1'],
    [{ container: { ...CONTAINER, exit_code: 1.5 } }, 'a whole number'],
    [{ workload: { ...WORKLOAD, in_flight: 1.5 } }, 'a whole number'],
    [{ log: { ...LOG, at_least: 1.5 } }, 'a whole number'],
    [{ container: { ...CONTAINER, died_within_seconds: 601 } }, 'a number in s, above 0 and up to 600'],
    [{ load: { error_rate: 1.5 } }, 'from 0 to 1'],
    [{ load: { errors: 1, p95_ms: 5 } }, 'errors'],
    [{ load: { kept_again_within_seconds: 20 } }, WRONG_PHASE],
    [{ phase: 'after', load: { error_rate: 0.1 } }, WRONG_PHASE],
    [{ phase: 'after', load: { p95_ms: 500 } }, WRONG_PHASE],
    [{ phase: 'after', load: { kept_again_within_seconds: 601 } }, 'in s, from 1 to 600'],
    [{ pool: { hit_removed_within_seconds: 1 }, log: { ...LOG, at_least: 1 } }, 'it has pool and log'],
  ])('refuse %j', (clause, message) => {
    const result = clauseSchema.safeParse(clause)
    expect(result.success).toBe(false)
    expect(result.error?.issues.map((issue) => issue.message).join('\n')).toContain(message)
  })
})
