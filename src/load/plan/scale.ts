/** How much of a pattern is run: its times and users by factors, its limits never. Pure. */
import { ChaosError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { LoadScale } from '../../core/load.ts'
import { k6Duration, k6DurationMs } from './k6-duration.ts'
import { isOpen, numberOf, planOfScenarios, scenarioOf, scenariosOf, type K6Scenario } from './k6-scenarios.ts'
import { holdsOf } from './stages.ts'
import type { LoadPlan, LoadStage } from './shapes.ts'

/** How many come is left to chance, the more so the slower the answers are. */
const SAMPLE_MARGIN = 1.25
/** Only whole seconds are judged. */
const EDGES_MS = 1_000
/** Users that may be added to the open model's own when answers get slow: before k6 drops iterations. */
const SPARE_USERS = 4
const DURATIONS = ['startTime', 'duration', 'maxDuration']
/** k6 takes no `duration` or `maxDuration` below this. */
const SHORTEST_MS = 1_000
/** Of users, and of what comes at a rate. */
const COUNTS = ['startVUs', 'vus', 'startRate', 'rate', 'preAllocatedVUs', 'maxVUs']
const OF_ALL_EXECUTORS = new Set(['startTime', 'gracefulStop', 'exec', 'env', 'tags', 'options'])

export interface ScaleRequest {
  /** The script's options, as `k6 inspect` prints them. */
  readonly options: JsonObject
  /** How much of it is run; null: all of it. */
  readonly scale: LoadScale | null
  readonly model: 'closed' | 'open'
  /** Mean pause of a user between two requests; null when nobody said. */
  readonly thinkSeconds: number | null
  /** How long a healthy system takes to answer, seconds. */
  readonly expectedLatencySeconds: number
  /** The most samples that any limit of a percentile needs (neededSamples); 0 without one. */
  readonly samplesPerHold: number
  /** The limits gate up to this number of the script's users; null: they gate all the way. */
  readonly gateUsers: number | null
}

export interface ScaledLoad {
  /** The options that go over the script's own, for K6Request; empty when all of it is run as it is. */
  readonly options: JsonObject
  readonly plan: LoadPlan
  /** The limits gate up to this target, in the plan's unit; null without a gate. */
  readonly gateTarget: number | null
  /** They tell people what was changed beyond the factors. */
  readonly notes: readonly string[]
}

/**
 * Scales times and users of the script by the profile's factors; model `open` makes a rate of requests of the same curve. A hold that would give too few samples for its percentiles is lengthened, though never beyond what the script has.
 * @throws ChaosError BAD_INPUT when that is not enough, or the curve cannot be had as a rate.
 */
export function scaleLoad(request: ScaleRequest): ScaledLoad {
  const original = scenariosOf(request.options)
  const whole = planOfScenarios(original)
  const time = request.scale?.durationSeconds === undefined ? 1 : (request.scale.durationSeconds * 1_000) / whole.durationMs
  const users = request.scale?.users === undefined ? 1 : request.scale.users / whole.peakTarget
  if (![time, users].every((factor) => Number.isFinite(factor) && factor > 0))
    throw new ChaosError('BAD_INPUT', 'a pattern without length or users cannot be scaled')
  const scaled = time === 1 && users === 1 ? original : original.map((scenario) => scaledScenario(scenario, time, users))
  const opened = request.model === 'open' ? scaled.map((scenario) => openScenario(scenario, request)) : scaled
  const gateUsers = request.scale?.gateUsers ?? (request.gateUsers === null ? null : request.gateUsers * users)
  const isTurned = request.model === 'open' && planOfScenarios(scaled).unit === 'users'
  const gateTarget = gateUsers === null ? null : isTurned ? gateUsers / secondsPerRequest(request) : gateUsers
  const isLess = time < 1 || users < 1
  const { scenarios, notes } = isLess ? withLongHolds(opened, { ...request, time, gateTarget }) : { scenarios: opened, notes: [] }
  const isOriginal = scenarios.every((scenario, index) => scenario === original[index])
  return {
    options: isOriginal ? {} : { scenarios: Object.fromEntries(scenarios.map(({ name, raw }) => [name, raw])) },
    plan: planOfScenarios(scenarios),
    gateTarget,
    notes,
  }
}

function scaledScenario({ name, executor, own, raw }: K6Scenario, time: number, users: number): K6Scenario {
  const changed = (keys: readonly string[], change: (key: string) => string | number): JsonObject =>
    Object.fromEntries(keys.filter((key) => raw[key] !== undefined).map((key) => [key, change(key)]))
  const count = (factor: number) => (key: string) => scaledCount(numberOf(raw, key, 0), factor)
  const stages = own.map(({ durationMs, target }) => ({
    duration: k6Duration(durationMs * time),
    target: scaledCount(target, users),
  }))
  const duration = (key: string): string => {
    const ms = k6DurationMs(raw[key], key) * time
    return k6Duration(key === 'startTime' ? ms : Math.max(SHORTEST_MS, ms))
  }
  // A user's own iterations take as long as they did; those that all share are fewer with the users, and one for each at least.
  const iterations = (key: string): number =>
    executor === 'per-vu-iterations'
      ? count(time)(key)
      : Math.max(count(time * users)(key), scaledCount(numberOf(raw, 'vus', 1), users))
  return scenarioOf(name, {
    ...raw,
    ...changed(DURATIONS, duration),
    ...changed(COUNTS, count(users)),
    ...changed(['iterations'], iterations),
    ...(stages.length === 0 ? {} : { stages }),
  })
}

/** k6 takes whole numbers. What was something stays something. */
function scaledCount(value: number, factor: number): number {
  return value === 0 ? 0 : Math.max(1, Math.round(value * factor))
}

function secondsPerRequest({ thinkSeconds, expectedLatencySeconds }: ScaleRequest): number {
  const seconds = (thinkSeconds ?? Number.NaN) + expectedLatencySeconds
  if (seconds > 0) return seconds
  throw new ChaosError('BAD_INPUT', 'the open model needs to know how often a user asks', {
    hint: 'Give the pattern think_seconds, the mean pause between two requests.',
  })
}

/** As many requests a second as those users make while answers come as fast as they should. */
function openScenario(scenario: K6Scenario, request: ScaleRequest): K6Scenario {
  const { name, executor, raw } = scenario
  if (isOpen(executor)) return scenario
  const rate = (target: number): number => scaledCount(target, 1 / secondsPerRequest(request))
  const peak = scenario.stages.reduce((highest, { target }) => Math.max(highest, target), 0)
  const kept = Object.fromEntries(Object.entries(raw).filter(([key]) => OF_ALL_EXECUTORS.has(key)))
  const reserve = { timeUnit: '1s', preAllocatedVUs: Math.ceil(peak), maxVUs: Math.ceil(peak) * SPARE_USERS }
  if (executor === 'ramping-vus') {
    const stages = scenario.own.map(({ duration, target }) => ({ duration, target: rate(target) }))
    const startRate = rate(numberOf(raw, 'startVUs', 1))
    return scenarioOf(name, { ...kept, executor: 'ramping-arrival-rate', startRate, stages, ...reserve })
  }
  if (executor === 'constant-vus') {
    const [duration, vus] = [raw['duration'] ?? 0, numberOf(raw, 'vus', 1)]
    return scenarioOf(name, { ...kept, executor: 'constant-arrival-rate', rate: rate(vus), duration, ...reserve })
  }
  throw new ChaosError('BAD_INPUT', `scenario ${name} (${executor}) is a number of iterations and has no open variant`)
}

function withLongHolds(
  scenarios: readonly K6Scenario[],
  request: ScaleRequest & { readonly time: number } & Pick<ScaledLoad, 'gateTarget'>,
): Pick<ScaledLoad, 'notes'> & { readonly scenarios: readonly K6Scenario[] } {
  const plan = planOfScenarios(scenarios)
  const { samplesPerHold, thinkSeconds, gateTarget, time } = request
  if (samplesPerHold === 0 || (plan.unit === 'users' && thinkSeconds === null)) return { scenarios, notes: [] }
  const neededMs = (target: number): number => {
    if (target > (gateTarget ?? Infinity)) return 0
    const rate = plan.unit === 'users' ? target / secondsPerRequest(request) : target
    return Math.ceil((samplesPerHold * SAMPLE_MARGIN * 1_000) / rate) + EDGES_MS
  }
  const short = plan.holds.filter(({ fromMs, toMs, target }) => toMs - fromMs < neededMs(target))
  const notes = short.map(({ fromMs, toMs, target }) => {
    const needsMs = neededMs(target)
    const hold = `the hold at ${Math.round(target)} ${plan.unit} takes ${seconds(toMs - fromMs)} in this profile`
    const why = `for the ${samplesPerHold} samples that its percentiles need`
    const isPossible = needsMs <= (toMs - fromMs) / time && scenarios.length === 1
    if (isPossible) return `${hold}, and is lengthened to ${seconds(needsMs)} ${why}`
    throw new ChaosError('BAD_INPUT', `${hold}, and ${seconds(needsMs)} are needed ${why}`, {
      hint: 'Give the profile more users or a longer duration.',
    })
  })
  return { scenarios: short.length === 0 ? scenarios : scenarios.map((scenario) => longer(scenario, neededMs)), notes }
}

/** With each hold that is too short as long as it must be. */
function longer(scenario: K6Scenario, neededMs: (target: number) => number): K6Scenario {
  const { name, raw, stages, own } = scenario
  if (own.length === 0) {
    const [hold] = holdsOf(stages)
    if (hold === undefined) return scenario
    return scenarioOf(name, { ...raw, duration: k6Duration(Math.max(hold.toMs - hold.fromMs, neededMs(hold.target))) })
  }
  const ends = endsOf(stages)
  const missing = holdsOf(stages).map(({ fromMs, toMs, target }) => {
    // The last stage of the row: the one that ends with it and takes time.
    const place = ends.findLastIndex((endMs, at) => endMs === toMs && stages[at]?.target === target)
    return [place, Math.max(0, neededMs(target) - (toMs - fromMs))] as const
  })
  const missingMs = new Map(missing)
  // The curve may begin with one more, which takes no time.
  const first = stages.length - own.length
  const long = own.map(({ durationMs, target }, index) => ({
    duration: k6Duration(durationMs + (missingMs.get(first + index) ?? 0)),
    target,
  }))
  return scenarioOf(name, { ...raw, stages: long })
}

function endsOf(stages: readonly LoadStage[]): number[] {
  let atMs = 0
  return stages.map(({ durationMs }) => (atMs += durationMs))
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
