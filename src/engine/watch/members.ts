/** Members of a pool: those that worked before the fault have to work again after it. */
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { isAborted, withDeadline } from '../../core/time/wait.ts'
import type { EngineDeps } from '../deps.ts'

const LOOK_EVERY_MS = 100
const LOOK_LIMIT_MS = 2_000
/** From fewer looks nothing follows of who was never met at work. */
const FEWEST_LOOKS = 10

/** What was seen of the pool in one stretch. */
export interface PoolSeen {
  readonly looks: number
  /** Containers that were met at work. */
  readonly busy: ReadonlySet<string>
  /** Why the pool could not be read the last time; null when it could. */
  readonly problem: string | null
}

type WatchDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer'>

/** Looks at the pool until `signal` ends it; null for a stack without one. Never throws. */
export async function watchMembers({ clock, stack, observer }: WatchDeps, signal: AbortSignal): Promise<PoolSeen | null> {
  const pool = stack.pool(observer())
  if (pool === null) return null
  const busy = new Set<string>()
  let looks = 0
  let problem: string | null = null
  while (!isAborted(signal)) {
    try {
      const members = await withDeadline('a look at the pool', LOOK_LIMIT_MS, signal, (inner) => pool.members(inner), clock)
      for (const { container, inFlight } of members) if (inFlight > 0) busy.add(container)
      looks += 1
      problem = null
    } catch (error) {
      if (!isAborted(signal)) problem = describeError(error, 200)
    }
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
  }
  return { looks, busy, problem }
}

/** null where nothing can be said: no pool, or nobody was met at work before. */
export function judgeMembers(before: PoolSeen | null, after: PoolSeen | null): ExpectationResult | null {
  if (before === null || after === null || before.busy.size === 0) return null
  const { size } = before.busy
  const clause = {
    phase: 'after',
    text: 'members',
    expected: `each of the ${size} members that worked before works again`,
  } as const
  if (after.looks < FEWEST_LOOKS) {
    const why = after.problem === null ? '' : `: ${after.problem}`
    return { ...clause, observed: `the pool was seen ${after.looks} times only${why}`, met: null }
  }
  const idle = [...before.busy].filter((container) => !after.busy.has(container))
  const observed =
    idle.length === 0
      ? `all were met at work in ${after.looks} looks`
      : `${idle.sort().join(', ')} had nothing to do in ${after.looks} looks, while ${after.busy.size} others worked`
  return { ...clause, observed, met: idle.length === 0 }
}
