/** What the system itself says that it holds, such as queue places and device memory: after the fault no more, and no less, than before. */
import { describeError } from '../../core/errors.ts'
import type { GaugeSpec } from '../../core/descriptor.ts'
import { parsePrometheus, seriesOf } from '../../core/prometheus.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { EngineDeps } from '../deps.ts'

/** Seldom: a page costs its service CPU time, of which a quota may leave it little. */
const LOOK_EVERY_MS = 3_000
const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1_024 * 1_024
const MOST_TOLD = 10

/** The least and the most that one gauge of one container was seen at: what is under way comes and goes. */
export interface GaugeRange {
  readonly spec: GaugeSpec
  readonly container: string
  readonly least: number
  readonly most: number
}

/** Fills with each look. */
export class GaugeLooks {
  /** By container and gauge. */
  readonly ranges = new Map<string, GaugeRange>()
  /** Why a page could not be read the last time, by container; empty where each could. */
  readonly problems = new Map<string, string>()
  /** Gauges that no page had so far, though it could be read. */
  readonly unknown = new Set<string>()

  add(container: string, spec: GaugeSpec, value: number): void {
    const key = JSON.stringify([container, spec.metric, spec.labels])
    const before = this.ranges.get(key)
    this.unknown.delete(nameOf(spec, container))
    const [least, most] = [Math.min(value, before?.least ?? value), Math.max(value, before?.most ?? value)]
    this.ranges.set(key, { spec, container, least, most })
  }
}

function nameOf({ metric }: GaugeSpec, container: string): string {
  return `${metric} of ${container}`
}

type WatchDeps = Pick<EngineDeps, 'clock' | 'stack' | 'containers' | 'observer'>

/** Looks until `signal` ends it, into `seen`; null for a stack that declares none. Never throws. */
export async function watchGauges(deps: WatchDeps, signal: AbortSignal, seen = new GaugeLooks()): Promise<GaugeLooks | null> {
  const { gauges = [] } = deps.stack.descriptor
  if (gauges.length === 0) return null
  const pages = Map.groupBy(gauges, ({ service, port, path }) => JSON.stringify([service, port, path]))
  try {
    const containers = await deps.containers.all(signal)
    const readings = [...pages.values()].flatMap((specs) =>
      containers.filter(({ service }) => service === specs[0]?.service).map((container) => ({ container, specs })),
    )
    while (!isAborted(signal)) {
      await Promise.all(readings.map(({ container, specs }) => readPage(deps, container, specs, seen, signal)))
      await deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    }
  } catch (error) {
    if (!isAborted(signal)) seen.problems.set('the stack', describeError(error, 200))
  }
  return seen
}

async function readPage(
  { stack, observer }: WatchDeps,
  { name, addresses }: ContainerState,
  specs: readonly GaugeSpec[],
  seen: GaugeLooks,
  signal: AbortSignal,
): Promise<void> {
  const [first] = specs
  const host = addresses[stack.network]
  // One that does not run is for others to tell of.
  if (host === undefined || first === undefined) return
  const target = { host, port: first.port }
  try {
    const asked = {
      target,
      method: 'GET',
      path: first.path,
      headers: {},
      body: null,
      timeoutMs: PAGE_LIMIT_MS,
      maxBytes: MOST_BYTES,
    }
    const { status, error, body } = await observer().call('fetch', asked, signal)
    if (status !== 200) throw new Error(error ?? `it answered ${String(status)}`)
    const page = parsePrometheus(body)
    for (const spec of specs) {
      const values = seriesOf(page, spec.metric, spec.labels).map(({ value }) => value)
      const sum = values.reduce((all, value) => all + value, 0)
      if (values.length > 0 && Number.isFinite(sum)) seen.add(name, spec, sum)
      else seen.unknown.add(nameOf(spec, name))
    }
    seen.problems.delete(name)
  } catch (error) {
    if (!isAborted(signal)) seen.problems.set(name, describeError(error, 200))
  }
}

/** null where nothing can be said: nothing is declared, or nobody came to look before. What was not read is never as before. */
export function judgeGauges(before: GaugeLooks | null, after: GaugeLooks | null): ExpectationResult | null {
  if (before === null || after === null) return null
  const clause = {
    phase: 'after',
    text: 'gauges',
    expected: 'what the system says that it holds is as much as before',
  } as const
  const lost = [...before.ranges].filter(([key]) => !after.ranges.has(key)).map(([, range]) => range)
  const pairs = [...before.ranges].flatMap(([key, was]) => {
    const is = after.ranges.get(key)
    return is === undefined ? [] : [{ was, is }]
  })
  const off = pairs.flatMap(({ was, is }) => changeOf(was, is))
  const unread = [...unreadBefore(before), ...lost.flatMap((range) => unreadAfter(range, after))]
  if (off.length > 0) return { ...clause, observed: off.slice(0, MOST_TOLD).join('; '), met: false }
  if (unread.length > 0) return { ...clause, observed: [...new Set(unread)].slice(0, MOST_TOLD).join('; '), met: null }
  if (before.ranges.size === 0) return null
  if (pairs.length === 0) return { ...clause, observed: 'none of them could be read', met: null }
  return { ...clause, observed: `all ${pairs.length} are`, met: true }
}

/** A gauge with a typo would be as before for ever. */
function unreadBefore({ ranges, problems, unknown }: GaugeLooks): string[] {
  const wasRead = new Set([...ranges.values()].map(({ container }) => container))
  const silent = [...problems].filter(([container]) => !wasRead.has(container))
  return [
    ...[...unknown].map((name) => `${name} stands on no page`),
    ...silent.map(([container, why]) => `${container} could not be read before: ${why}`),
  ]
}

/** Nothing for a container that is not there any more: that is for others to tell of. */
function unreadAfter({ spec, container }: GaugeRange, { problems, unknown }: GaugeLooks): string[] {
  const why = problems.get(container)
  if (why !== undefined) return [`${container} could not be read: ${why}`]
  return unknown.has(nameOf(spec, container)) ? [`${nameOf(spec, container)} stands on no page any more`] : []
}

function changeOf(was: GaugeRange, is: GaugeRange): string[] {
  const { atMostMore, atMostLess } = was.spec
  const name = nameOf(was.spec, was.container)
  if (atMostMore !== null && is.least > was.least + atMostMore) return [`${name} is ${is.least}, ${was.least} before`]
  if (atMostLess !== null && is.most < was.most - atMostLess) return [`${name} is ${is.most}, ${was.most} before`]
  return []
}
