/** Whom a crash hits, as `timing` says: found at the moment of the crash, not before. */
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerGlance, ContainerState } from '../../ports/docker.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { waitUntil } from '../../core/time/wait.ts'
import type { CrashPlan } from './plan.ts'
import { glanceAtPool, memberOf, requirePool } from '../shared/containers/pool-members.ts'

export interface Victim {
  readonly container: ContainerState
  /** As the pool listed it just now; null where there is no pool, or it is not in it. */
  readonly member: PoolMember | null
}

/** The same before its process is known. */
interface Found {
  readonly container: ContainerGlance
  readonly member: PoolMember
}

/** Below the limit of the inject phase. */
const BUSY_LIMIT_MS = 8_000
const REGISTERING_LIMIT_MS = 9_000

/** The chosen containers as they are now. One that is gone, or down, cannot be hit, which the effect will say. */
export async function chosenVictims(plan: CrashPlan, ctx: FaultContext): Promise<Victim[]> {
  const [states, members] = await Promise.all([
    Promise.all(plan.containers.map(({ id }) => ctx.containers.inspect(id, ctx.signal))),
    glanceAtPool(ctx),
  ])
  return states.flatMap((state) => (state === null ? [] : [{ container: state, member: memberOf(state, members) }]))
}

/** Members that the pool lists with requests in flight. @throws TIMEOUT when there are not enough of them in time. */
export async function busyVictims(plan: CrashPlan, ctx: FaultContext): Promise<Victim[]> {
  const { pool } = requirePool(plan.target, 'a crash during inference', ctx)
  const read = async (signal: AbortSignal): Promise<Found[]> => {
    // The containers first: a request may end any moment after the listing.
    const containers = await ofService(plan.target, ctx, signal)
    return busyAmong(containers, await pool.members(signal))
  }
  const what = `${plan.count} busy member${plan.count === 1 ? '' : 's'} of the pool of ${plan.target}`
  const options = { everyMs: 20, attemptMs: 4_000, limitMs: BUSY_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  const busy = await waitUntil(what, read, (found) => found.length >= plan.count, options)
  return Promise.all(
    busiest(ctx.random.shuffle(busy))
      .slice(0, plan.count)
      .map((found) => asVictim(found, ctx)),
  )
}

/** The more requests a crash meets, the surer one of them is someone's who looks. Equals stay in their order. Pure. */
export function busiest(victims: readonly Found[]): Found[] {
  return victims.toSorted((a, b) => b.member.inFlight - a.member.inFlight)
}

/** Running containers whose member works on a request. Pure. */
export function busyAmong(containers: readonly ContainerGlance[], members: readonly PoolMember[]): Found[] {
  return containers.flatMap((container) => {
    const member = container.status === 'running' ? memberOf(container, members) : null
    const busy = member !== null && member.inFlight > 0 && (member.meaning === 'ready' || member.meaning === 'busy')
    return busy ? [{ container, member }] : []
  })
}

/**
 * Adds a container and finds it as soon as the pool lists it as registering: before compose, which waits for more than
 * that, has ended.
 * @throws TIMEOUT when it is never listed so, and whatever the start of the container throws.
 */
export async function registeringVictim(plan: CrashPlan, scaling: Promise<ContainerState>, ctx: FaultContext): Promise<Victim> {
  const { pool } = requirePool(plan.target, 'a crash during registration', ctx)
  const known = new Set(plan.extra?.known)
  const read = async (signal: AbortSignal): Promise<Found | null> => {
    const containers = await ofService(plan.target, ctx, signal)
    const added = containers.filter(({ id }) => !known.has(id))
    return added.length === 0 ? null : registeringAmong(added, await pool.members(signal))
  }
  const giveUp = new AbortController()
  const signal = AbortSignal.any([ctx.signal, giveUp.signal])
  const options = { everyMs: 20, attemptMs: 4_000, limitMs: REGISTERING_LIMIT_MS, signal, clock: ctx.clock }
  const found = waitUntil(
    `a new member of ${plan.target} that the pool lists as registering`,
    read,
    (seen) => seen !== null,
    options,
  )
  // Only its failure is of interest here: it must not be waited out.
  const failed = scaling.then(() => new Promise<never>(() => undefined))
  try {
    const victim = await Promise.race([found, failed])
    if (victim !== null) return await asVictim(victim, ctx)
    throw new ChaosError('INTERNAL', 'a wait for a member ended without one')
  } finally {
    giveUp.abort()
  }
}

/** Pure. */
export function registeringAmong(containers: readonly ContainerGlance[], members: readonly PoolMember[]): Found | null {
  const registering = members.filter(({ meaning }) => meaning === 'registering')
  for (const container of containers) {
    const member = container.status === 'running' ? memberOf(container, registering) : null
    if (member !== null) return { container, member }
  }
  return null
}

async function ofService(service: string, ctx: FaultContext, signal: AbortSignal): Promise<ContainerGlance[]> {
  return (await ctx.containers.glance(signal)).filter((container) => container.service === service)
}

/** With its process, which the daemon tells of one container only. @throws TARGET_NOT_FOUND when it has gone meanwhile. */
async function asVictim({ container, member }: Found, ctx: FaultContext): Promise<Victim> {
  const state = await ctx.containers.inspect(container.id, ctx.signal)
  if (state !== null) return { container: state, member }
  throw new ChaosError('TARGET_NOT_FOUND', `${container.name} went away just before it was to be hit`)
}
