/** When the listing of the pool is read, for how long, and whose hits count. */
import { mono, wall } from '../../core/time/moment.fixture.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PoolSpec as DescriptorPool } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { PoolSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { Hit, ClauseContext } from '../../kinds/context.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { begin, descriptor, openContext, stack } from '../shared/context.fixture.ts'
import { hitAt } from '../container/container.fixture.ts'
import { poolClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const UNREADABLE = new ChaosError('POOL_UNREADABLE', 'the listing answered 502')
const POOL: DescriptorPool = {
  ...{ services: ['worker'], size: 1, list: { service: 'hive', port: 1, path: '/', headers: {} }, members: '@', id: 'id' },
  ...{ state: 'state', container: 'container', inFlight: 'load', stop: null, work: null },
  states: { registering: [], ready: [], busy: [], failed: [] },
}

function member(id: string, meaning: PoolMember['meaning'] = 'ready', container = 'worker-1'): PoolMember {
  return { id, state: String(meaning), meaning, container, inFlight: 0 }
}

type Listing = readonly PoolMember[] | Error | 'hangs'

interface Seen {
  readonly observation: Observation
  readonly endedMs: number
  readonly readsMs: readonly number[]
}

interface History {
  /** What is listed so many ms after inject; the first reading comes half a second before it. */
  readonly list: (atMs: number) => Listing
  /** Times from inject on. */
  readonly hits?: readonly (Omit<Partial<Hit>, 'atMs'> & { readonly atMs?: number })[]
  readonly lateMs?: number
}

/** Observes a window of 6 s, from `lateMs` of it on. */
async function observe(spec: PoolSpec, history: History, changes: Partial<ClauseContext> = {}): Promise<Seen> {
  const { list, hits = [{ atMs: 0 }], lateMs = 0 } = history
  const startMs = performance.now() + 500
  const nowMs = (): number => Math.round(performance.now() - startMs)
  const readsMs: number[] = []
  const pool = {
    members: (): Promise<readonly PoolMember[]> => {
      readsMs.push(nowMs())
      const listed = list(nowMs())
      if (listed === 'hangs') return new Promise(() => undefined)
      return listed instanceof Error ? Promise.reject(listed) : Promise.resolve(listed)
    },
    stop: () => Promise.reject(new Error('nothing here stops a member')),
  }
  const { ctx, open } = openContext(6_000, {
    stack: stack({ pool: () => pool, descriptor: descriptor({ pool: POOL }) }),
    hits: () => hits.map((hit) => hitAt(wall(0), { member: 'm1', ...hit, atMs: mono(startMs + (hit.atMs ?? 0)) })),
    ...changes,
  })
  const clause = await begin(poolClause.expect(spec, 'during'), ctx)
  await vi.advanceTimersByTimeAsync(500)
  open()
  await vi.advanceTimersByTimeAsync(lateMs)
  const observed = clause.observe(ctx).then((observation) => ({ observation, endedMs: nowMs(), readsMs }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(120_000)
  return observed
}

const gone = (fromMs: number): History['list'] => {
  return (atMs) => (atMs < fromMs ? [member('m1')] : [])
}

describe('the listing of the pool', () => {
  it('is read ten times a second, from just before the fault to the end of the window', async () => {
    const { observation, endedMs, readsMs } = await observe({ hit_removed_within_seconds: 2 }, { list: gone(1_050) })
    expect(observation).toMatchObject({ observed: 'm1 (worker-1) listed no more after 1.10 s', met: true })
    expect([endedMs, readsMs.slice(0, 4)]).toEqual([6_000, [-500, 0, 100, 200]])
  })

  it('is read on until the member is gone, though that comes after the window, past readings that fail', async () => {
    const list: History['list'] = (atMs) => (atMs > 6_300 && atMs < 6_700 ? UNREADABLE : gone(7_450)(atMs))
    const { observation, endedMs } = await observe({ hit_removed_within_seconds: 8 }, { list })
    expect(observation).toMatchObject({ observed: 'm1 (worker-1) listed no more after 7.50 s', met: true })
    expect(endedMs).toBe(7_500)
  })

  it('is read to the end of the window, for a member that comes back', async () => {
    const list: History['list'] = (atMs) => (atMs > 1_000 && atMs < 5_000 ? [] : [member('m1')])
    const { observation } = await observe({ hit_removed_within_seconds: 2 }, { list })
    expect(observation).toMatchObject({ observed: 'm1 (worker-1) is listed as ready after 6.00 s', met: false })
  })

  it('is read until the limit has passed, and a moment longer for a reading that shows it', async () => {
    const { observation, endedMs } = await observe({ hit_removed_within_seconds: 8 }, { list: gone(60_000) })
    expect(observation.met).toBe(false)
    expect(endedMs).toBe(8_100)
    for (const [spec, limitMs] of [
      [{ hit_removed_within_seconds: 8, hit_failed_within_seconds: 3 }, 9_000],
      [{ hit_failed_within_seconds: 9, ready: { at_least: 1, within_seconds: 4 } }, 10_000],
      [{ ready: { at_least: 1, within_seconds: 12 } }, 13_000],
      [{}, 1_000],
    ] as const)
      expect(poolClause.expect(spec, 'during').afterWindowMs).toBe(limitMs)
  })

  it('that cannot be read any more is told when the time is up', async () => {
    const list: History['list'] = (atMs) => (atMs < 2_050 ? [member('m1')] : UNREADABLE)
    const { observation, endedMs } = await observe({ hit_removed_within_seconds: 3 }, { list })
    expect(observation).toMatchObject({
      observed:
        'm1 (worker-1) is listed as ready after 2.00 s; the listing could not be read in the end: the listing answered 502',
      met: null,
    })
    // The window, the clause's limit, and a second.
    expect(endedMs).toBe(10_000)
  })

  it('that hangs once is read again after four seconds', async () => {
    let reads = 0
    const list: History['list'] = (atMs) => ((reads += 1) === 3 ? 'hangs' : gone(5_000)(atMs))
    const { readsMs } = await observe({ hit_removed_within_seconds: 6 }, { list })
    expect(readsMs.slice(0, 5)).toEqual([-500, 0, 100, 4_200, 4_300])
  })

  it('is read less often where that takes hours', async () => {
    const readsMs: number[] = []
    const list: History['list'] = (atMs) => (readsMs.push(atMs), [])
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 1_500)
    const hours = observe({ ready: { at_least: 1, within_seconds: 7_200 } }, { list }, { signal: controller.signal })
    await expect(hours).rejects.toThrow('the listing of the pool was cancelled')
    // 7207 s by 20 000 readings.
    expect(readsMs.slice(0, 4)).toEqual([-500, 0, 360, 720])
  })

  it('may not be readable before the fault', async () => {
    const list: History['list'] = (atMs) => (atMs < 0 ? UNREADABLE : [member('m1', 'failed')])
    const { observation } = await observe({ hit_failed_within_seconds: 1 }, { list })
    expect(observation).toMatchObject({ observed: 'm1 (worker-1) listed as failed after 0.10 s', met: true })
  })

  it('that fails before the fault for another reason is an error', async () => {
    const broken = observe({}, { list: () => new Error('the helper is gone') })
    await expect(broken).rejects.toThrow('the helper is gone')
  })
})

describe('a hit', () => {
  it('is found by its container in the listing before the fault, and so is each of them once', async () => {
    const list: History['list'] = (atMs) => (atMs < 0 ? [member('old', 'failed'), member('m7')] : [member('m8', 'registering')])
    const hits = [
      { member: null, atMs: -100 },
      { member: null, atMs: 3_000 },
    ]
    const { observation } = await observe({ hit_removed_within_seconds: 2 }, { list, hits })
    expect(observation).toMatchObject({ observed: 'm7 (worker-1) listed no more after 0.10 s', met: true })
  })

  it('of another service is none of the pool, unless it says which member it was', async () => {
    const list = gone(1_000)
    const other = { service: 'queen', name: 'queen-1', containerId: 'q1' }
    expect(
      (await observe({ hit_removed_within_seconds: 2 }, { list, hits: [{ ...other, member: null }] })).observation,
    ).toMatchObject({
      ...{ observed: 'nothing of the pool was hit', met: null },
    })
    expect((await observe({ hit_removed_within_seconds: 2 }, { list, hits: [other] })).observation).toMatchObject({
      ...{ observed: 'm1 (queen-1) listed no more after 1.00 s', met: true },
    })
  })

  it('that does not come by the end of the window leaves it undecided, and nothing is waited for', async () => {
    const { observation, endedMs } = await observe({ hit_removed_within_seconds: 5 }, { list: () => [member('m1')], hits: [] })
    expect([observation.observed, observation.met, endedMs]).toEqual(['nothing of the pool was hit', null, 6_000])
  })
})

describe('after the fault', () => {
  it('times count from then, and no longer is read than is needed', async () => {
    const list: History['list'] = (atMs) => (atMs < 8_250 ? [] : [member('m1')])
    const spec = { ready: { at_least: 1, within_seconds: 5 } }
    const { observation, endedMs } = await observe(spec, { list, lateMs: 7_000 })
    expect(observation).toMatchObject({ observed: '1 or more ready or busy after 1.30 s (fewest 0)', met: true })
    // Three readings more: what has just become true may be so for a moment only.
    expect(endedMs).toBe(8_600)
  })

  it('the limit of the clause is the limit', async () => {
    const spec = { ready: { at_least: 1, within_seconds: 5 } }
    const { observation, endedMs } = await observe(spec, { list: () => UNREADABLE, lateMs: 7_000 })
    expect([observation.met, endedMs]).toEqual([null, 13_000])
  })
})

it('is a missing capability of a stack without a pool, told before anything is injected', async () => {
  const { ctx } = openContext(6_000)
  const missing = Promise.resolve().then(() => poolClause.expect({}, 'during').steady(ctx))
  await expect(missing).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: "the stack 'test' declares no pool to look at",
  })
  const pool = { members: () => Promise.resolve([]), stop: () => Promise.resolve() }
  await poolClause.expect({}, 'during').steady({ ...ctx, stack: stack({ pool: () => pool }) })
})

it('is told by its clause', () => {
  const { kind, text } = poolClause.expect({ hit_failed_within_seconds: 3 }, 'during')
  expect([kind, text]).toEqual(['pool', 'pool: the member that was hit is listed as failed within 3 s'])
})
