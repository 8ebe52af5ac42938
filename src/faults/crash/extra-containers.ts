/** Containers that a fault added to a service, found again by rule: a plan is written before they exist. */
import * as z from 'zod'
import type { UndoContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { listOf } from '../shared/plan-schema.ts'

/** What there was before: an extra one is none of these, and its number is above theirs. */
export const extraRuleSchema = z.strictObject({
  service: z.string(),
  /** Ids of its containers. */
  known: listOf(z.string()),
  /** 0 for none. */
  highestNumber: z.number(),
})
export type ExtraRule = Readonly<z.infer<typeof extraRuleSchema>>

const ROUNDS = 3

export function extraRule(service: string, containers: readonly ContainerState[]): ExtraRule {
  return {
    service,
    known: containers.map(({ id }) => id),
    highestNumber: Math.max(0, ...containers.map(({ name }) => numberOf(name))),
  }
}

/** Both conditions: a recreated stack has other ids, and a stack's own scaling has other numbers. Pure. */
export function extrasAmong(containers: readonly ContainerState[], rule: ExtraRule): ContainerState[] {
  return containers.filter(({ id, name }) => !rule.known.includes(id) && numberOf(name) > rule.highestNumber)
}

/** Compose ends the name of each container of a service in its number, after a dash or an underscore. */
function numberOf(name: string): number {
  return Number(/[-_](\d+)$/.exec(name)?.[1] ?? 0)
}

export async function findExtras(rule: ExtraRule, ctx: UndoContext): Promise<ContainerState[]> {
  return extrasAmong(await ctx.containers.list(rule.service, ctx.signal), rule)
}

/** A few rounds, as the daemon may still be creating what a killed compose asked for. */
export async function removeExtras(rule: ExtraRule, ctx: UndoContext): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await findExtras(rule, ctx)
    if (found.length === 0) return
    await allOrThrow(found.map(({ id }) => ctx.containers.act(id, { do: 'remove' }, ctx.signal)))
  }
}
