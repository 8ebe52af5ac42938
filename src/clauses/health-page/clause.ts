import type { ClauseContext } from '../../kinds/context.ts'
import { ChaosError } from '../../core/errors.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { atIntervals } from '../shared/fault-phase.ts'
import { glanceAt } from '../shared/some-containers.ts'
import { healthPageText, judgeHealthPage, type PageLook } from './judge.ts'
import { healthPageSpec, type HealthPageSpec } from './spec.ts'

const LOOK_EVERY_MS = 250
/** After the fault, where no window says how long. */
const LOOKS_AFTER = 10

/** A health page, asked directly: what balancers and people go by. */
export const healthPageClause = defineClause({
  key: 'health_page',
  schema: healthPageSpec,
  text: healthPageText,
  afterWindowMs: (spec) => spec.within_ms + LOOK_EVERY_MS,
  lacks({ services }, { service }) {
    const named = services.find(({ name }) => name === service)
    return named?.health === null ? `asks for the health page of "${service}", which has none` : null
  },
  async observe(spec, ctx) {
    const seen: PageLook[] = []
    await atIntervals(ctx, LOOK_EVERY_MS, LOOKS_AFTER, async () => {
      const containers = await glanceAt(spec.service, 'to ask for its health page', ctx)
      seen.push(...(await Promise.all(containers.map((container) => look(spec, container, ctx)))).flat())
    })
    return judgeHealthPage(spec, seen)
  },
})

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
