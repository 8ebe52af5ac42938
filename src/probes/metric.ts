import { ChaosError, describeError } from '../core/errors.ts'
import type { MetricExpectation } from '../core/expectations.ts'
import type { ContainerState, Probe, ProbeContext, ProbeWork } from '../core/ports.ts'
import type { FetchReply } from '../toolbox/operations/fetch.ts'
import { plannedEnd } from './fault-phase.ts'
import { lookUntil } from './look-until.ts'
import { judgeMetric, metricText, readMetric, unreadable } from './metric-judgement.ts'
import type { MetricReading } from './metric-judgement.ts'

const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1_024 * 1_024
/** A container that is just restarting is readable again soon. */
const READ_LIMIT_MS = 5_000
const READ_EVERY_MS = 250

class MetricBefore implements ProbeWork {
  readonly readings: readonly MetricReading[]

  constructor(readings: readonly MetricReading[]) {
    this.readings = readings
  }

  stop(): void {
    // Nothing of it runs on.
  }
}

/** The change of a Prometheus metric from just before the fault to the window's end, read from each container directly. */
export const metricExpectation: Probe<MetricExpectation> = {
  kind: 'metric',
  text: metricText,
  async begin(spec, _baseline, ctx) {
    return new MetricBefore(await readService(spec, ctx, ctx.signal))
  },
  async observe(spec, _baseline, ctx, work) {
    if (!(work instanceof MetricBefore)) throw new ChaosError('INTERNAL', 'the metric probe was not begun')
    await plannedEnd(ctx)
    const looked = await lookUntil(
      `the metrics of ${spec.service}`,
      (signal) => readService(spec, ctx, signal),
      (readings) => readings.every(({ problem }) => problem === null),
      { everyMs: READ_EVERY_MS, attemptMs: READ_LIMIT_MS, limitMs: READ_LIMIT_MS, signal: ctx.signal, clock: ctx.clock },
    )
    if (looked.last === null) throw new ChaosError('TIMEOUT', `the metrics of ${spec.service}: ${String(looked.problem)}`)
    return judgeMetric(spec, work.readings, looked.last)
  },
}

/** @throws TARGET_NOT_FOUND when the service has no container. A page that cannot be read is a reading with a problem. */
async function readService(spec: MetricExpectation, ctx: ProbeContext, signal: AbortSignal): Promise<MetricReading[]> {
  const containers = await ctx.containers.list(spec.service, signal)
  if (containers.length === 0)
    throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service '${spec.service}' to read metrics of`)
  return Promise.all(containers.map((container) => readContainer(spec, container, ctx, signal)))
}

async function readContainer(
  spec: MetricExpectation,
  container: ContainerState,
  ctx: ProbeContext,
  signal: AbortSignal,
): Promise<MetricReading> {
  const { name, status, startedAt } = container
  const host = container.addresses[ctx.stack.network]
  if (status !== 'running' || host === undefined) return unreadable(name, startedAt, `it is ${status}`)
  const target = { host, port: spec.port }
  const where = `http://${host}:${String(spec.port)}${spec.path}`
  try {
    const reply = await ctx.observer.call(
      'fetch',
      { target, method: 'GET', path: spec.path, headers: {}, body: null, timeoutMs: PAGE_LIMIT_MS, maxBytes: MOST_BYTES },
      signal,
    )
    const problem = problemOf(reply)
    return problem === null ? readMetric(spec, name, startedAt, reply.body) : unreadable(name, startedAt, `${where} ${problem}`)
  } catch (error) {
    if (signal.aborted) throw error
    return unreadable(name, startedAt, `${where}: ${describeError(error, 200)}`)
  }
}

function problemOf(reply: FetchReply): string | null {
  if (reply.status === null || reply.error !== null) return `gave no answer (${reply.error ?? 'no status'})`
  if (reply.status !== 200) return `answered ${String(reply.status)}`
  return reply.complete ? null : `is longer than ${String(MOST_BYTES)} bytes, or was cut`
}
