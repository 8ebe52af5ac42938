/** Whose names are broken, which, and by which of them it is seen. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { asTarget, chooseTargets } from '../shared/containers/targets.ts'
import type { Counted } from '../shared/entry-keys.ts'
import { helperName } from '../shared/names.ts'
import { chosenContainers, helpedContainer, listOf } from '../shared/plan-schema.ts'

const DNS_MODES = ['refused', 'dropped', 'nxdomain', 'slow'] as const

export const dnsPlan = z.strictObject({
  ...chosenContainers(helpedContainer),
  mode: z.enum(DNS_MODES),
  /** null: all. */
  names: listOf(z.string()).nullable(),
  /** By how much answers are late; null where they are not. */
  delayMs: z.number().nullable(),
  /** Names of other services that our resolver asks for as well: those that are broken, or that show that others are not. */
  services: listOf(z.string()),
})
export type DnsPlan = Readonly<z.infer<typeof dnsPlan>>
export type DnsTarget = DnsPlan['containers'][number]
export type DnsSpec = Pick<DnsPlan, 'mode' | 'target' | 'names' | 'delayMs'> & Counted

/** Enough to see it by. */
const MOST_SERVICES = 16

/** @throws TARGET_NOT_FOUND, or CAPABILITY_MISSING for a container that has no network of its own. */
export async function resolveDns({ mode, target, names, delayMs, count }: DnsSpec, ctx: FaultContext): Promise<DnsPlan> {
  const { descriptor } = ctx.stack
  const { chosen, text } = await chooseTargets(target, count, ctx)
  for (const state of chosen) requireNetwork(state)
  // As they are compared: whatever the case of their letters, and with or without the dot at their end.
  const wanted = names === null ? null : [...new Set(names.map((name) => name.toLowerCase().replace(/\.$/, '')))]
  const others = descriptor.services.map(({ name }) => name).filter((name) => name !== target)
  const services = others.filter((name) => wanted?.includes(name.toLowerCase()) !== true)
  return {
    ...{ mode, target, names: wanted, delayMs, choice: text },
    containers: chosen.map((state) => ({ ...asTarget(state), helper: helperName(ctx, 'dns') })),
    services: services.slice(0, MOST_SERVICES),
  }
}

/** In the network of the machine, or of another container, the names of others would be broken. */
function requireNetwork({ name, addresses }: ContainerState): void {
  if (Object.keys(addresses).length > 0) return
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `${name} has no network of its own, so its names cannot be broken without those of others`,
    { hint: 'Choose a service on a network of the stack, without network_mode.' },
  )
}

export function mechanismOf({ mode, names, delayMs }: DnsPlan): string {
  const what = names === null ? 'all names' : `the names ${names.join(', ')}`
  return {
    refused: `questions for ${what} are refused`,
    dropped: `questions for ${what} get no answer`,
    nxdomain: `${what} do not exist`,
    slow: `answers for ${what} are ${String(delayMs)} ms late`,
  }[mode]
}
