import { describe, expect, it } from 'vitest'
import { later, type Mono } from '../../core/time/moment.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { Holdings } from '../../toolbox/operations/processes/holdings.ts'
import { fakeStack, stateOf } from '../rig/fake-stack.ts'
import { Rig } from '../rig/rig.ts'
import { World } from '../rig/world.ts'
import { judgeHeld, watchHeld, type Held, type HeldSeen } from './growth.ts'

type Look = Pick<Holdings, 'containerId' | 'startTicks' | 'threads' | 'files' | 'memoryKiB' | 'unclosed' | 'connections'>

interface Watched {
  readonly seen: HeldSeen | null
  readonly asked: readonly unknown[]
  readonly logged: readonly string[]
}

/** Watches for so long; `lookAt` says what is held at each look, null that it takes until the watch ends. */
async function watch(
  lookAt: (look: number) => readonly Look[] | Error | null,
  forMs: number,
  containers: readonly ContainerState[] = [stateOf('back')],
): Promise<Watched> {
  const world = new World()
  const { clock } = world
  const fake = fakeStack(world, { descriptor: { toxiproxy: { service: 'proxy', port: 8_474 } } })
  const asked: unknown[] = []
  const logged: string[] = []
  const call = async (op: string, args: unknown, signal: AbortSignal): Promise<never> => {
    asked.push([op, args])
    const seen = lookAt(asked.length - 1)
    if (seen === null) await clock.sleep(60_000, signal)
    return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen as never)
  }
  const over = new AbortController()
  void clock.sleep(forMs, new AbortController().signal).then(() => {
    over.abort()
  })
  const deps = {
    ...{ clock, stack: fake.stack, looker: () => ({ name: 'looker', call }) as never },
    containers: { ...fake.containers, all: () => Promise.resolve([...containers]) },
    log: { log: (level: string, text: string) => void logged.push(`${level}: ${text}`) },
  }
  return { seen: await clock.until(watchHeld(deps, over.signal)), asked, logged }
}

const back = (changes: Partial<Look> = {}): Look => ({
  containerId: 'back-id',
  startTicks: 9,
  threads: 11,
  files: 20,
  memoryKiB: 70_000,
  unclosed: 0,
  connections: null,
  ...changes,
})

describe('the watch of what is held', () => {
  it('passes over what it did not ask for', async () => {
    const { seen, logged } = await watch(
      () => [back({ containerId: 'other-id', connections: { open: 1, opened: 1 } }), back()],
      900,
    )
    expect([[...(seen?.least.keys() ?? [])], seen?.trails.size, logged]).toEqual([['back-id'], 0, []])
  })

  it('keeps the least of each, at one look every 750 ms, of what runs, has a service and is not our own proxy', async () => {
    const others = [
      { ...stateOf('stopped'), pid: 0 },
      { ...stateOf('helper'), service: '' },
    ]
    const looks = [back({ files: 30 }), back({ threads: 10 }), back({ files: 25, threads: 12 })]
    const { seen, asked } = await watch((look) => [looks[look % 3] ?? back()], 2_100, [...others, stateOf('back')])
    expect(seen?.looks).toBe(3)
    expect([...(seen?.least ?? [])]).toEqual([
      ['back-id', { name: 'fake-back-1', startTicks: 9, files: 20, memoryKiB: 70_000, unclosed: 0, threads: 10 }],
    ])
    expect(asked[0]).toEqual(['process.holdings', { processes: [{ pid: 7, containerId: 'back-id' }] }])
  })

  it('knows of files when it was shown them once, and begins anew with another process', async () => {
    const once = await watch((look) => [back({ files: look === 1 ? 21 : null })], 2_900)
    expect(once.seen?.least.get('back-id')?.files).toBe(21)
    const none = await watch(() => [back({ files: null })], 2_900)
    expect(none.seen?.least.get('back-id')?.files).toBeNull()
    const anew = await watch((look) => [look === 0 ? back({ files: 5 }) : back({ startTicks: 10 })], 2_900)
    expect(anew.seen?.least.get('back-id')).toMatchObject({ startTicks: 10, files: 20 })
  })

  it('ends where it cannot be read, which is logged', async () => {
    const { seen, logged } = await watch((look) => (look === 2 ? new Error('the helper is gone') : [back()]), 9_000)
    expect([seen?.looks, logged]).toEqual([2, ['warn: what processes hold could not be read: the helper is gone']])
    const ended = await watch((look) => (look === 0 ? [back()] : null), 1_500)
    expect([ended.seen?.looks, ended.asked.length, ended.logged]).toEqual([1, 2, []])
    const nothing = await watch(() => [], 1_000, [])
    expect([nothing.seen?.looks, nothing.asked]).toEqual([0, []])
  })

  it('keeps connections of the newest process, for as long as they may be asked for', async () => {
    const connections = (look: number): Look => ({
      ...back({ startTicks: look < 2 ? 8 : 9 }),
      connections: { open: 1, opened: look },
    })
    const { seen } = await watch((look) => [connections(look)], 95_000)
    const trail = seen?.trails.get('back-id')
    expect(trail).toMatchObject({ name: 'fake-back-1', service: 'back', startTicks: 9 })
    expect([trail?.looks.length, seen?.looks]).toEqual([120, 127])
    expect(trail?.looks.at(-1)?.opened).toBe(126)
    const few = await watch((look) => [connections(look)], 2_900)
    expect(few.seen?.trails.get('back-id')?.looks.map(({ opened }) => opened)).toEqual([2, 3])
    const silent = await watch(() => [back()], 2_900)
    expect(silent.seen?.trails.size).toBe(0)
  })

  it('is nothing where nobody may look', async () => {
    const world = new World()
    const deps = { ...fakeStack(world), clock: world.clock, log: { log: () => undefined } }
    expect(await watchHeld(deps, new AbortController().signal)).toBeNull()
  })
})

