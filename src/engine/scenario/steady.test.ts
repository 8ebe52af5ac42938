import { mono } from '../../core/time/moment.fixture.ts'
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { expect, it } from 'vitest'
import type { CanarySample } from '../../core/canary.ts'
import { systemClock } from '../../core/time/clock.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { STEADY_STREAK } from '../options.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import type { UsualConnections } from '../watch/connections.ts'
import { firstLook, reachSteadyState, steadyAfterPrepare } from './steady.ts'

function sample(intendedMs: Mono, ok: boolean): CanarySample {
  const error = ok ? null : 'status 503'
  return { intendedMs, sentMs: intendedMs, doneMs: later(intendedMs, 5), status: ok ? 200 : 503, ok, error }
}

type Canary = Parameters<typeof steadyAfterPrepare>[1]

/** A canary that was sent once a millisecond and failed at the given places. */
function canaryOf(count: () => number, failedAt: readonly number[]): Canary {
  const startedMs = later(systemClock.nowMs(), -1_000)
  const samples = (fromMs: Mono): CanarySample[] =>
    Array.from({ length: count() }, (_, index) => sample(later(startedMs, index), !failedAt.includes(index))).filter(
      ({ intendedMs }) => intendedMs >= fromMs,
    )
  return { requests: { samples }, steadySinceMs: startedMs, usualMs: null }
}

const deps = {
  clock: systemClock,
  stack: { unhealthy: () => Promise.resolve(null) } as unknown as Parameters<typeof steadyAfterPrepare>[0]['stack'],
}
const { signal } = new AbortController()

it('keeps the steady state that has held all through the preparation', async () => {
  const told: string[] = []
  const canary = canaryOf(() => 30, [3])
  const since = later(canary.steadySinceMs, 10)
  expect(await steadyAfterPrepare(deps, canary, since, signal, (detail) => told.push(detail))).toBe(since)
  expect(told).toEqual([])
})

it('waits for it once more after requests that failed meanwhile, says so, and forgets what was before', async () => {
  const told: string[] = []
  let looks = 0
  const canary = canaryOf(() => 15 + Math.min(looks++, 20), [12, 14])
  const since = later(canary.steadySinceMs, 5)
  const again = await steadyAfterPrepare(deps, canary, since, signal, (detail) => told.push(detail))
  expect(msBetween(since, again)).toBeCloseTo(10, 5)
  expect(canary.requests.samples(mono(-Infinity)).length).toBeGreaterThanOrEqual(15 + STEADY_STREAK)
  expect(told).toEqual([
    '2 canary requests failed while the fault was prepared; the steady state was reached again before it was injected',
  ])
})

it('tells of a single request in the singular', async () => {
  const told: string[] = []
  let looks = 0
  const canary = canaryOf(() => 15 + Math.min(looks++, 20), [12])
  await steadyAfterPrepare(deps, canary, later(canary.steadySinceMs, 5), signal, (detail) => told.push(detail))
  expect(told).toEqual([
    '1 canary request failed while the fault was prepared; the steady state was reached again before it was injected',
  ])
})

it('is ten good requests in a row, and begins with the first of them', async () => {
  let length = 0
  const canary = canaryOf(() => (length += 1), [3, 6])
  const since = await reachSteadyState(deps, canary, signal)
  expect(msBetween(canary.steadySinceMs, since)).toBeCloseTo(7, 5)
  // Nine were not enough; once more it was read after Docker was asked.
  expect(length).toBe(18)
})

it('that does not come is told with what was missing, and what that was', async () => {
  const { clock } = new World()
  const canary: Canary = {
    requests: { samples: () => [sample(clock.nowMs(), false)] },
    steadySinceMs: clock.nowMs(),
    usualMs: null,
  }
  const [end] = await clock.until(Promise.allSettled([reachSteadyState({ ...deps, clock }, canary, signal)]))
  expect(end).toMatchObject({ status: 'rejected', reason: { code: 'NOT_STEADY', cause: { code: 'TIMEOUT' } } })
  const { message } = (end as PromiseRejectedResult).reason as Error
  expect(message).toMatch(/did not happen within 20000 ms: 1 × status 503, the newest of them bad$/)
})

it('that is not reached though answers are good tells how many, and how slow they are', async () => {
  const { clock } = new World()
  const requests = {
    samples: () => [sample(clock.nowMs(), false), ...Array.from({ length: 9 }, () => sample(clock.nowMs(), true))],
  }
  const canary: Canary = { requests, steadySinceMs: clock.nowMs(), usualMs: null }
  const [end] = await clock.until(Promise.allSettled([reachSteadyState({ ...deps, clock }, canary, signal)]))
  expect(((end as PromiseRejectedResult).reason as Error).message).toMatch(
    / ms: 9 × good, 1 × status 503, the newest 9 good, the median of the last 5 ms$/,
  )
})

it('that is not awaited any more is no state that was not reached', async () => {
  const aborter = new AbortController()
  aborter.abort(new Error('enough'))
  await expect(
    reachSteadyState(
      deps,
      canaryOf(() => 3, []),
      aborter.signal,
    ),
  ).rejects.toMatchObject({ code: 'ABORTED' })
})

it.each([
  [null, 400],
  [5, 155],
  [200, 400],
])('is no slower than at first: %s ms then, up to %i ms now', async (usualMs, mostMs) => {
  const reach = async (latency: number): Promise<unknown> => {
    const world = new World()
    const { clock } = world
    const sinceMs = clock.nowMs()
    // The newest ten count, whatever was before them.
    const all = Array.from({ length: 600 }, (_, index) => ({
      ...sample(later(sinceMs, index * 50), true),
      doneMs: later(sinceMs, index * 50 + (index < 250 ? 900 : latency)),
    }))
    const samples = (fromMs: Mono): CanarySample[] =>
      all.filter(({ intendedMs, doneMs }) => intendedMs >= fromMs && doneMs <= clock.nowMs())
    const steady = reachSteadyState({ ...deps, clock }, { requests: { samples }, steadySinceMs: sinceMs, usualMs }, signal)
    return clock.until(steady.catch((error: unknown) => error))
  }
  expect(await reach(mostMs)).toEqual(expect.any(Number))
  const late = await reach(mostMs + 1)
  if (usualMs === null) expect(late).toEqual(expect.any(Number))
  else expect((late as Error).message).toContain(`their median up to ${mostMs} ms (at first ${usualMs} ms)`)
})

it.each<[string, boolean, UsualConnections | null, number, number]>([
  ['what is usual there, for as long as that takes', true, null, 300, 2_000],
  ['nothing, where that is known', true, { requestsPerSecond: 1, services: new Map() }, 0, 0],
  ['nothing, where nobody may look', false, null, 0, 0],
  ['nothing more, where it has taken as long', true, null, 2_300, 0],
  ['nothing more, where it has taken longer', true, null, 2_400, 0],
])('on a stack that is new it is waited for %s', async (_what, mayLook, usualConnections, goneMs, waitMs) => {
  const { clock } = new World()
  const startedMs = clock.nowMs()
  await clock.pass(goneMs)
  const looker = (): ToolboxHelper | null => (mayLook ? fakeStack(new World(), { peers: () => 0 }).looker() : null)
  await clock.until(firstLook({ clock, looker }, { usualConnections }, startedMs, signal))
  expect(msBetween(startedMs, clock.nowMs())).toBe(goneMs + waitMs)
})
