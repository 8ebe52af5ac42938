/** Members of a pool: those that worked before the fault have to work again after it. */
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { isAborted, withDeadline } from '../../core/time/wait.ts'
import type { EngineDeps } from '../deps.ts'

const LOOK_EVERY_MS = 200
const LOOK_LIMIT_MS = 2_000
/** A member that works like the others is missed at all looks by chance no more often than this, or nothing follows. */
const MOST_CHANCE = 0.001

/** What was seen of the pool in one stretch. */
export interface PoolSeen {
  readonly looks: number
  /** At how many looks a container was met at work; those that never were are left out. */
  readonly busy: ReadonlyMap<string, number>
  /** Why the pool could not be read the last time; null when it could. */
  readonly problem: string | null
}

type WatchDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer'>

/** Looks at the pool until `signal` ends it; null for a stack without one. Never throws. */
export async function watchMembers({ clock, stack, observer }: WatchDeps, signal: AbortSignal): Promise<PoolSeen | null> {
  const pool = stack.pool(observer())
  if (pool === null) return null
  const busy = new Map<string, number>()
  let looks = 0
  let problem: string | null = null
  while (!isAborted(signal)) {
    try {
      const members = await withDeadline('a look at the pool', LOOK_LIMIT_MS, signal, (inner) => pool.members(inner), clock)
      const atWork = new Set(members.filter(({ inFlight }) => inFlight > 0).map(({ container }) => container))
      for (const container of atWork) busy.set(container, (busy.get(container) ?? 0) + 1)
      looks += 1
      problem = null
    } catch (error) {
      if (!isAborted(signal)) problem = describeError(error, 200)
    }
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
  }
  return { looks, busy, problem }
}

/**
 * null where nothing can be said: no pool, nobody was met at work before, or there is so little to do that one may be missed
 * by chance.
 */
export function judgeMembers(before: PoolSeen | null, after: PoolSeen | null): ExpectationResult | null {
  if (before === null || after === null || before.busy.size === 0) return null
  const known = [...before.busy.keys()]
  const clause = {
    phase: 'after',
    text: 'members',
    expected: `each of the ${known.length} members that worked before works again`,
  } as const
  if (after.looks === 0)
    return { ...clause, observed: `the pool could not be seen: ${after.problem ?? 'nobody looked'}`, met: null }
  const idle = known.filter((container) => !after.busy.has(container))
  if (idle.length === 0) return { ...clause, observed: `all were met at work in ${after.looks} looks`, met: true }
  // How often one of those that work is met at a look.
  const met = known.reduce((sum, container) => sum + (after.busy.get(container) ?? 0), 0)
  const share = met / (after.looks * Math.max(1, known.length - idle.length))
  if ((1 - share) ** after.looks > MOST_CHANCE) return null
  const observed = `${idle.sort().join(', ')} had nothing to do in ${after.looks} looks, while ${after.busy.size} others worked`
  return { ...clause, observed, met: false }
}
