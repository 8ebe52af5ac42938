import { ChaosError } from '../core/errors.ts'
import { fillRecord } from '../core/variables.ts'
import type { Fault, FaultContext, UndoContext } from '../core/ports.ts'
import type { ToxicSpec } from '../core/toxics.ts'
import type { Judge, ToxicOnLink } from './effects/measure.ts'
import { MEASURES } from './effects/measures.ts'
import { combineLinks } from './evidence.ts'
import { HELPER_TTL_MS } from './names.ts'
import type { NameSequence } from './names.ts'
import { leftoverToxics, revertToxics } from './toxic-undo.ts'
import { canaryDelayOf, mechanismOf, planToxic, toxicsOf } from './toxic-plan.ts'
import type { ToxicEntry, ToxicPlan } from './toxic-plan.ts'

/** One toxic of toxiproxy, `down` included, on one or more links. */
export function toxicFault(names: NameSequence): Fault<ToxicSpec, ToxicPlan> {
  /** Baselines of this process by plan; they are measurements, not part of the undo record. */
  const judges = new Map<string, readonly Judge[]>()
  return {
    kind: 'toxic',
    plan: (spec, ctx) => planToxic(spec, ctx, names),
    async prepare(plan, ctx) {
      await startMarkers(plan, ctx)
      judges.set(keyOf(plan), await Promise.all(plan.entries.map((entry) => MEASURES[plan.toxic](onLink(plan, entry, ctx), ctx))))
    },
    async inject(plan, ctx) {
      await injectToxics(plan, ctx)
    },
    async effect(plan, ctx) {
      const prepared = judges.get(keyOf(plan))
      if (!prepared) throw new ChaosError('INTERNAL', 'the effect of a toxic was asked for before its baseline was taken')
      const links = plan.entries.map((entry) => entry.link)
      const judged = await Promise.all(
        prepared.map(async (judge, index) => ({ link: links[index] ?? '', ...(await judge(ctx)) })),
      )
      return combineLinks(mechanismOf(plan), judged)
    },
    async revert(plan: ToxicPlan, ctx: UndoContext) {
      judges.delete(keyOf(plan))
      await revertToxics(plan, ctx)
    },
    leftovers: leftoverToxics,
    // What nobody answers is waited for until its deadline.
    usualMs: ({ toxic }) => (toxic === 'timeout' || toxic === 'down' ? 4_000 : 0),
    describe: (plan) => ({
      targets: plan.entries.map((entry) => entry.link),
      services: plan.services,
      mechanism: mechanismOf(plan),
      canaryDelayMs: canaryDelayOf(plan),
      everything: plan.everything,
    }),
  }
}

/** Unique among the plans of a process, as names are never used twice; `down` has no toxic and goes by its links. */
function keyOf(plan: ToxicPlan): string {
  return JSON.stringify(plan.entries.map((entry) => [entry.proxy, entry.toxics.map((toxic) => toxic.name)]))
}

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
      const request = {
        name: marker.helper,
        attachTo: { container },
        pid: 'own',
        capabilities: ['NET_ADMIN'],
        ttlMs: HELPER_TTL_MS,
      } as const
      const helper = await ctx.toolbox.start(request, ctx.signal)
      const args = { marker: `GET ${marker.path}`, intoPort: marker.intoPort, outOfPort: marker.outOfPort }
      const { mechanism } = await helper.call('marker.install', args, ctx.signal)
      ctx.log.log('debug', `packets of our probe on ${link} are counted by ${mechanism}`)
    }),
  )
}

async function injectToxics(plan: ToxicPlan, ctx: FaultContext): Promise<void> {
  const toxiproxy = await ctx.toxiproxy()
  if (toxiproxy === null) throw new ChaosError('TARGET_NOT_FOUND', 'toxiproxy is gone, so nothing can be injected')
  await Promise.all(
    plan.entries.map(async (entry) => {
      if (plan.toxic === 'down') await toxiproxy.setEnabled(entry.proxy, false, ctx.signal)
      for (const toxic of toxicsOf(plan, entry)) await toxiproxy.addToxic(entry.proxy, toxic, ctx.signal)
    }),
  )
}
