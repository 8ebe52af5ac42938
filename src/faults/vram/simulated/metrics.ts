/** What the containers of a service say of their GPU memory, on their own metrics pages. */
import { msBetween, type Mono } from '../../../core/time/moment.ts'
import type { VramSpecOfStack } from '../../../core/descriptor.ts'
import { ChaosError } from '../../../core/errors.ts'
import { parsePrometheus, seriesOf, type PrometheusPage } from '../../../core/prometheus.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import { addressOf } from '../../shared/links/network-helpers.ts'
import type { MemoryOfOne } from './filling.ts'
import type { VramReading } from './judge.ts'

const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1024 * 1024

/** Which containers run is asked again after this long, or when one of them did not tell. */
const LISTED_FOR_MS = 1_000

/** Reads each running container's own page, through the observer: not through anything that the fault uses. */
export class MemoryReader {
  private readonly spec: VramSpecOfStack
  private readonly ctx: FaultContext
  private running: readonly ContainerState[] = []
  /** null when they are to be listed again at once. */
  private listedMs: Mono | null = null

  constructor(spec: VramSpecOfStack, ctx: FaultContext) {
    this.spec = spec
    this.ctx = ctx
  }

  /** @throws TARGET_NOT_FOUND when none runs; BAD_INPUT when a page lacks a metric. */
  async read(signal: AbortSignal): Promise<Pick<VramReading, 'containers' | 'unread'>> {
    const { clock } = this.ctx
    if (this.listedMs === null || msBetween(this.listedMs, clock.nowMs()) > LISTED_FOR_MS) await this.list(signal)
    const pages = await Promise.all(this.running.map((state) => this.page(state, signal)))
    const containers = pages.filter((page) => page !== null)
    const unread = pages.length - containers.length
    if (unread > 0) this.listedMs = null
    return { containers, unread }
  }

  private async list(signal: AbortSignal): Promise<void> {
    const { service } = this.spec
    const all = await this.ctx.containers.list(service, signal)
    this.running = all.filter(({ status }) => status === 'running')
    if (this.running.length === 0) throw new ChaosError('TARGET_NOT_FOUND', `no container of the service '${service}' is running`)
    this.listedMs = this.ctx.clock.nowMs()
  }

  private async page(state: ContainerState, signal: AbortSignal): Promise<MemoryOfOne | null> {
    const { port, path } = this.spec.metrics
    const target = { host: addressOf(state, this.ctx), port }
    const args = { target, method: 'GET', path, headers: {}, body: null, timeoutMs: PAGE_LIMIT_MS, maxBytes: MOST_BYTES }
    const reply = await this.ctx.observer.call('fetch', args, signal)
    return reply.status === 200 && reply.complete ? memoryOn(reply.body, this.spec.metrics) : null
  }
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
