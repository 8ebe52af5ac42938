import { describe, expect, it } from 'vitest'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { judgeMembers, watchMembers, type PoolSeen } from './members.ts'

function member(container: string, inFlight: number): PoolMember {
  return { id: `id-${container}`, state: 'ready', meaning: 'ready', container, inFlight }
}

/** Watches for so long a pool that is so at each look; null is a look that never ends. */
async function watch(lookAt: (look: number) => readonly PoolMember[] | Error | null, forMs: number): Promise<PoolSeen | null> {
  const world = new World()
  const { clock } = world
  const { stack, observer } = fakeStack(world)
  let looks = 0
  const pool = {
    members: () => {
      const seen = lookAt(looks)
      looks += 1
      if (seen === null) return new Promise<never>(() => undefined)
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
  it('keeps who was met at work, at five looks a second', async () => {
    const seen = await watch((look) => [member('a', look === 3 ? 1 : 0), member('b', 0), member('c', 2)], 2_100)
    expect(seen).toEqual({
      looks: 11,
      busy: new Map([
        ['c', 11],
        ['a', 1],
      ]),
      problem: null,
    })
  })

  it('goes on where the pool cannot be read, and says why when that was the last', async () => {
    const broken = new Error('no answer')
    expect(await watch((look) => (look < 5 ? broken : [member('a', 1)]), 1_900)).toEqual({
      looks: 5,
      busy: new Map([['a', 5]]),
      problem: null,
    })
    expect(await watch((look) => (look < 5 ? [member('a', 1)] : broken), 1_900)).toMatchObject({ looks: 5, problem: 'no answer' })
  })

  it('waits two seconds for a look, and what is under way at its end is no problem', async () => {
    expect(await watch((look) => (look === 0 ? null : [member('a', 1)]), 2_300)).toMatchObject({ looks: 1, problem: null })
    expect(await watch(() => null, 2_100)).toMatchObject({ looks: 0, problem: 'a look at the pool took longer than 2000 ms' })
    expect(await watch(() => null, 1_900)).toMatchObject({ looks: 0, problem: null })
  })

  it('is nothing for a stack without a pool', async () => {
    const world = new World()
    const { stack, observer } = fakeStack(world)
    expect(await watchMembers({ clock: world.clock, stack, observer }, new AbortController().signal)).toBeNull()
  })
})

describe('members after a fault', () => {
  /** `busy`: at how many of the looks each was met at work. */
  const seen = (busy: Readonly<Record<string, number>>, looks = 17, problem: string | null = null): PoolSeen => ({
    ...{ looks, busy: new Map(Object.entries(busy)), problem },
  })
  const BOTH = seen({ a: 9, b: 1 })
  const CLAUSE = { phase: 'after', text: 'members', expected: 'each of the 2 members that worked before works again' }

  it('work again, each of them', () => {
    expect(judgeMembers(BOTH, seen({ b: 1, c: 3, a: 1 }))).toEqual({
      ...{ ...CLAUSE, observed: 'all were met at work in 17 looks', met: true },
    })
  })

  it('are missed where one has nothing to do any more', () => {
    expect(judgeMembers(BOTH, seen({ a: 12, c: 2 }))).toEqual({
      ...{ ...CLAUSE, observed: 'b had nothing to do in 17 looks, while 2 others worked', met: false },
    })
    const three = seen({ c: 1, b: 1, a: 1 })
    expect(judgeMembers(three, seen({ a: 17 }))?.observed).toBe('b, c had nothing to do in 17 looks, while 1 others worked')
  })

  it('may be missed by chance where there is little to do: then nothing is said', () => {
    // 1 − 6/17 to the 17th power is 0.0006, 1 − 5/17 is 0.0027.
    expect(judgeMembers(BOTH, seen({ a: 6 }))?.met).toBe(false)
    expect(judgeMembers(BOTH, seen({ a: 5 }))).toBeNull()
    expect(judgeMembers(BOTH, seen({}))).toBeNull()
    // Two share six meetings: 1 − 6/34 to the 17th power is 0.04.
    expect(judgeMembers(seen({ a: 1, b: 1, c: 1 }), seen({ a: 3, b: 3 }))).toBeNull()
    // What others do says nothing of those who worked before.
    expect(judgeMembers(BOTH, seen({ a: 5, c: 17 }))).toBeNull()
  })

  it('that were not met at work before need not be so after', () => {
    expect(judgeMembers(seen({ a: 1 }), seen({ a: 1 }))?.met).toBe(true)
    expect(judgeMembers(seen({}), seen({ a: 1 }))).toBeNull()
    expect([judgeMembers(null, BOTH), judgeMembers(BOTH, null)]).toEqual([null, null])
  })

  it('of which nobody can see anything are undecided', () => {
    expect(judgeMembers(BOTH, seen({}, 0, 'no answer'))).toEqual({
      ...{ ...CLAUSE, observed: 'the pool could not be seen: no answer', met: null },
    })
    expect(judgeMembers(BOTH, seen({}, 0))?.observed).toBe('the pool could not be seen: nobody looked')
  })
})
