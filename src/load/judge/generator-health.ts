/**
 * Was a figure the system's, or the generator's? Where both share a machine an idle share of nothing says little: the
 * system may be what is at its end. So the generator is blamed for what is its own alone: k6 using nearly all the cores,
 * iterations that it dropped, connections that it could not even begin. Pure.
 */
import type { Later, PassingSeries } from '../series/questions.ts'
import type { GeneratorResult } from './judgement.ts'
import type { GeneratorFacts, GeneratorLook } from './generator-facts.ts'

/** The share of all cores of its machine that k6 may use ("Running large tests": no more than 80 %). */
const CPU_SHARE_LIMIT = 0.8
/** k6's code of a connection that the kernel refused to begin: no port, no descriptor (lib/netext/httpext/error_codes.go). */
const OWN_ERRORS = ['error 1213']
const WORST_SECONDS = 5
/** So much of a stretch, or so many seconds in a row, cast doubt on all of it. */
const DOUBTFUL_SHARE = 0.1
const DOUBTFUL_ROW = 3

export interface GeneratorHealth {
  readonly result: GeneratorResult
  /** Seconds in which it could not do what it was to do: CPU, ports, descriptors. */
  readonly starved: ReadonlySet<number>
  /** Seconds in which it left out iterations: every user was waiting for an answer. */
  readonly dropped: ReadonlySet<number>
}

export function generatorHealth(series: PassingSeries, generators: readonly GeneratorFacts[]): Later<GeneratorHealth> {
  const cpu = generators.map(({ looks, cores }) => ({ used: coresBySecond(looks), cores: Math.max(1, cores) }))
  const starved = new Set<number>()
  const dropped = new Set<number>()
  const causes = new Map<number, string>()
  const note = (into: Set<number>, second: number, cause: string): void => {
    into.add(second)
    causes.set(second, cause)
  }
  series.watch(1, ({ second, seconds }) => {
    const stretch = { fromMs: second * 1_000, toMs: (second + 1) * 1_000 }
    const own = Object.keys(seconds.errors(stretch.fromMs, stretch.toMs)).some((kind) => OWN_ERRORS.includes(kind))
    const left = seconds.ask({ metric: 'dropped_iterations', ...stretch })?.sum ?? 0
    if (cpu.some(({ used, cores }) => (used.get(second) ?? 0) > CPU_SHARE_LIMIT * cores))
      note(starved, second, `k6 used over ${CPU_SHARE_LIMIT * 100} % of the CPU`)
    else if (own) note(starved, second, 'connections could not be begun for want of ports or descriptors')
    else if (left > 0) note(dropped, second, 'iterations were dropped, as every user was waiting')
  })
  const allDropped = series.ask({ metric: 'dropped_iterations' })
  return () => {
    const reasons = rowsOf(causes)
    const result = {
      cpuPercent: worstOf(cpu.map(({ used }) => [...used])),
      machinePercent: worstOf(generators.map(({ looks }) => busyByTime(looks))),
      stolenPercent: stolenPercent(generators),
      ...{ droppedIterations: allDropped()?.sum ?? 0, saturated: reasons.length > 0, reasons },
    }
    return { result, starved, dropped }
  }
}

/** Tells whether a stretch, ms from the start of the load, must be doubted for these seconds. */
export function isDoubtful(seconds: ReadonlySet<number>, fromMs: number, toMs: number): boolean {
  const from = Math.floor(fromMs / 1_000)
  const to = Math.ceil(toMs / 1_000)
  let hit = 0
  let row = 0
  for (let second = from; second < to; second += 1) {
    row = seconds.has(second) ? row + 1 : 0
    if (row > 0) hit += 1
    if (row >= DOUBTFUL_ROW) return true
  }
  return hit > 0 && hit >= (to - from) * DOUBTFUL_SHARE
}

/** k6's cores in use, for each second between two looks. */
function coresBySecond(looks: readonly GeneratorLook[]): Map<number, number> {
  const known = looks.flatMap(({ atMs, cpuUs }) => (cpuUs === null ? [] : [{ atMs, cpuUs }]))
  const used = new Map<number, number>()
  for (const [index, look] of known.entries()) {
    const before = known[index - 1]
    if (before === undefined || look.atMs <= before.atMs) continue
    const cores = (look.cpuUs - before.cpuUs) / 1_000 / (look.atMs - before.atMs)
    for (let second = Math.max(0, Math.floor(before.atMs / 1_000)); second < look.atMs / 1_000; second += 1)
      used.set(second, cores)
  }
  return used
}

function busyByTime(looks: readonly GeneratorLook[]): [number, number][] {
  return looks.flatMap(({ atMs, machineIdle }): [number, number][] =>
    machineIdle === null || atMs < 0 ? [] : [[atMs, 1 - machineIdle]],
  )
}

/** Percent, of the generator that had most. */
function worstOf(all: readonly (readonly (readonly [number, number])[])[]): number | null {
  const known = all.map(worst).filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known) * 100
}

/** The mean of the machine that lost most; null when none was looked at. */
function stolenPercent(generators: readonly GeneratorFacts[]): number | null {
  const means = generators.flatMap(({ looks }) => {
    const shares = looks.flatMap(({ atMs, machineStolen }) => (machineStolen === null || atMs < 0 ? [] : [machineStolen]))
    return shares.length === 0 ? [] : [shares.reduce((sum, share) => sum + share, 0) / shares.length]
  })
  return means.length === 0 ? null : Math.max(...means) * 100
}

/** The highest mean of five looks in a row, a second apart; of all when there are fewer. null of nothing. */
function worst(byTime: readonly (readonly [number, number])[]): number | null {
  const values = [...byTime].sort(([a], [b]) => a - b).map(([, value]) => value)
  if (values.length === 0) return null
  const length = Math.min(WORST_SECONDS, values.length)
  let highest = 0
  for (let from = 0; from + length <= values.length; from += 1) {
    const sum = values.slice(from, from + length).reduce((all, value) => all + value, 0)
    highest = Math.max(highest, sum / length)
  }
  return highest
}

/** `12 s to 15 s: …`, one for each row of seconds with the same cause. `causes`: in the order of time, as they went by. */
function rowsOf(causes: ReadonlyMap<number, string>): string[] {
  const rows: { from: number; to: number; cause: string }[] = []
  for (const [second, cause] of causes) {
    const last = rows.at(-1)
    if (last?.to === second && last.cause === cause) last.to = second + 1
    else rows.push({ from: second, to: second + 1, cause })
  }
  return rows.map(({ from, to, cause }) => `${from} s to ${to} s: ${cause}`)
}
