/**
 * Loads made up from a seed: rows as k6 writes them, with what a judgement needs beside them. `golden/judgements.json` holds
 * what became of some when a whole series was kept in memory.
 */
import { later, type Wall } from '../core/time/moment.ts'
import { seededRandom, type Random } from '../core/random.ts'
import type { GeneratorFacts } from './judge/generator-facts.ts'
import type { Measured } from './judge/measured.ts'
import { planOf } from './plan/stages.ts'
import type { LoadPlan, Threshold } from './plan/shapes.ts'
import { parseK6Threshold, parseThreshold } from './plan/threshold-grammar.ts'
import { START_MS, type Row } from './series/samples.fixture.ts'

export interface LoadPart {
  readonly rows: readonly Row[]
  readonly startMs: Wall
  readonly measured: Measured
}

export interface RandomLoad {
  /** One, or a segment each. */
  readonly parts: readonly LoadPart[]
  /** Where no fault was on, for a load that held beside some; null for one by itself. */
  readonly calm: readonly { readonly fromMs: number; readonly toMs: number }[] | null
}

const LIMITS: readonly Threshold[] = [
  parseK6Threshold('errors', 'rate<0.01'),
  parseK6Threshold('http_req_failed', 'rate<0.05'),
  parseK6Threshold('http_req_duration', 'p(95)<500'),
  parseK6Threshold('http_req_duration', 'p(99)<1000'),
  parseK6Threshold('http_req_duration', 'avg<100'),
  parseK6Threshold('http_reqs', 'count>10'),
  parseThreshold('http_reqs rate > 20/s', 'input'),
  parseThreshold('http_req_duration{status:200} p99.9 < 900 ms', 'input'),
  parseThreshold('http_req_duration{outcome:served} max < 2 s', 'input'),
  parseThreshold('http_req_duration min > 1 ms', 'input'),
  parseThreshold('http_req_waiting med < 80 ms', 'input'),
  parseThreshold('http_req_failed{scenario:second} rate < 10 %', 'input'),
  parseThreshold('tasks{outcome:rejected} count < 50', 'manifest'),
  parseThreshold('in_flight med >= 3', 'manifest'),
  parseThreshold('in_flight max < 60', 'manifest'),
  parseThreshold('vus value < 200', 'manifest'),
  parseThreshold('nonsense p95 < 5 ms', 'manifest'),
]

/** Half a minute to a minute and a half, with seconds of nothing, crowds, errors and rows that come late. */
export function randomLoad(seed: number): RandomLoad {
  const random = seededRandom(seed)
  const plan = randomPlan(random)
  const parts = chance(random, 0.3) ? random.integer(2, 3) : 1
  const thresholds = LIMITS.filter((_, index) => chance(random, index < 4 ? 0.7 : index === LIMITS.length - 1 ? 0.05 : 0.2))
  const calm = parts === 1 && chance(random, 0.25) ? calmOf(random, plan.durationMs) : null
  const common = { plan, thresholds, gateTarget: chance(random, 0.3) ? plan.peakTarget * 0.6 : null }
  const weather = weatherOf(random, plan)
  return {
    calm,
    parts: Array.from({ length: parts }, (_, index): LoadPart => {
      const own = random.fork(`part ${index}`)
      const rows = rowsOf(own, plan, weather, parts)
      return {
        rows,
        startMs: later(START_MS, index === 0 ? 0 : own.integer(0, 4_000)),
        measured: measuredOf(own, rows, { ...common, isHeld: calm !== null }),
      }
    }),
  }
}

function chance(random: Random, share: number): boolean {
  return random.next() < share
}

function randomPlan(random: Random): LoadPlan {
  const peak = random.integer(10, 150)
  const stages = [
    { durationMs: random.integer(3, 12) * 1_000, target: peak },
    { durationMs: random.integer(8, 30) * 1_000, target: peak },
    ...(chance(random, 0.5)
      ? [
          { durationMs: random.integer(0, 3) * 1_000, target: Math.floor(peak / 4) },
          { durationMs: random.integer(4, 12) * 1_000, target: Math.floor(peak / 4) },
        ]
      : []),
    ...(chance(random, 0.3) ? [{ durationMs: random.integer(4, 12) * 1_000, target: peak * 2 }] : []),
    { durationMs: random.integer(1, 5) * 1_000 + random.integer(0, 1) * 400, target: 0 },
  ]
  return planOf(stages, chance(random, 0.9) ? 'users' : 'iterations/s', chance(random, 0.9))
}

function calmOf(random: Random, durationMs: number): { fromMs: number; toMs: number }[] {
  const first = random.integer(2_000, durationMs / 2)
  return [
    { fromMs: -Infinity, toMs: first },
    { fromMs: first + random.integer(1_000, 5_000), toMs: durationMs + 500 },
  ]
}

/** What the system is like: all generators meet the same. */
interface Weather {
  readonly usualMs: number
  readonly errorShare: number
  /** In which all is slow and fails more often. */
  readonly badFromMs: number
  readonly badToMs: number
  readonly perSecond: number
}

function weatherOf(random: Random, plan: LoadPlan): Weather {
  const badFromMs = random.integer(0, plan.durationMs)
  return {
    usualMs: random.integer(5, 60),
    errorShare: chance(random, 0.6) ? 0 : random.next() * 0.1,
    badFromMs: chance(random, 0.4) ? badFromMs : Infinity,
    badToMs: badFromMs + random.integer(1_000, 15_000),
    perSecond: random.integer(5, 60),
  }
}

