/** The users of a script as `k6 inspect` prints them: every way to say them becomes one or more scenarios. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { k6DurationMs } from './k6-duration.ts'
import { planOf, sumOfCurves } from './stages.ts'
import type { LoadPlan, LoadStage } from './shapes.ts'

const CLOSED = ['ramping-vus', 'constant-vus', 'shared-iterations', 'per-vu-iterations'] as const
const OPEN = ['ramping-arrival-rate', 'constant-arrival-rate'] as const
export type Executor = (typeof CLOSED)[number] | (typeof OPEN)[number]

const MOST_SCENARIOS = 100
const MOST_STAGES = 1_000
/** Of k6's own, lib/executor. */
const DEFAULT_MAX_DURATION = '10m'

/** A stage as the script has it; of a rate, its target is one of iterations in a `timeUnit`. */
interface OwnStage extends LoadStage {
  readonly duration: Json
}

/** One scenario of k6, its curve read and checked; `raw` is what k6 is given. */
export interface K6Scenario {
  readonly name: string
  readonly executor: Executor
  readonly startMs: number
  /** Its curve, which begins at a target of 0: users, or of an arrival rate iterations a second. */
  readonly stages: readonly LoadStage[]
  /** The stages as the script has them; empty for an executor that has none. */
  readonly own: readonly OwnStage[]
  readonly raw: JsonObject
}

export function isOpen(executor: Executor): boolean {
  return OPEN.some((name) => name === executor)
}

/** Reads the options in the order in which k6 looks at them (DeriveScenariosFromShortcuts). @throws ChaosError BAD_INPUT. */
export function scenariosOf(options: JsonObject): K6Scenario[] {
  const entries = Object.entries(rawScenarios(options))
  if (entries.length > MOST_SCENARIOS) throw mistake(`more than ${MOST_SCENARIOS} scenarios`)
  return entries.map(([name, raw]) => scenarioOf(name, raw))
}

/** Tells which functions of the script its users run, each once. */
export function functionsOf(options: JsonObject): string[] {
  const names = Object.values(rawScenarios(options)).map(({ exec }) =>
    typeof exec === 'string' && exec !== '' ? exec : 'default',
  )
  return [...new Set(names)]
}

/** Adds all scenarios up to one curve, in users; in iterations a second when each of them is given so. */
export function planOfScenarios(scenarios: readonly K6Scenario[]): LoadPlan {
  const unit: LoadPlan['unit'] = scenarios.every(({ executor }) => isOpen(executor)) ? 'iterations/s' : 'users'
  const curves = scenarios.map((scenario) => ({
    startMs: scenario.startMs,
    stages: unit === 'users' && isOpen(scenario.executor) ? asUsers(scenario) : scenario.stages,
  }))
  const hasFixedLength = scenarios.every(({ executor }) => !executor.endsWith('-iterations'))
  return planOf(sumOfCurves(curves), unit, hasFixedLength)
}

export function numberOf(raw: JsonObject, key: string, fallback: number): number {
  const value = raw[key] ?? fallback
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw mistake(`${key} is ${JSON.stringify(value)}, not a number of 0 or more`)
}

/** Gives the factor that makes iterations a second of those of a rate's time unit. */
export function perSecond(raw: JsonObject): number {
  const unitMs = k6DurationMs(raw['timeUnit'] ?? '1s', 'timeUnit')
  if (unitMs === 0) throw mistake('timeUnit is 0')
  return 1_000 / unitMs
}

/** Beside scenarios of users, a rate counts as the users that k6 keeps ready for it. */
function asUsers({ stages, raw }: K6Scenario): LoadStage[] {
  const peak = stages.reduce((highest, { target }) => Math.max(highest, target), 0)
  const users = numberOf(raw, 'preAllocatedVUs', 0)
  return stages.map(({ durationMs, target }) => ({ durationMs, target: peak === 0 ? 0 : (target * users) / peak }))
}

