import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PoolSpec } from '../../core/descriptor.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { container, containers, descriptor, faultContext, stack } from '../shared/context.fixture.ts'
import type { CrashPlan } from './plan.ts'
import { busiest, busyAmong, busyVictims, chosenVictims, registeringAmong, registeringVictim, type Victim } from './victims.ts'

function hand(letter: string, status = 'running'): ContainerState {
  return container({ id: letter.repeat(64), name: `chaos-r1-hand-${letter}`, status })
}

function member(id: string, letter: string, meaning: PoolMember['meaning'], inFlight = 0): PoolMember {
  return { id, state: meaning ?? 'other', meaning, container: letter.repeat(12), inFlight }
}

/** By the ids of their members; what is thrown instead stays as it is. */
const ids = (victims: readonly Pick<Victim, 'member'>[] | string): unknown =>
  typeof victims === 'string' ? victims : victims.map(({ member: found }) => found?.id)

test('the busiest come first, equals in their order', () => {
  const victims = [1, 3, 0, 3].map((inFlight, index) => ({
    container: hand('abcd'[index] ?? ''),
    member: member(`m${index}`, '', 'busy', inFlight),
  }))
  expect(busiest(victims).map(({ container: { name } }) => name.at(-1))).toEqual(['b', 'd', 'a', 'c'])
})

test('busy is who runs and has work', () => {
  const hands = [hand('a'), hand('b'), hand('c', 'exited'), hand('d'), hand('e'), hand('f')]
  const members = [
    member('m1', 'a', 'ready', 0),
    member('m2', 'b', 'busy', 2),
    member('m3', 'c', 'busy', 1),
    member('m4', 'd', 'failed', 1),
    member('m5', 'e', 'ready', 1),
  ]
  expect(ids(busyAmong(hands, members))).toEqual(['m2', 'm5'])
})

test('registering is who runs and is listed so', () => {
  const members = [member('m1', 'a', 'ready'), member('m2', 'b', 'registering')]
  expect(registeringAmong([hand('a')], members)).toBeNull()
  expect(registeringAmong([hand('b', 'restarting')], members)).toBeNull()
  expect(registeringAmong([hand('a'), hand('b')], members)?.member.id).toBe('m2')
})

const POOL: PoolSpec = {
  ...{ services: ['hand'], size: 4, list: { service: 'hive', port: 1, path: '/', headers: {} }, members: '@', id: 'id' },
  ...{ state: 'state', container: 'container', inFlight: 'load', stop: null, work: null },
  states: { registering: [], ready: [], busy: [], failed: [] },
}

function plan(change: Partial<CrashPlan> = {}): CrashPlan {
  return {
    ...{ helper: 'h', target: 'hand', signal: 'SIGKILL', via: 'kernel', timing: 'random', count: 1, choice: '1 of 1' },
    ...{ containers: [], extra: null },
    ...change,
  }
}

