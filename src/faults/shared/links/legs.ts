import * as z from 'zod'
import type { FaultContext } from '../../../kinds/context.ts'
import { fillRecord } from '../../../core/variables.ts'
import type { LinkAccess } from '../access.ts'
import { namespaceHelper, type NamespaceHelper } from './namespace-helpers.ts'
import { runningTargets } from '../containers/targets.ts'
import { legOf, resolveLinks, touchedServices, type LinkSelection } from './links.ts'
import { helperName } from '../names.ts'
import { listOf } from '../plan-schema.ts'

export const sideSchema = z.enum(['client', 'server'])
export type Side = z.infer<typeof sideSchema>

/** A helper in the network namespace of one container at one end of a leg. */
const legEnd = z.strictObject({
  helper: z.string(),
  container: z.string(),
  containerName: z.string(),
  service: z.string(),
  side: sideSchema,
})
export type LegEnd = Readonly<z.infer<typeof legEnd>>

/** The part of an undo record that tells one leg. */
export const legPlan = z.strictObject({ link: z.string(), port: z.number(), ends: listOf(legEnd) })
export type LegPlan = Readonly<z.infer<typeof legPlan>>

/** The legs of the chosen links with all containers at both of their ends, and the services that this touches. @throws CAPABILITY_MISSING for a link without one. */
export async function planLegs(
  selection: LinkSelection,
  fault: string,
  ctx: FaultContext,
): Promise<{ services: string[]; legs: LegPlan[] }> {
  const links = resolveLinks(selection, ctx.stack.descriptor)
  const legs = []
  for (const link of links) {
    const leg = legOf(link, fault)
    const [clients, servers] = await Promise.all([runningTargets(leg.client, ctx), runningTargets(leg.server, ctx)])
    const end = (side: Side, service: string) => (container: { id: string; name: string }) => ({
      helper: helperName(ctx, side),
      container: container.id,
      containerName: container.name,
      service,
      side,
    })
    legs.push({
      link: link.name,
      port: leg.port,
      ends: [...clients.map(end('client', leg.client)), ...servers.map(end('server', leg.server))],
    })
  }
  return { services: touchedServices(links, ctx.stack.descriptor), legs }
}

export function endsOf(legs: readonly LegPlan[], side?: Side): LegEnd[] {
  return legs.flatMap((leg) => leg.ends).filter((end) => side === undefined || end.side === side)
}

export function namespaceHelpers(legs: readonly LegPlan[]): NamespaceHelper[] {
  return endsOf(legs).map((end) => ({ name: end.helper, container: end.container }))
}

/** Containers at both ends, for people. */
export function targetNames(legs: readonly LegPlan[]): string[] {
  return legs.map(
    (leg) => `${leg.link} (${[...new Set(leg.ends.map((end) => end.containerName))].join(' ↔ ')}, port ${leg.port})`,
  )
}

export async function startEnds(legs: readonly LegPlan[], ctx: FaultContext): Promise<void> {
  await Promise.all(namespaceHelpers(legs).map((helper) => ctx.toolbox.start(namespaceHelper(helper), ctx.signal)))
}

/** The way of a probe from the client's end straight to the server's port, not through the proxy's other side. */
export function legAccess(leg: LegPlan, ctx: FaultContext): LinkAccess {
  const link = ctx.stack.link(leg.link)
  const server = legOf(link, 'a probe').server
  return {
    link: leg.link,
    target: { host: server, port: leg.port },
    path: link.probe.path,
    headers: fillRecord(link.probe.headers, ctx.stack.variables),
  }
}