function rawScenarios(options: JsonObject): Record<string, JsonObject> {
  const { vus = null, iterations = null, duration = null, stages = null, scenarios = null } = options
  if (iterations !== null)
    return only({ executor: 'shared-iterations', vus: vus ?? 1, iterations, maxDuration: duration ?? DEFAULT_MAX_DURATION })
  if (duration !== null) return only({ executor: 'constant-vus', vus: vus ?? 1, duration })
  if (Array.isArray(stages) && stages.length > 0) return only({ executor: 'ramping-vus', startVUs: vus ?? 1, stages })
  if (vus !== null) return only({ executor: 'shared-iterations', vus, iterations: vus, maxDuration: DEFAULT_MAX_DURATION })
  const named = Object.entries(isJsonObject(scenarios) ? scenarios : {})
  if (named.length === 0) return only({ executor: 'per-vu-iterations', vus: 1, iterations: 1 })
  return Object.fromEntries(
    named.map(([name, raw]) => {
      if (!isJsonObject(raw)) throw mistake(`scenario ${name} is no object`)
      return [name, raw]
    }),
  )
}

function only(raw: JsonObject): Record<string, JsonObject> {
  return { default: raw }
}

/** @throws ChaosError BAD_INPUT for what cannot be judged. */
export function scenarioOf(name: string, raw: JsonObject): K6Scenario {
  const executor = [...CLOSED, ...OPEN].find((known) => known === raw['executor'])
  if (executor === undefined) {
    throw mistake(`scenario ${name} has the executor ${JSON.stringify(raw['executor'] ?? null)}`, [...CLOSED, ...OPEN])
  }
  const startMs = k6DurationMs(raw['startTime'] ?? 0, `startTime of scenario ${name}`)
  // `k6 inspect` prints what is not set as null; it is not said again.
  const said = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null))
  const own = executor.startsWith('ramping-') ? ownStages(name, raw) : []
  return { name, executor, startMs, stages: curveOf(name, executor, raw, own), own, raw: said }
}

function curveOf(name: string, executor: Executor, raw: JsonObject, own: readonly LoadStage[]): LoadStage[] {
  const flat = (target: number, durationMs: number): LoadStage[] => [
    { durationMs: 0, target },
    { durationMs, target },
  ]
  const duration = (key: string, fallback?: Json): number => k6DurationMs(raw[key] ?? fallback, `${key} of scenario ${name}`)
  switch (executor) {
    case 'ramping-vus':
      return ramp(own, numberOf(raw, 'startVUs', 1), 1)
    case 'ramping-arrival-rate':
      return ramp(own, numberOf(raw, 'startRate', 0), perSecond(raw))
    case 'constant-vus':
      return flat(numberOf(raw, 'vus', 1), duration('duration'))
    case 'constant-arrival-rate':
      return flat(numberOf(raw, 'rate', 0) * perSecond(raw), duration('duration'))
    case 'shared-iterations':
    case 'per-vu-iterations':
      return flat(numberOf(raw, 'vus', 1), duration('maxDuration', DEFAULT_MAX_DURATION))
  }
}

function ramp(own: readonly LoadStage[], start: number, factor: number): LoadStage[] {
  const curve = own.map(({ durationMs, target }) => ({ durationMs, target: target * factor }))
  return start === 0 ? curve : [{ durationMs: 0, target: start * factor }, ...curve]
}

function ownStages(name: string, { stages }: JsonObject): OwnStage[] {
  if (!Array.isArray(stages) || stages.length === 0) throw mistake(`scenario ${name} has no stages`)
  if (stages.length > MOST_STAGES) throw mistake(`scenario ${name} has more than ${MOST_STAGES} stages`)
  return stages.map((stage: Json, index) => {
    const where = `stage ${index + 1} of scenario ${name}`
    if (!isJsonObject(stage)) throw mistake(`${where} is no object`)
    if (stage['target'] === undefined || stage['target'] === null) throw mistake(`${where} has no target`)
    const { duration = null } = stage
    return { duration, durationMs: k6DurationMs(duration, `duration of ${where}`), target: numberOf(stage, 'target', 0) }
  })
}

function mistake(what: string, allowed: readonly string[] = []): ChaosError {
  const hint = allowed.length === 0 ? undefined : `Only ${allowed.join(', ')} can be judged.`
  return new ChaosError('BAD_INPUT', `the users of the script cannot be read: ${what}`, hint === undefined ? {} : { hint })
}
