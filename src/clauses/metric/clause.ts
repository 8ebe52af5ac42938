import type { Observation } from '../../kinds/clause.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { FetchReply } from '../../toolbox/operations/requests/fetch.ts'
import { plannedEnd } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { someContainers } from '../shared/some-containers.ts'
import { judgeMetric, metricText, readMetric, unreadable, type MetricReading } from './judge.ts'
import { metricSpec, type MetricSpec } from './spec.ts'

const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1_024 * 1_024
/** A container that is just restarting is readable again soon. */
const READ_LIMIT_MS = 5_000
const READ_EVERY_MS = 250

/** The change of a Prometheus metric from just before the fault to the window's end, read from each container directly. */
export const metricClause = defineClause({
  key: 'metric',
  schema: metricSpec,
  text: metricText,
  async begin(spec, ctx) {
    const before = await readService(spec, ctx, ctx.signal)
    return { observe: (observeCtx) => observe(spec, before, observeCtx) }
  },
})

async function observe(spec: MetricSpec, before: readonly MetricReading[], ctx: ClauseContext): Promise<Observation> {
  await plannedEnd(ctx)
  const looked = await lookUntil(
    `the metrics of ${spec.service}`,
    (signal) => readService(spec, ctx, signal),
    (readings) => readings.every(({ problem }) => problem === null),
    { everyMs: READ_EVERY_MS, attemptMs: READ_LIMIT_MS, limitMs: READ_LIMIT_MS, signal: ctx.signal, clock: ctx.clock },
  )
  if (looked.last === null) throw new ChaosError('TIMEOUT', `the metrics of ${spec.service}: ${String(looked.problem)}`)
  return judgeMetric(spec, before, looked.last)
}

/** A page that cannot be read is a reading with a problem. */
async function readService(spec: MetricSpec, ctx: ClauseContext, signal: AbortSignal): Promise<MetricReading[]> {
  const containers = someContainers(spec.service, await ctx.containers.list(spec.service, signal), 'to read metrics of')
  return Promise.all(containers.map((container) => readContainer(spec, container, ctx, signal)))
}

async function readContainer(
  spec: MetricSpec,
  container: ContainerState,
  ctx: ClauseContext,
  signal: AbortSignal,
): Promise<MetricReading> {
  const { name, status, startedAt } = container
  const host = container.addresses[ctx.stack.network]
  if (status !== 'running' || host === undefined) return unreadable(name, startedAt, `it is ${status}`)
  const target = { host, port: spec.port }
  const where = `http://${host}:${spec.port}${spec.path}`
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
  if (reply.status !== 200) return `answered ${reply.status}`
  return reply.complete ? null : `is longer than ${MOST_BYTES} bytes, or was cut`
}
