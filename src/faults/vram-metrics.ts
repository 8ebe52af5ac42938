/** What the containers of a service say of their GPU memory, on their own metrics pages. */
import type { VramSpecOfStack } from '../core/descriptor.ts'
import { ChaosError } from '../core/errors.ts'
import { parsePrometheus, seriesOf } from '../core/prometheus.ts'
import type { PrometheusPage } from '../core/prometheus.ts'
import type { FaultContext } from '../core/ports.ts'
import { addressOf } from './network-helpers.ts'
import type { MemoryOfOne } from './vram-filling.ts'

const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1024 * 1024

/**
 * Read straight from each running container, by the observer: not through anything that the fault uses.
 * @throws TARGET_NOT_FOUND when none runs; BAD_INPUT when a page lacks a metric.
 */
export async function readMemories(
  { service, metrics }: VramSpecOfStack,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<{ containers: MemoryOfOne[]; unread: number }> {
  const running = (await ctx.containers.list(service, signal)).filter(({ status }) => status === 'running')
  if (running.length === 0) throw new ChaosError('TARGET_NOT_FOUND', `no container of the service '${service}' is running`)
  const { port, path } = metrics
  const read = running.map(async (state) => {
    const target = { host: addressOf(state, ctx), port }
    const args = { target, method: 'GET', path, headers: {}, body: null, timeoutMs: PAGE_LIMIT_MS, maxBytes: MOST_BYTES }
    const reply = await ctx.observer.call('fetch', args, signal)
    return reply.status === 200 && reply.complete ? memoryOn(reply.body, metrics) : null
  })
  const pages = await Promise.all(read)
  const containers = pages.filter((page) => page !== null)
  return { containers, unread: pages.length - containers.length }
}

/** Pure. Several series, as of several devices, are added up. @throws BAD_INPUT when one of the two metrics is missing. */
export function memoryOn(text: string, { usedBytes, totalBytes }: VramSpecOfStack['metrics']): MemoryOfOne {
  const page = parsePrometheus(text)
  return { usedBytes: sumOfSeries(page, usedBytes), totalBytes: sumOfSeries(page, totalBytes) }
}

function sumOfSeries(page: PrometheusPage, name: string): number {
  const series = seriesOf(page, name)
  const sum = series.reduce((total, { value }) => total + value, 0)
  if (series.length > 0 && Number.isFinite(sum) && sum >= 0) return sum
  throw new ChaosError('BAD_INPUT', `the metrics page has no number under '${name}'`, {
    hint: "Check vram.metrics of the stack descriptor against the service's own page.",
  })
}