describe('whom a crash finds', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  interface Crew {
    readonly hands: (atMs: number) => readonly ContainerState[]
    readonly members: (atMs: number) => readonly PoolMember[]
  }

  /** A crew that changes with time, and what became of a search for victims in it. */
  async function search<T>(crew: Crew, find: (ctx: FaultContext) => Promise<T>): Promise<{ found: T | string; endedMs: number }> {
    const startMs = performance.now()
    const atMs = (): number => Math.round(performance.now() - startMs)
    const pool = { members: () => Promise.resolve(crew.members(atMs())), stop: () => Promise.resolve() }
    const { ctx } = faultContext(6_000, {
      containers: containers({
        glance: () => Promise.resolve([...crew.hands(atMs())]),
        inspect: (id) => Promise.resolve(crew.hands(atMs()).find((one) => one.id === id) ?? null),
      }),
      stack: stack({ pool: () => pool, descriptor: descriptor({ pool: POOL }) }),
    })
    const searched = find(ctx)
      .catch((error: unknown) => String(error))
      .then((found) => ({ found, endedMs: atMs() }))
    await vi.advanceTimersByTimeAsync(30_000)
    return searched
  }

  test('the chosen ones as they are now, each with its member; one that is gone is none', async () => {
    const crew = { hands: () => [hand('a'), hand('b', 'exited')], members: () => [member('m1', 'a', 'ready')] }
    const chosen = ['a', 'b', 'c'].map((letter) => ({ id: letter.repeat(64), name: letter, restartPolicy: 'always' }))
    const { found } = await search(crew, (ctx) => chosenVictims(plan({ containers: chosen }), ctx))
    expect(found).toEqual([
      { container: hand('a'), member: member('m1', 'a', 'ready') },
      { container: hand('b', 'exited'), member: null },
    ])
  })

  test('as many busy ones as are meant, the busiest first, as soon as there are so many', async () => {
    const crew = {
      hands: () => [hand('a'), hand('b'), hand('c')],
      members: (atMs: number) => [
        member('m1', 'a', 'busy', 1),
        member('m2', 'b', 'busy', atMs < 300 ? 0 : 5),
        member('m3', 'c', 'busy', atMs < 320 ? 0 : 3),
      ],
    }
    const two = await search(crew, (ctx) => busyVictims(plan({ count: 2 }), ctx))
    expect([ids(two.found), two.endedMs]).toEqual([['m2', 'm1'], 300])
    const three = await search(crew, (ctx) => busyVictims(plan({ count: 3 }), ctx))
    expect([ids(three.found), three.endedMs]).toEqual([['m2', 'm3', 'm1'], 320])
  })

  test('no more than are meant, though more are busy', async () => {
    const crew = {
      hands: () => [hand('a'), hand('b'), hand('c')],
      members: () => [member('m1', 'a', 'busy', 1), member('m2', 'b', 'busy', 5), member('m3', 'c', 'busy', 3)],
    }
    expect(ids((await search(crew, (ctx) => busyVictims(plan({ count: 2 }), ctx))).found)).toEqual(['m2', 'm3'])
  })

  test('nobody of another service, however busy', async () => {
    const stranger = container({ id: 'd'.repeat(64), name: 'chaos-r1-head-d', service: 'head' })
    const crew = {
      hands: () => [hand('a'), stranger],
      members: () => [member('m1', 'a', 'busy', 1), member('m4', 'd', 'busy', 9)],
    }
    expect(ids((await search(crew, (ctx) => busyVictims(plan(), ctx))).found)).toEqual(['m1'])
  })

  test('nobody where the one that was found has gone before it could be hit', async () => {
    let looks = 0
    const crew = { hands: () => ((looks += 1) === 1 ? [hand('a')] : []), members: () => [member('m1', 'a', 'busy', 1)] }
    expect(await search(crew, (ctx) => busyVictims(plan(), ctx).catch((error: unknown) => [String(error), error]))).toMatchObject(
      {
        found: ['ChaosError: chaos-r1-hand-a went away just before it was to be hit', { code: 'TARGET_NOT_FOUND' }],
      },
    )
  })

  test.each<[string, (ctx: FaultContext) => Promise<unknown>]>([
    ['a crash during inference', (ctx) => busyVictims(plan(), ctx)],
    ['a crash during registration', (ctx) => registeringVictim(plan(), new Promise(() => undefined), ctx)],
  ])('nobody without a pool: %s', async (what, find) => {
    const { ctx } = faultContext(6_000, { stack: stack({ pool: () => null, descriptor: descriptor({ pool: null }) }) })
    await expect(find(ctx)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringMatching(new RegExp(`^${what} needs the pool of the stack`)) as string,
    })
  })

  test.each([
    [1, 'member'],
    [2, 'members'],
  ])('nobody where %d busy are not there in time', async (count, word) => {
    const crew = { hands: () => [hand('a')], members: () => [member('m1', 'a', 'ready')] }
    expect(await search(crew, (ctx) => busyVictims(plan({ count }), ctx))).toEqual({
      found: `ChaosError: ${count} busy ${word} of the pool of hand did not happen within 8000 ms (last seen: [])`,
      endedMs: 8_000,
    })
  })

  describe('while one registers', () => {
    const extra = { service: 'hand', known: [hand('a').id], highestNumber: 1 }
    const crew: Crew = {
      hands: (atMs) => (atMs < 200 ? [hand('a')] : [hand('a'), hand('b')]),
      members: (atMs) => [member('m1', 'a', 'registering'), ...(atMs < 500 ? [] : [member('m2', 'b', 'registering')])],
    }
    const never = (): Promise<ContainerState> => new Promise(() => undefined)

    test('the one that was added, as soon as it is listed, and not one that was there before', async () => {
      const { found, endedMs } = await search(crew, (ctx) => registeringVictim(plan({ extra }), never(), ctx))
      expect([found, endedMs]).toEqual([{ container: hand('b'), member: member('m2', 'b', 'registering') }, 500])
    })

    test('though its start has been answered already', async () => {
      const { endedMs } = await search(crew, (ctx) => registeringVictim(plan({ extra }), Promise.resolve(hand('b')), ctx))
      expect(endedMs).toBe(500)
    })

    test('of all that are there, where nobody knows who was', async () => {
      const { found } = await search(crew, (ctx) => registeringVictim(plan(), never(), ctx))
      expect(found).toMatchObject({ member: { id: 'm1' } })
    })

    test('nobody where it is cancelled', async () => {
      const cancel = new AbortController()
      setTimeout(() => {
        cancel.abort(new Error('enough'))
      }, 100)
      const { found, endedMs } = await search(crew, (ctx) =>
        registeringVictim(plan({ extra }), never(), { ...ctx, signal: cancel.signal }),
      )
      expect([found, endedMs]).toEqual([
        'ChaosError: waiting for a new member of hand that the pool lists as registering was cancelled',
        100,
      ])
    })

    test('nobody once its start has failed: nobody looks any more', async () => {
      const looks: number[] = []
      const watched = { ...crew, hands: (atMs: number) => (looks.push(atMs), crew.hands(atMs)) }
      const failing = new Promise<ContainerState>((_resolve, reject) => {
        setTimeout(() => {
          reject(new Error('no such image'))
        }, 100)
      })
      await search(watched, (ctx) => registeringVictim(plan({ extra }), failing, ctx))
      expect(Math.max(...looks)).toBeLessThanOrEqual(100)
    })

    test('nobody where its start fails, and that is not waited out', async () => {
      const failing = Promise.reject(new Error('no such image'))
      failing.catch(() => undefined)
      expect(await search(crew, (ctx) => registeringVictim(plan({ extra }), failing, ctx))).toEqual({
        found: 'Error: no such image',
        endedMs: 0,
      })
    })

    test('nobody where it is never listed so', async () => {
      const silent = { ...crew, members: () => [member('m1', 'a', 'registering'), member('m2', 'b', 'ready')] }
      expect(await search(silent, (ctx) => registeringVictim(plan({ extra }), never(), ctx))).toEqual({
        found:
          'ChaosError: a new member of hand that the pool lists as registering did not happen within 9000 ms (last seen: null)',
        endedMs: 9_000,
      })
    })
  })
})
