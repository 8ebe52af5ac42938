import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { fillRecord } from '../../core/variables.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import { combinePlaces } from '../shared/evidence.ts'
import { namespaceHelper } from '../shared/links/namespace-helpers.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import type { ToxicOnLink } from './measures/measure.ts'
import { MEASURES } from './measures/measures.ts'
import { canaryDelayOf, mechanismOf, resolveToxic, toxicPlan, type ToxicEntry, type ToxicPlan } from './plan.ts'
import { leftoverToxics, revertToxics } from './undo.ts'

/** One toxic of toxiproxy, `down` included, on one or more links. */
export const toxic = defineFault({
  kind: 'toxic',
  record: undoRecord(toxicPlan),
  resolve: resolveToxic,
  async arm(plan, ctx) {
    await startMarkers(plan, ctx)
    const measure = MEASURES[plan.toxic]
    // A baseline is a measurement, not part of the undo record.
    const judges = plan.entries.map(async (entry) => ({ link: entry.link, judge: await measure(onLink(plan, entry, ctx), ctx) }))
    return await Promise.all(judges)
  },
  inject: injectToxics,
  async effect(plan, ctx, judges) {
    const judged = judges.map(async ({ link, judge }) => ({ place: link, ...(await judge(ctx)) }))
    return combinePlaces(mechanismOf(plan), await Promise.all(judged))
  },
  revert: revertToxics,
  leftovers: leftoverToxics,
  // What nobody answers is waited for until its deadline.
  usualMs: (spec) => (spec.toxic === 'timeout' || spec.toxic === 'down' ? 4_000 : 0),
  describe: (plan) => ({
    targets: plan.entries.map((entry) => entry.link),
    services: plan.services,
    links: plan.entries.map((entry) => entry.link),
    mechanism: mechanismOf(plan),
    canaryDelayMs: canaryDelayOf(plan),
  }),
})

function onLink(plan: ToxicPlan, entry: ToxicEntry, ctx: FaultContext): ToxicOnLink {
  const link = ctx.stack.link(entry.link)
  const host = ctx.stack.descriptor.toxiproxy?.service ?? ''
  return {
    access: {
      link: link.name,
      target: { host, port: link.listenPort },
      path: entry.marker?.path ?? link.probe.path,
      headers: fillRecord(link.probe.headers, ctx.stack.variables),
    },
    toxic: plan.toxic,
    attributes: plan.attributes,
    streams: plan.streams,
    toxicity: plan.toxicity,
    holdId: entry.toxics[0]?.name ?? `${ctx.scenarioId}-${entry.proxy}`,
    marker: entry.marker,
  }
}

async function startMarkers(plan: ToxicPlan, ctx: FaultContext): Promise<void> {
  const container = plan.proxyContainer
  if (container === null) return
  await Promise.all(
    plan.entries.map(async ({ link, marker }) => {
      if (marker === null) return
      const helper = await ctx.toolbox.start(namespaceHelper({ name: marker.helper, container }), ctx.signal)
      const args = { marker: `GET ${marker.path}`, intoPort: marker.intoPort, outOfPort: marker.outOfPort }
      const { mechanism } = await helper.call('marker.install', args, ctx.signal)
      ctx.log.log('debug', `packets of our probe on ${link} are counted by ${mechanism}`)
    }),
  )
}

async function injectToxics(plan: ToxicPlan, ctx: FaultContext): Promise<void> {
  const toxiproxy = await ctx.toxiproxy(ctx.signal)
  if (toxiproxy === null) throw new ChaosError('TARGET_NOT_FOUND', 'toxiproxy is gone, so nothing can be injected')
  await Promise.all(
    plan.entries.map(async (entry) => {
      if (plan.toxic === 'down') await toxiproxy.setEnabled(entry.proxy, false, ctx.signal)
      const { toxic: type, toxicity, attributes } = plan
      for (const named of entry.toxics)
        await toxiproxy.addToxic(entry.proxy, { ...named, type, toxicity, attributes }, ctx.signal)
    }),
  )
}
