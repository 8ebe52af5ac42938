/** Waiting for a streak on a healthy stack: when Docker is asked, and what a miss says. */
import { msBetween } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ChaosError } from '../../core/errors.ts'
import type { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import { awaitWell } from './well.ts'

interface Setting {
  /** The streak, by the ms since the wait began. */
  readonly streak: (atMs: number) => number
  readonly unhealthy?: (atMs: number, clock: VirtualClock, signal: AbortSignal) => Promise<string | null>
  readonly aborter?: AbortController
}

/** Waits 2 s for a streak of 5. */
async function awaited({ streak, unhealthy = () => Promise.resolve(null), aborter = new AbortController() }: Setting) {
  const world = new World()
  const { clock } = world
  const startMs = clock.nowMs()
  const sinceMs = (): number => msBetween(startMs, clock.nowMs())
  const askedAtMs: number[] = []
  const stack = {
    ...fakeStack(world).stack,
    unhealthy: (inner: AbortSignal) => {
      askedAtMs.push(sinceMs())
      return unhealthy(sinceMs(), clock, inner)
    },
  }
  const wait = awaitWell(
    { clock, stack },
    {
      what: 'a streak of 5',
      read: () => streak(sinceMs()),
      isEnough: (length) => length >= 5,
      tell: (length) => `only ${length}`,
    },
    2_000,
    aborter.signal,
  )
  const [end] = await clock.until(Promise.allSettled([wait]))
  const told = end.status === 'fulfilled' ? end.value : (end.reason as Error).message
  return { told, askedAtMs, tookMs: sinceMs(), error: end.status === 'fulfilled' ? null : (end.reason as ChaosError) }
}

describe('waiting until all is well', () => {
  it('ends with the first streak that is enough', async () => {
    expect(await awaited({ streak: (atMs) => atMs / 100 })).toMatchObject({ told: 5, askedAtMs: [500], tookMs: 500 })
  })

  it('asks Docker nothing while the canary complains, but once at the end', async () => {
    expect(await awaited({ streak: () => 4 })).toMatchObject({
      told: 'a streak of 5 did not happen within 2000 ms: only 4',
      askedAtMs: [2_000],
      tookMs: 2_000,
    })
  })

  it('asks Docker five times a second where something is not healthy', async () => {
    const unhealthy = (atMs: number): Promise<string | null> => Promise.resolve(atMs < 500 ? 'back is restarting' : null)
    expect(await awaited({ streak: () => 5, unhealthy })).toMatchObject({
      ...{ told: 5, askedAtMs: [0, 200, 400, 600], tookMs: 600 },
    })
  })

  it('goes by what came in while Docker was asked, and asks anew for the next streak', async () => {
    const slow = async (_atMs: number, clock: VirtualClock): Promise<null> => {
      await clock.sleep(50)
      return null
    }
    const streak = (atMs: number): number => (atMs === 0 ? 5 : atMs < 1_000 ? 0 : 7)
    expect(await awaited({ streak, unhealthy: slow })).toMatchObject({ told: 7, askedAtMs: [0, 1_000], tookMs: 1_050 })
  })
})

it('a streak that broke while all was healthy is followed by a new question, however soon', async () => {
  const slow = async (_atMs: number, clock: VirtualClock): Promise<null> => {
    await clock.sleep(50)
    return null
  }
  // Enough when Docker is asked, broken when it answers, and enough again 50 ms later.
  const streak = (atMs: number): number => (atMs === 0 ? 5 : atMs < 100 ? 0 : 7)
  expect(await awaited({ streak, unhealthy: slow })).toMatchObject({ told: 7, askedAtMs: [0, 100], tookMs: 150 })
})

describe('a miss', () => {
  it('says what was not healthy in the end beside the streak that was not reached', async () => {
    const { told, error } = await awaited({ streak: () => 4, unhealthy: () => Promise.resolve('back is unhealthy') })
    expect(told).toBe('a streak of 5 did not happen within 2000 ms: only 4; back is unhealthy')
    expect(error).toMatchObject({ code: 'TIMEOUT' })
  })

  it('says it of a streak that is long enough, too', async () => {
    const { told } = await awaited({ streak: () => 5, unhealthy: () => Promise.resolve('back is unhealthy') })
    expect(told).toBe('a streak of 5 did not happen within 2000 ms: only 5; back is unhealthy')
  })

  it('says that Docker could not say it', async () => {
    const { told } = await awaited({ streak: () => 4, unhealthy: () => Promise.reject(new Error('no daemon')) })
    expect(told).toBe('a streak of 5 did not happen within 2000 ms: only 4; what is not healthy is unknown: no daemon')
  })

  it('waits for Docker no longer than five seconds', async () => {
    const unhealthy = async (_atMs: number, clock: VirtualClock): Promise<null> => {
      await clock.sleep(60_000)
      return null
    }
    const { told, tookMs } = await awaited({ streak: () => 4, unhealthy })
    expect(told).toContain('; what is not healthy is unknown: a last look took longer than 5000 ms')
    expect(tookMs).toBe(7_000)
  })

  it('is none when it is cancelled, before the end or in the last look', async () => {
    const early = new AbortController()
    const unhealthy = (): Promise<null> => {
      early.abort(new Error('enough'))
      return Promise.resolve(null)
    }
    const { told } = await awaited({ streak: (atMs) => (atMs === 500 ? 5 : 0), unhealthy, aborter: early })
    expect(told).toBe('waiting for a streak of 5 was cancelled')
    const late = new AbortController()
    const looked = await awaited({
      streak: () => 4,
      unhealthy: async (_atMs, clock) => {
        late.abort(new Error('enough'))
        await clock.sleep(9_000)
        return null
      },
      aborter: late,
    })
    expect(looked.told).toBe('a last look was cancelled')
  })
})
