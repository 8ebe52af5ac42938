import type { ClauseContext } from '../../kinds/context.ts'
import { ChaosError } from '../../core/errors.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { eventually, eventuallyMs } from '../shared/eventually.ts'
import { atIntervals } from '../shared/fault-phase.ts'
import { glanceAt } from '../shared/some-containers.ts'
import { healthPageText, judgeHealthPage, judgeOneLook, oneLookExpected, type PageLook } from './judge.ts'
import { healthPageSpec, type HealthPageSpec } from './spec.ts'

const LOOK_EVERY_MS = 250
/** After the fault, where no window says how long. */
const LOOKS_AFTER = 10
/** To find the containers, and to start what asks them. */
const LISTING_MS = 2_000

/** A health page, asked directly: what balancers and people go by. */
export const healthPageClause = defineClause({
  key: 'health_page',
  schema: healthPageSpec,
  text: healthPageText,
  afterWindowMs: (spec) =>
    spec.eventually_within_seconds === undefined
      ? spec.within_ms + LOOK_EVERY_MS
      : eventuallyMs({ withinSeconds: spec.eventually_within_seconds, lookMs: lookLimitMs(spec) }),
  lacks({ services }, { service }) {
    const named = services.find(({ name }) => name === service)
    return named?.health === null ? `asks for the health page of "${service}", which has none` : null
  },
  async observe(spec, ctx) {
    const { eventually_within_seconds: withinSeconds } = spec
    if (withinSeconds !== undefined) {
      const expected = oneLookExpected(spec)
      const terms = { withinSeconds, everyMs: LOOK_EVERY_MS, lookMs: lookLimitMs(spec), expected }
      return eventually({ ...terms, look: async (signal) => judgeOneLook(spec, await lookAtAll(spec, { ...ctx, signal })) }, ctx)
    }
    const seen: PageLook[] = []
    await atIntervals(ctx, LOOK_EVERY_MS, LOOKS_AFTER, async () => {
      seen.push(...(await lookAtAll(spec, ctx)))
    })
    return judgeHealthPage(spec, seen)
  },
})

function lookLimitMs({ within_ms: timeoutMs }: HealthPageSpec): number {
  return timeoutMs + LISTING_MS
}

async function lookAtAll(spec: HealthPageSpec, ctx: ClauseContext): Promise<PageLook[]> {
  const containers = await glanceAt(spec.service, 'to ask for its health page', ctx)
  return (await Promise.all(containers.map((container) => look(spec, container, ctx)))).flat()
}

async function look(
  { service, within_ms: timeoutMs }: HealthPageSpec,
  container: ContainerGlance,
  ctx: ClauseContext,
): Promise<PageLook[]> {
  const health = ctx.stack.descriptor.services.find(({ name }) => name === service)?.health ?? null
  if (health === null) throw new ChaosError('TARGET_NOT_FOUND', `the service '${service}' has no health page`)
  const host = container.addresses[ctx.stack.network]
  // One that is not running has no address, and no page either.
  if (host === undefined) return [{ container: container.name, status: null, error: 'not running', totalMs: null }]
  const target = { host, port: health.port }
  const args = { target, path: health.path, headers: {}, count: 1, intervalMs: 0, timeoutMs }
  const { samples } = await ctx.observer.call('probe.http', args, ctx.signal)
  return samples.map(({ status, error, totalMs }) => ({ container: container.name, status, error, totalMs }))
}
