import { expect, it } from 'vitest'
import { ChaosError } from '../core/errors.ts'
import type { PoolExpectation } from '../core/expectations.ts'
import type { Hit, Observation, PoolMember, ProbeContext } from '../core/ports.ts'
import { openContext, stack } from './context.fixture.ts'
import { poolExpectation } from './pool.ts'

type Listing = PoolMember[] | ChaosError

interface Given {
  readonly ctx: ProbeContext
  readonly open: () => void
  readonly reads: () => number
}

const unreadable = new ChaosError('POOL_UNREADABLE', 'the listing answered 502')
const WINDOW_MS = 600

function member(id: string, meaning: PoolMember['meaning'] = 'ready'): PoolMember {
  return { id, state: String(meaning), meaning, container: 'worker-1', inFlight: 0 }
}

/** A context whose pool lists what `at` says, so many ms after the window began; before it, at -1. */
function listing(at: (sinceMs: number) => Listing, hits: Hit[] = []): Given {
  let reads = 0
  let startedMs: number | null = null
  const pool = {
    members: (): Promise<PoolMember[]> => {
      reads += 1
      const listed = at(startedMs === null ? -1 : performance.now() - startedMs)
      return listed instanceof ChaosError ? Promise.reject(listed) : Promise.resolve(listed)
    },
    stop: () => Promise.reject(new Error('nothing here stops a member')),
  }
  const { ctx, open } = openContext(WINDOW_MS, { stack: stack({ pool: () => pool }), hits: () => hits })
  return {
    ctx,
    reads: () => reads,
    open() {
      open()
      startedMs = ctx.window().startedMs
    },
  }
}

function hit(ctx: ProbeContext, change: Partial<Hit> = {}): Hit {
  const now = { atMs: ctx.clock.nowMs(), atWallMs: ctx.clock.wallMs() }
  return { containerId: 'c1', name: 'worker-1', service: 'worker', pid: 100, member: 'm1', ...now, ...change }
}

async function observe(spec: PoolExpectation, given: Given, hits: Hit[] = []): Promise<Observation> {
  const work = await poolExpectation.begin?.(spec, given.ctx)
  if (work === undefined) throw new Error('the probe has no begin')
  hits.push(hit(given.ctx))
  given.open()
  return poolExpectation.observe(spec, null, given.ctx, work)
}

it('reads the listing until the member is gone, though that comes after the window, past readings that fail', async () => {
  const hits: Hit[] = []
  const given = listing((ms) => (ms > 300 && ms < 500 ? unreadable : ms < 900 ? [member('m1')] : []), hits)
  const seen = await observe({ hit_removed_within_seconds: 2 }, given, hits)
  expect(seen).toMatchObject({
    met: true,
    observed: expect.stringMatching(/^m1 \(worker-1\) listed no more after (0.9|1.)/) as string,
  })
})

it('stays to the end of the window, for a member that comes back', async () => {
  const hits: Hit[] = []
  const given = listing((ms) => (ms > 100 && ms < 300 ? [] : [member('m1')]), hits)
  expect(await observe({ hit_removed_within_seconds: 0.5 }, given, hits)).toMatchObject({ met: false })
})

it('tells of a listing that cannot be read any more when the time is up', async () => {
  const hits: Hit[] = []
  const given = listing((ms) => (ms < 200 ? [member('m1')] : unreadable), hits)
  expect(await observe({ hit_removed_within_seconds: 1 }, given, hits)).toMatchObject({
    met: null,
    observed: expect.stringMatching(
      /listed as ready .*; the listing could not be read in the end: the listing answered 502$/,
    ) as string,
  })
})

it('starts although the listing cannot be read before the fault', async () => {
  const hits: Hit[] = []
  const given = listing((ms) => (ms < 0 ? unreadable : [member('m1', 'failed')]), hits)
  expect(await observe({ hit_failed_within_seconds: 1 }, given, hits)).toMatchObject({ met: true })
})

it('finds a hit by its container in the listing before the fault', async () => {
  const hits: Hit[] = []
  const given = listing((ms) => (ms < 0 ? [member('old', 'failed'), member('m7')] : [member('m8', 'registering')]), hits)
  const work = await poolExpectation.begin?.({}, given.ctx)
  hits.push(hit(given.ctx, { member: null, service: 'test-pool' }))
  given.open()
  const descriptor = { ...given.ctx.stack.descriptor, pool: { service: 'test-pool' } }
  const ctx = {
    ...given.ctx,
    injectedAtWallMs: given.ctx.injectedAtWallMs,
    stack: { ...given.ctx.stack, descriptor },
  } as ProbeContext
  const seen = await poolExpectation.observe({ hit_removed_within_seconds: 1 }, null, ctx, work ?? null)
  expect(seen).toMatchObject({ met: true, observed: expect.stringMatching(/^m7 \(worker-1\) listed no more/) as string })
})

it('counts from its own start after the fault, and then does not read longer than it needs to', async () => {
  const given = listing((ms) => (ms < WINDOW_MS + 300 ? [] : [member('m1')]))
  const spec: PoolExpectation = { ready: { at_least: 1, within_seconds: 5 } }
  const work = await poolExpectation.begin?.(spec, given.ctx)
  given.open()
  await given.ctx.window().planned
  const startedMs = performance.now()
  const seen = await poolExpectation.observe(spec, null, given.ctx, work ?? null)
  expect(seen).toMatchObject({ met: true, observed: expect.stringMatching(/^1 or more ready or busy after 0\./) as string })
  expect(performance.now() - startedMs).toBeLessThan(3_000)
  expect(given.reads()).toBeGreaterThan(4)
})

it('is undecided when nothing was hit by the end of the window', async () => {
  const given = listing(() => [member('m1')])
  const work = await poolExpectation.begin?.({ hit_removed_within_seconds: 5 }, given.ctx)
  given.open()
  const startedMs = performance.now()
  const seen = await poolExpectation.observe({ hit_removed_within_seconds: 5 }, null, given.ctx, work ?? null)
  expect(seen).toMatchObject({ met: null, observed: 'nothing of the pool was hit' })
  expect(performance.now() - startedMs).toBeLessThan(3_000)
})

it('is a missing capability of a stack without a pool, told before anything is injected', () => {
  const { ctx } = openContext(WINDOW_MS)
  expect(() => poolExpectation.baseline?.({}, ctx)).toThrow(/declares no pool/)
})
