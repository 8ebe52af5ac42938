import { ChaosError } from '../../../core/errors.ts'
import type { PoolSpec } from '../../../core/descriptor.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { PoolMember, PoolPort } from '../../../ports/stack.ts'
import { withDeadline } from '../../../core/time/wait.ts'
import { orReason } from '../or-reason.ts'

/** Shorter could be a name, and stand for several containers. */
const SHORT_ID_LENGTH = 12
/** The id of a member is nice to have; the crash does not wait long for it. */
const GLANCE_LIMIT_MS = 500

/** The member that a container is, by its id, the beginning of its id, or its name. Pure. */
export function memberOf(
  container: { readonly id: string; readonly name: string },
  members: readonly PoolMember[],
): PoolMember | null {
  const same = ({ container: said }: PoolMember): boolean =>
    said === container.name || (said.length >= SHORT_ID_LENGTH && container.id.startsWith(said))
  const own = members.filter(same)
  // A container that registered anew may still be listed with what it was before.
  return own.findLast(({ meaning }) => meaning === 'ready' || meaning === 'busy') ?? own.at(-1) ?? null
}

/** @throws CAPABILITY_MISSING for a stack without a pool, or with one of another service than `target`. */
export function requirePool(target: string, why: string, ctx: FaultContext): { pool: PoolPort; spec: PoolSpec } {
  const { descriptor } = ctx.stack
  const pool = ctx.stack.pool(ctx.observer)
  const spec = descriptor.pool
  if (pool === null || spec === null) {
    throw new ChaosError('CAPABILITY_MISSING', `${why} needs the pool of the stack '${descriptor.name}', and it declares none`, {
      hint: `Declare the pool in ${descriptor.file}.`,
    })
  }
  if (!spec.services.includes(target)) {
    throw new ChaosError(
      'CAPABILITY_MISSING',
      `${why} needs a member of the pool, and those are containers of '${spec.services.join(`', '`)}', not of '${target}'`,
    )
  }
  return { pool, spec }
}

/** Lists the pool as it is now, or nothing when there is none, or it does not answer in 500 ms: the reason goes to the log. */
export async function glanceAtPool(ctx: FaultContext): Promise<readonly PoolMember[]> {
  const pool = ctx.stack.pool(ctx.observer)
  if (pool === null) return []
  const members = await orReason('whom the fault hits is told without an id of the pool', ctx.signal, () =>
    withDeadline('a look at the pool', GLANCE_LIMIT_MS, ctx.signal, (signal) => pool.members(signal)),
  )
  if (typeof members !== 'string') return members
  ctx.log.log('warn', members)
  return []
}
