/** Which containers of a service a fault hits. */
import { ChaosError } from '../../../core/errors.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { FaultDescription } from '../../../kinds/fault.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import type { Random } from '../../../core/random.ts'
import type { Count } from '../entry-keys.ts'
import type { TargetContainer } from '../plan-schema.ts'

/**
 * How many of `available` are meant, and the same for people: `50 % of 3 → 2`. A share is rounded up; null is one. Pure.
 * @throws TARGET_NOT_FOUND when there are fewer than that.
 */
export function resolveCount(count: Count | null, available: number): { number: number; text: string } {
  const all = String(available)
  if (count !== null && 'percent' in count) {
    const number = Math.ceil((count.percent * available) / 100)
    return { number, text: `${count.percent} % of ${all} → ${number}` }
  }
  const number = count?.number ?? 1
  if (number > available) {
    throw new ChaosError('TARGET_NOT_FOUND', `${number} containers are to be hit, and ${all} are running`)
  }
  return { number, text: `${number} of ${all}` }
}

/** Seeded choice among the given ones; the chosen come back in the order they were given in. */
export function chooseSome<T>(items: readonly T[], number: number, random: Random): T[] {
  const drawn = new Set(random.shuffle(items).slice(0, number))
  return items.filter((item) => drawn.has(item))
}

/** Running containers of the service by name. @throws TARGET_NOT_FOUND naming the service and what it has. */
export async function runningTargets(service: string, ctx: FaultContext): Promise<ContainerState[]> {
  const all = await ctx.containers.list(service, ctx.signal)
  const running = all.filter(({ status }) => status === 'running')
  if (running.length > 0) return running
  const has = all.map(({ name, status }) => `${name} (${status})`).join(', ') || 'no container at all'
  throw new ChaosError('TARGET_NOT_FOUND', `no container of the service '${service}' is running; it has ${has}`, {
    hint: `Services of the stack: ${ctx.stack.descriptor.services.map(({ name }) => name).join(', ')}`,
  })
}

/** Chooses `count` of the service's running containers by the scenario's seed; `text` tells people how many of how many. */
export async function chooseTargets(
  target: string,
  count: Count | null,
  ctx: FaultContext,
): Promise<{ chosen: ContainerState[]; text: string }> {
  const running = await runningTargets(target, ctx)
  const { number, text } = resolveCount(count, running.length)
  return { chosen: chooseSome(running, number, ctx.random), text }
}

/** Chooses one of the service's running containers likewise. */
export async function chooseTarget(target: string, ctx: FaultContext): Promise<{ state: ContainerState; text: string }> {
  const { chosen, text } = await chooseTargets(target, null, ctx)
  const [state] = chosen
  if (state !== undefined) return { state, text }
  throw new ChaosError('INTERNAL', `no container of ${target} was chosen`)
}

export function asTarget({ id, name, restartPolicy }: ContainerState): TargetContainer {
  return { id, name, restartPolicy: restartPolicy ?? 'no' }
}

/** What a fault of whole containers hits, for the report. */
export function describeContainers(
  { target, containers }: { readonly target: string; readonly containers: readonly { readonly name: string }[] },
  mechanism: string,
): FaultDescription {
  return { targets: containers.map(({ name }) => name), services: [target], mechanism }
}