describe('what is held after a fault', () => {
  const held = (changes: Partial<Held> = {}): Held => ({
    name: 'back-1',
    startTicks: 9,
    files: 20,
    memoryKiB: 70_000,
    unclosed: 0,
    threads: 11,
    ...changes,
  })
  const seen = (least: Record<string, Held>, looks = 1): HeldSeen => ({
    ...{ looks, least: new Map(Object.entries(least)), trails: new Map() },
  })
  const judged = (was: Partial<Held>, is: Partial<Held>, isCrowd = false): ReturnType<typeof judgeHeld> =>
    judgeHeld(seen({ a: held(was) }), seen({ a: held(is) }), isCrowd)
  const CLAUSE = {
    phase: 'after',
    text: 'growth',
    expected: 'no container holds much more than before: files, given up connections, threads, memory',
  }

  it.each<[string, Partial<Held>, Partial<Held>, number | null]>([
    ['the same', {}, {}, 0],
    ['less', {}, { files: 1, threads: 1, memoryKiB: 5_000 }, 0],
    ['a few more', {}, { files: 44, threads: 27 }, 0],
    ['half as much again of many', { files: 100, threads: 100 }, { files: 150, threads: 150 }, 0],
    ['what nobody is shown any more', {}, { unclosed: null, memoryKiB: null }, null],
    ['what nobody was shown before', { unclosed: null, memoryKiB: null }, { unclosed: 900 }, null],
    ['what nobody is ever shown', { memoryKiB: null }, { memoryKiB: null }, null],
    ['a heap that is collected later', {}, { memoryKiB: 135_536 }, 64],
    ['half as much again of a large heap', { memoryKiB: 400_000 }, { memoryKiB: 600_000 }, 196],
    ['a few connections that the other side has closed', {}, { unclosed: 16 }, 0],
  ])('may be %s', (_what, was, is, moreMiB) => {
    const observed = moreMiB === null ? 'none of 1' : `none of 1, their memory by ${moreMiB} MiB at most`
    expect(judged(was, is)).toEqual({ ...CLAUSE, observed, met: true })
  })

  it('may be a larger heap where a crowd has just been', () => {
    expect(judged({}, { memoryKiB: 266_608 }, true)?.met).toBe(true)
    expect(judged({}, { memoryKiB: 266_609 }, true)?.met).toBe(false)
    expect(judged({}, { files: 45 }, true)?.met).toBe(false)
  })

  it('is told with the most that the memory of any has grown', () => {
    const two = (other: number): HeldSeen => seen({ a: held({ memoryKiB: 70_000 + other }), b: held({ memoryKiB: 9_000 }) })
    expect(judgeHeld(two(0), two(1_025), false)?.observed).toBe('none of 2, their memory by 2 MiB at most')
  })

  it.each<[string, Partial<Held>, Partial<Held>]>([
    ['back-1 holds 45 files, 20 before', {}, { files: 45 }],
    ['back-1 holds 28 threads, 11 before', {}, { threads: 28 }],
    ['back-1 holds 17 connections that the other side has closed, 0 before', {}, { unclosed: 17 }],
    ['back-1 holds 135537 KiB of memory, 70000 before', {}, { memoryKiB: 135_537 }],
    ['back-1 holds 151 files, 100 before', { files: 100 }, { files: 151 }],
    ['back-1 holds 1220 files, 20 before; back-1 holds 90 threads, 11 before', {}, { files: 1_220, threads: 90 }],
  ])('is too much: %s', (observed, was, is) => {
    expect(judged(was, is)).toEqual({ ...CLAUSE, observed, met: false })
  })

  it('was not looked at where nobody was shown the files', () => {
    expect([
      judged({ files: null }, { files: 5_000 }),
      judged({}, { files: null }),
      judged({ files: null }, { files: null }),
    ]).toEqual([...[null, null, null]])
  })

  it('is not held against another process, nor against a container that was not there', () => {
    expect(judged({}, { startTicks: 10, files: 900 })).toBeNull()
    expect(judgeHeld(seen({ a: held() }), seen({ b: held({ files: 900 }) }), false)).toBeNull()
    const one = judgeHeld(seen({ a: held(), b: held() }), seen({ a: held(), b: held({ startTicks: 10 }) }), false)
    expect(one?.observed).toBe('none of 1, their memory by 0 MiB at most')
  })

  it('is told of ten at most', () => {
    const many = (files: number): Record<string, Held> =>
      Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`c${index}`, held({ name: `c${index}`, files })]))
    expect(judgeHeld(seen(many(20)), seen(many(900)), false)?.observed.split('; ')).toHaveLength(10)
  })

  it('is not judged without a look, or by nobody', () => {
    const much = seen({ a: held({ files: 900 }) })
    expect(judgeHeld(seen({ a: held() }, 0), much, false)).toBeNull()
    expect(judgeHeld(seen({ a: held() }), { ...much, looks: 0 }, false)).toBeNull()
    expect([judgeHeld(null, much, false), judgeHeld(much, null, false)]).toEqual([null, null])
    expect(judgeHeld(seen({ a: held() }), much, false)?.met).toBe(false)
  })
})

