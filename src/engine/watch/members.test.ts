import { describe, expect, it } from 'vitest'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { judgeMembers, watchMembers, type PoolSeen } from './members.ts'

function member(container: string, inFlight: number): PoolMember {
  return { id: `id-${container}`, state: 'ready', meaning: 'ready', container, inFlight }
}

/** Watches for so long a pool that is so at each look. */
async function watch(lookAt: (look: number) => readonly PoolMember[] | Error, forMs: number): Promise<PoolSeen | null> {
  const world = new World()
  const { clock } = world
  const { stack, observer } = fakeStack(world)
  let looks = 0
  const pool = {
    members: () => {
      const seen = lookAt(looks)
      looks += 1
      return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen)
    },
    stop: () => Promise.reject(new Error('not for a watch')),
  }
  const over = new AbortController()
  void clock.sleep(forMs, new AbortController().signal).then(() => {
    over.abort()
  })
  return clock.until(watchMembers({ clock, observer, stack: { ...stack, pool: () => pool } }, over.signal))
}

describe('the watch of a pool', () => {
  it('keeps who was met at work, at ten looks a second', async () => {
    const seen = await watch((look) => [member('a', look === 3 ? 1 : 0), member('b', 0), member('c', 2)], 1_050)
    expect(seen).toEqual({ looks: 11, busy: new Set(['c', 'a']), problem: null })
  })

  it('goes on where the pool cannot be read, and says why when that was the last', async () => {
    const broken = new Error('no answer')
    expect(await watch((look) => (look < 5 ? broken : [member('a', 1)]), 950)).toEqual({
      looks: 5,
      busy: new Set(['a']),
      problem: null,
    })
    expect(await watch((look) => (look < 5 ? [member('a', 1)] : broken), 950)).toMatchObject({ looks: 5, problem: 'no answer' })
  })

  it('is nothing for a stack without a pool', async () => {
    const world = new World()
    const { stack, observer } = fakeStack(world)
    expect(await watchMembers({ clock: world.clock, stack, observer }, new AbortController().signal)).toBeNull()
  })
})

describe('members after a fault', () => {
  const seen = (busy: readonly string[], looks = 17, problem: string | null = null): PoolSeen => ({
    looks,
    busy: new Set(busy),
    problem,
  })
  const CLAUSE = { phase: 'after', text: 'members', expected: 'each of the 2 members that worked before works again' }

  it('work again, each of them', () => {
    expect(judgeMembers(seen(['a', 'b']), seen(['b', 'c', 'a']))).toEqual({
      ...{ ...CLAUSE, observed: 'all were met at work in 17 looks', met: true },
    })
  })

  it('are missed where one has nothing to do any more', () => {
    expect(judgeMembers(seen(['a', 'b']), seen(['a', 'c']))).toEqual({
      ...{ ...CLAUSE, observed: 'b had nothing to do in 17 looks, while 2 others worked', met: false },
    })
    expect(judgeMembers(seen(['b', 'a']), seen([]))?.observed).toBe('a, b had nothing to do in 17 looks, while 0 others worked')
  })

  it('that were not met at work before need not be so after', () => {
    expect(judgeMembers(seen(['a']), seen(['a']))?.met).toBe(true)
    expect(judgeMembers(seen([]), seen(['a']))).toBeNull()
    expect([judgeMembers(null, seen(['a'])), judgeMembers(seen(['a']), null)]).toEqual([null, null])
  })

  it('are not judged by less than ten looks', () => {
    expect(judgeMembers(seen(['a', 'b']), seen(['a'], 10))?.met).toBe(false)
    expect(judgeMembers(seen(['a', 'b']), seen(['a'], 9))).toEqual({
      ...CLAUSE,
      observed: 'the pool was seen 9 times only',
      met: null,
    })
    expect(judgeMembers(seen(['a', 'b']), seen([], 0, 'no answer'))?.observed).toBe('the pool was seen 0 times only: no answer')
  })
})