function rowsOf(random: Random, plan: LoadPlan, weather: Weather, parts: number): Row[] {
  const cut = chance(random, 0.1) ? random.next() : 1
  const seconds = Math.ceil((plan.durationMs * cut) / 1_000)
  const all: Row[] = []
  for (let second = 0; second < seconds; second += 1) {
    // Nobody asked anything, and not even k6 said how many users there are.
    if (chance(random, 0.04)) continue
    const target = targetAt(plan, second * 1_000 + 500) / parts
    all.push({ metric: 'vus', atMs: second * 1_000 + 500, value: Math.round(target) })
    const count = Math.round((weather.perSecond * target) / Math.max(1, plan.peakTarget / parts))
    for (let index = 0; index < count; index += 1)
      all.push(...requestRows(random, second * 1_000 + random.next() * 1_000, weather))
    if (chance(random, 0.02)) all.push({ metric: 'dropped_iterations', atMs: second * 1_000 + 900, value: 3 })
  }
  // k6 hands over in some order: up to four seconds late, seldom.
  return all
    .map((row) => ({ row, toldMs: row.atMs + (chance(random, 0.02) ? random.next() * 4_000 : random.next() * 200) }))
    .sort((a, b) => a.toldMs - b.toldMs)
    .map(({ row }) => row)
}

function targetAt({ stages }: LoadPlan, atMs: number): number {
  let [fromMs, before] = [0, 0]
  for (const { durationMs, target } of stages) {
    if (atMs < fromMs + durationMs) return before + ((target - before) * (atMs - fromMs)) / durationMs
    fromMs += durationMs
    before = target
  }
  return before
}

function requestRows(random: Random, atMs: number, { usualMs, errorShare, badFromMs, badToMs }: Weather): Row[] {
  const isBad = atMs >= badFromMs && atMs < badToMs
  const ms = usualMs * Math.exp(random.next() * 1.5) * (isBad ? 8 : 1) * (chance(random, 0.001) ? 40 : 1)
  const failed = chance(random, isBad ? errorShare * 5 : errorShare)
  const outcome = !failed ? 'served' : chance(random, 0.4) ? 'rejected' : 'failed'
  const scenario = chance(random, 0.2) ? 'second' : 'default'
  const hasAnswer = outcome !== 'failed' || chance(random, 0.7)
  const status = !failed ? '200' : outcome === 'rejected' ? '503' : hasAnswer ? '500' : '0'
  const http = {
    atMs,
    status,
    scenario,
    isExpected: !failed,
    ...(hasAnswer ? {} : { errorCode: chance(random, 0.5) ? '1213' : '1050' }),
  }
  const own = { atMs, scenario, extra: `outcome=${outcome}` }
  return [
    { metric: 'http_reqs', value: 1, ...http },
    { metric: 'http_req_duration', value: ms, ...http },
    { metric: 'http_req_waiting', value: ms * 0.97, ...http },
    { metric: 'http_req_failed', value: failed ? 1 : 0, ...http },
    { metric: 'errors', value: failed || chance(random, 0.001) ? 1 : 0, ...own },
    { metric: 'tasks', value: 1, ...own },
    { metric: 'task_duration', value: ms, ...own },
    { metric: 'iterations', atMs: atMs + 1, value: 1, scenario },
    { metric: 'iteration_duration', atMs: atMs + 1, value: ms + 1_000, scenario },
  ]
}

interface Common extends Pick<Measured, 'plan' | 'thresholds' | 'gateTarget'> {
  readonly isHeld: boolean
}

function measuredOf(random: Random, rows: readonly Row[], { isHeld, ...common }: Common): Measured {
  return {
    pattern: { id: 'LT-1', name: 'made up', expectedBehavior: 'holds', source: { file: 'load.js', line: 1 } },
    ...{ profile: 'full', model: 'closed', address: 'http://10.0.0.7', k6: { version: '2.2.0', runsIn: 'container' } },
    ...{ startedWallMs: START_MS, durationMs: common.plan.durationMs + 2_000, notes: ['of a seed'] },
    ...common,
    measure: (['breaking_point', 'spike_recovery'] as const).filter(() => chance(random, 0.6)),
    completion: chance(random, 0.2) ? { served: 100, unknown: random.integer(0, 1), examples: ['a'], unclaimed: 3 } : null,
    generators: [generatorOf(random, rows, isHeld)],
  }
}

function generatorOf(random: Random, rows: readonly Row[], isHeld: boolean): GeneratorFacts {
  const count = rows.filter(({ metric }) => metric === 'http_reqs').length - (chance(random, 0.05) ? 1 : 0)
  const isBusy = chance(random, 0.2)
  const verdicts = chance(random, 0.4) ? { thresholds: { 'p(95)<500': chance(random, 0.2), 'p(99)<1000': false } } : {}
  const summary = {
    metrics: { http_reqs: { count }, http_req_duration: verdicts, tasks: { count: 1, rate: 1 }, errors: { passes: 1 } },
  }
  const end = isHeld ? { exitCode: 105, stopped: true } : { exitCode: chance(random, 0.05) ? 105 : 0, stopped: false }
  return {
    k6: { ...end, summary: chance(random, 0.05) ? null : summary, log: '' },
    looks: Array.from({ length: 40 }, (_, index) => ({
      atMs: index * 1_013 + 20,
      cpuUs: chance(random, 0.1) ? null : index * 1_013_000 * (isBusy && index > 10 ? 1.8 : 0.4),
      machineIdle: index === 0 ? null : random.next(),
      machineStolen: null,
    })),
    cores: 2,
  }
}
