/**
 * Connections after a fault against those before: a storm of retries opens many for each request, a leak gathers more and more of
 * them, or has gathered more than anybody had use for. Pools keep those of a crowd for a minute.
 */
import { msBetween, type Mono } from '../../core/time/moment.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'

/** What the kernel counts in the network of a container at one moment. */
export interface ConnectionLook {
  readonly atMs: Mono
  /** Established now. */
  readonly open: number
  /** Begun from either side since the network exists, failed ones too. */
  readonly opened: number
}

/** Looks at one main process, oldest first. */
export interface Trail {
  readonly name: string
  readonly service: string
  readonly startTicks: number
  readonly looks: readonly ConnectionLook[]
}

interface Rate {
  readonly openedPerSecond: number
  readonly open: number
}

/** How it is without a fault. */
export interface UsualConnections {
  readonly requestsPerSecond: number
  /** The most of any container of a service. */
  readonly services: ReadonlyMap<string, Rate>
}

/** Of the canary, in a span of time. */
export type CountRequests = (fromMs: Mono, toMs: Mono) => number

/** A shorter one would take chance for a rate. */
const SHORTEST_MS = 1_400
/** The newest looks: what was opened anew at the recovery is over by then. */
const NEWEST = 4
/**
 * More than before, for each request: this much of it, and so many a second, or one for each request. A pool that has run
 * dry opens one each time, as a healthy hive did for ten seconds and more after large answers; a storm is several.
 */
const OPENED_FACTOR = 1.5
const OPENED_FREE_PER_SECOND = 10
/** Open ones are too many when they grow by this much a second, and are this many or this share above the most of before. */
const GROWING_PER_SECOND = 2.5
const OPEN_FREE = 16
const OPEN_FREE_SHARE = 0.5
/** So many more may stay open beside those that requests under way had use for, one on each side of a service. */
const KEPT_FREE = 48
const SIDES = 2
const MOST_TOLD = 10

/** null where it was not looked for long enough. */
export function usualConnections(trails: Iterable<Trail>, count: CountRequests): UsualConnections | null {
  const services = new Map<string, Rate>()
  let requestsPerSecond = 0
  for (const { service, looks } of trails) {
    const seen = rateOf(looks, count)
    if (seen === null) continue
    const before = services.get(service)
    services.set(service, {
      openedPerSecond: Math.max(before?.openedPerSecond ?? 0, seen.openedPerSecond),
      open: Math.max(before?.open ?? 0, ...looks.map(({ open }) => open)),
    })
    requestsPerSecond = Math.max(requestsPerSecond, seen.requestsPerSecond)
  }
  // Without a request nothing is usual for one: whatever came later would be as much for each.
  return requestsPerSecond === 0 ? null : { requestsPerSecond, services }
}

/** With what was open just before the fault: what an earlier crowd has left is none of this one's. */
export function withOpen(usual: UsualConnections | null, before: Iterable<Trail>): UsualConnections | null {
  if (usual === null) return null
  const services = new Map(usual.services)
  for (const { service, looks } of before) {
    const rate = services.get(service)
    if (rate !== undefined) services.set(service, { ...rate, open: Math.max(rate.open, ...looks.map(({ open }) => open)) })
  }
  return { ...usual, services }
}

/**
 * null where nothing can be said: too few looks before or after, or none at the same service.
 * @param underWay - The most requests that were under way at once since the fault came; null where there was a crowd that nobody counted.
 */
export function judgeConnections(
  usual: UsualConnections | null,
  trails: Iterable<Trail>,
  count: CountRequests,
  underWay: number | null,
): ExpectationResult | null {
  if (usual === null) return null
  const judged = [...trails].flatMap(({ name, service, looks }) => {
    const was = usual.services.get(service)
    const is = rateOf(looks.slice(-NEWEST), count)
    return was === undefined || is === null ? [] : [problemsOf(name, was, is, usual.requestsPerSecond, underWay)]
  })
  if (judged.length === 0) return null
  const problems = judged.flat()
  return {
    ...{
      phase: 'after',
      text: 'connections',
      expected: 'no container opens many more than before, nor gathers or keeps many more',
    },
    observed: problems.length === 0 ? `none of ${judged.length}` : problems.slice(0, MOST_TOLD).join('; '),
    met: problems.length === 0,
  }
}

interface Seen extends Rate {
  readonly requestsPerSecond: number
  readonly growthPerSecond: number
}

function rateOf(looks: readonly ConnectionLook[], count: CountRequests): Seen | null {
  const [first] = looks
  if (first === undefined) return null
  const last = looks.at(-1) ?? first
  const spanMs = msBetween(first.atMs, last.atMs)
  if (spanMs < SHORTEST_MS) return null
  const perSecond = (total: number): number => (total * 1_000) / spanMs
  return {
    openedPerSecond: perSecond(last.opened - first.opened),
    growthPerSecond: perSecond(last.open - first.open),
    open: last.open,
    requestsPerSecond: perSecond(count(first.atMs, last.atMs)),
  }
}

function problemsOf(name: string, was: Rate, is: Seen, usualRequestsPerSecond: number, underWay: number | null): string[] {
  // Who is asked more often opens more.
  const busier = Math.max(1, is.requestsPerSecond / usualRequestsPerSecond)
  const free = Math.max(OPENED_FREE_PER_SECOND, is.requestsPerSecond)
  const opens = is.openedPerSecond > was.openedPerSecond * busier * OPENED_FACTOR + free
  const most = was.open + Math.max(OPEN_FREE, was.open * OPEN_FREE_SHARE)
  const gathers = is.growthPerSecond >= GROWING_PER_SECOND && is.open > most
  const ofUse = underWay === null ? Infinity : was.open + Math.max(KEPT_FREE, was.open * OPEN_FREE_SHARE) + SIDES * underWay
  const keeps = !gathers && is.open > ofUse
  const [before, now] = [was.openedPerSecond, is.openedPerSecond].map((rate) => rate.toFixed(1))
  return [
    ...(opens ? [`${name} has ${String(now)} new connections a second, ${String(before)} before`] : []),
    ...(gathers ? [`${name} has ${is.open} connections open, ${was.open} before, and ever more of them`] : []),
    ...(keeps ? [`${name} keeps ${is.open} connections open, ${was.open} before`] : []),
  ]
}