it('a scenario fails by what a service still holds', async () => {
  const holding = (leaks: boolean): Rig => {
    let wasBroken = false
    const rig: Rig = new Rig({
      stacks: [
        {
          held: (service) => ({
            startTicks: 9,
            threads: 11,
            memoryKiB: 70_000,
            unclosed: 0,
            files: leaks && wasBroken && service === 'store' ? 1_200 : 20,
          }),
        },
      ],
    })
    const usual = rig.world.answer
    rig.world.answer = (atMs) => {
      wasBroken ||= rig.world.broken.size > 0
      return usual(atMs)
    }
    return rig
  }
  const worse = await holding(true).result()
  expect(worse.reasons).toEqual([
    'growth: expected no container holds much more than before: files, given up connections, threads, memory, observed fake-store-1 holds 1200 files, 20 before',
  ])
  const well = await holding(false).result()
  expect([well.verdict, well.expectations.map(({ text }) => text)]).toEqual([
    'passed',
    ['the clause answers', 'growth', 'bystanders'],
  ])
})

it('a scenario waits for what is given back a while later', async () => {
  let wellSinceMs: Mono | null = null
  let wasBroken = false
  const nowMs = (): Mono => rig.world.clock.nowMs()
  const isHeld = (): boolean => wellSinceMs !== null && nowMs() < later(wellSinceMs, 7_000)
  const rig: Rig = new Rig({
    stacks: [{ held: () => ({ startTicks: 9, threads: 11, memoryKiB: 70_000, unclosed: 0, files: isHeld() ? 1_200 : 20 }) }],
  })
  const usual = rig.world.answer
  rig.world.answer = (atMs) => {
    wasBroken ||= rig.world.broken.size > 0
    if (wasBroken && rig.world.broken.size === 0) wellSinceMs ??= nowMs()
    return usual(atMs)
  }
  const result = await rig.result()
  expect([result.verdict, result.reasons]).toEqual(['passed', []])
  const recovery = result.phases.find(({ name }) => name === 'recovery')
  expect(recovery?.durationMs).toBeGreaterThanOrEqual(6_900)
  expect(recovery?.durationMs).toBeLessThan(8_500)
})
