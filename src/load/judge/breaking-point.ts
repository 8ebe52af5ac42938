/** Where the system broke while the users grew: a measurement, which decides nothing. Pure. */
import type { HeldLimits, StretchFigures } from '../../ports/held-load.ts'
import { endOfClimbMs } from '../plan/stages.ts'
import type { LoadPlan } from '../plan/shapes.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import type { GeneratorHealth } from './generator-health.ts'
import type { BreakingPoint } from './judgement.ts'
import { isBad, stretchFigures } from './stretch-figures.ts'

/** It has broken when three of five seconds are bad, the first of them at once. */
const LOOK_SECONDS = 5
const BAD_SECONDS = 3
/** The knee: more users by this factor, and hardly more answers. Over means of five seconds. */
const GROWTH_OF_USERS = 1.2
const GROWTH_OF_REQUESTS = 1.05
/** With fewer users chance alone makes knees. */
const FEWEST_USERS = 20

interface Second extends StretchFigures {
  readonly users: number
  /** Mean of the five seconds around it. */
  readonly smoothRate: number
}

/** Finds where the system broke; null when it never did. */
export function breakingPoint(
  plan: LoadPlan,
  series: PassingSeries,
  limits: HeldLimits,
  health: Later<Pick<GeneratorHealth, 'starved'>>,
): Later<BreakingPoint | null> {
  const seconds = climbOf(plan, series)
  return () => breakingPointIn(seconds(), limits, health().starved)
}

function breakingPointIn(seconds: readonly Second[], limits: HeldLimits, starved: ReadonlySet<number>): BreakingPoint | null {
  const bad = firstPersistent(seconds, (second) => isBad(second, limits))
  const knee = firstPersistent(seconds, (second, index) => isKnee(second, seconds.slice(0, index)))
  const at = Math.min(bad ?? Infinity, knee ?? Infinity)
  const found = seconds[at]
  if (found === undefined) return null
  const figures = { atMs: at * 1_000, users: found.users, requestsPerSecond: found.smoothRate }
  const generatorSaturated = [...starved].some((second) => second <= at)
  if (at !== bad) {
    const detail = `users grew by a fifth, requests/s by less than 5 %`
    return { ...figures, reason: 'throughput_knee', detail, generatorSaturated }
  }
  if (found.errorShare > limits.errorShare) {
    const detail = `${(found.errorShare * 100).toFixed(1)} % errors, above ${limits.errorShare * 100} %`
    return { ...figures, reason: 'errors', detail, generatorSaturated }
  }
  const detail = `p95 ${Math.round(found.p95Ms)} ms, above ${limits.p95Ms} ms`
  return { ...figures, reason: 'latency', detail, generatorSaturated }
}

function climbOf(plan: LoadPlan, series: PassingSeries): Later<Second[]> {
  const count = Math.ceil(endOfClimbMs(plan.stages) / 1_000)
  const figures: (StretchFigures & Pick<Second, 'users'>)[] = []
  let known = 0
  series.watch(1, ({ second, users, seconds }) => {
    if (second >= count) return
    known = users ?? known
    figures.push({ ...stretchFigures(seconds, second * 1_000, (second + 1) * 1_000), users: known })
  })
  return () =>
    figures.map((figure, second) => {
      const around = figures.slice(Math.max(0, second - 2), second + 3)
      const smoothRate = around.reduce((sum, { requests }) => sum + requests, 0) / around.length
      return { ...figure, smoothRate }
    })
}

function isKnee(now: Second, earlier: readonly Second[]): boolean {
  const before = earlier.findLast(({ users }) => users > 0 && users * GROWTH_OF_USERS <= now.users)
  return before !== undefined && before.users >= FEWEST_USERS && now.smoothRate < before.smoothRate * GROWTH_OF_REQUESTS
}

function firstPersistent(seconds: readonly Second[], is: (second: Second, index: number) => boolean): number | null {
  const marks = seconds.map(is)
  const first = marks.findIndex(
    (mark, index) => mark && marks.slice(index, index + LOOK_SECONDS).filter(Boolean).length >= BAD_SECONDS,
  )
  return first === -1 ? null : first
}
