import type { ClausePhase, Observation } from '../../kinds/clause.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { FetchReply } from '../../toolbox/operations/requests/fetch.ts'
import { eventually, eventuallyMs } from '../shared/eventually.ts'
import { plannedEnd } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { someContainers } from '../shared/some-containers.ts'
import { judgeMetric, metricExpected, metricText, readMetric, unreadable, type MetricReading } from './judge.ts'
import { metricSpec, type MetricSpec } from './spec.ts'

const PAGE_LIMIT_MS = 2_000
const MOST_BYTES = 2 * 1_024 * 1_024
/** A container that is just restarting is readable again soon. */
const READ_LIMIT_MS = 5_000
const READ_EVERY_MS = 250

/** The change of a Prometheus metric from just before the fault to the window's end or a moment, read from each container directly. */
export const metricClause = defineClause({
  key: 'metric',
  schema: metricSpec,
  text: metricText,
  wrongPhase: metBeforeTheFault,
  afterWindowMs: ({ eventually_within_seconds: within }) =>
    within === undefined ? 0 : eventuallyMs({ withinSeconds: within, lookMs: READ_LIMIT_MS }),
  async begin(spec, ctx) {
    const before = await readService(spec, ctx, ctx.signal)
    const { eventually_within_seconds: withinSeconds } = spec
    if (withinSeconds === undefined) return { observe: (observeCtx) => observe(spec, before, observeCtx) }
    return {
      observe: (observeCtx) =>
        eventually(
          {
            ...{ withinSeconds, everyMs: READ_EVERY_MS, lookMs: READ_LIMIT_MS, expected: metricExpected(spec) },
            look: async (signal) => judgeMetric(spec, before, await readService(spec, observeCtx, signal)),
          },
          observeCtx,
        ),
    }
  },
})

/** What holds of a metric that has not changed yet would be met by the first look, whatever the fault does. */
function metBeforeTheFault(spec: MetricSpec, phase: ClausePhase): string | null {
  const { at_least: least = -Infinity, at_most: most = Infinity } = spec.change
  if (spec.eventually_within_seconds === undefined || phase === 'after' || least > 0 || most < 0) return null
  const instead = 'give at_least above 0 or at_most below 0, leave it out, or ask in the phase "after"'
  return `with eventually_within_seconds a change of 0 is enough, which there is before the fault does anything: ${instead}`
}

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
