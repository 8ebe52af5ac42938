import { wall } from '../../../core/time/moment.fixture.ts'
import { isoTime, later, type Wall } from '../../../core/time/moment.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ContainerState } from '../../../ports/docker.ts'
import { container, containers, faultContext } from '../context.fixture.ts'
import type { TargetContainer } from '../plan-schema.ts'
import { awaitSettled, uptimeMs } from './uptime.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function target(name: string, restartPolicy = 'always'): TargetContainer {
  return { id: name, name, restartPolicy }
}

/** How long it was waited for, and what it ended with; `state` says how a container is after so many ms. */
async function settle(
  targets: readonly TargetContainer[],
  state: (id: string, atMs: number) => Partial<ContainerState> | null,
): Promise<readonly [number, string]> {
  const [startMs, startWallMs] = [performance.now(), Date.now()]
  const sinceMs = (): number => Math.round(performance.now() - startMs)
  const { ctx } = faultContext(6_000, {
    containers: containers({
      inspect: (id) => {
        const is = state(id, sinceMs())
        return Promise.resolve(is === null ? null : container({ id, startedAt: ago(wall(startWallMs), 0), ...is }))
      },
    }),
  })
  const settled = awaitSettled(targets, ctx)
    .then(() => 'settled')
    .catch((error: unknown) => String(error))
    .then((end) => [sinceMs(), end] as const)
  await vi.advanceTimersByTimeAsync(60_000)
  return settled
}

/** When one that has run for so long is settled, where the daemon answers only some of the looks, of which the first is 1. */
async function settledAfterMs(ranMs: number, answers: (look: number) => boolean): Promise<number> {
  const startedAt = ago(wall(Date.now()), ranMs)
  let looks = 0
  const { ctx } = faultContext(6_000, {
    containers: containers({
      inspect: () => (answers((looks += 1)) ? Promise.resolve(container({ startedAt })) : new Promise<never>(() => undefined)),
    }),
  })
  const startMs = performance.now()
  const ended = awaitSettled([target('hand-1')], ctx).then(() => Math.round(performance.now() - startMs))
  await vi.advanceTimersByTimeAsync(20_000)
  return ended
}

function ago(wallMs: Wall, ms: number): string {
  return isoTime(later(wallMs, -ms))
}

test('one that has run for ten seconds is settled', async () => {
  const now = Date.now()
  expect(await settle([target('hand-1')], () => ({ startedAt: ago(wall(now), 10_000) }))).toEqual([0, 'settled'])
})

test('one that has just begun is waited for', async () => {
  expect(await settle([target('hand-1')], () => ({}))).toEqual([10_000, 'settled'])
})

test('the youngest of them decides', async () => {
  const now = Date.now()
  const both = [target('hand-1'), target('hand-2')]
  expect(await settle(both, (id) => ({ startedAt: ago(wall(now), id === 'hand-1' ? 60_000 : 4_000) }))).toEqual([
    6_000,
    'settled',
  ])
})

test('one that Docker does not start again is not waited for', async () => {
  expect(await settle([target('hand-1', 'no')], () => ({}))).toEqual([0, 'settled'])
  const now = Date.now()
  const both = [target('hand-1', 'no'), target('hand-2')]
  expect(await settle(both, (id) => ({ startedAt: ago(wall(now), id === 'hand-1' ? 0 : 9_900) }))).toEqual([100, 'settled'])
})

test.each<[string, (atMs: number) => Partial<ContainerState> | null]>([
  ['keeps being restarted', () => ({ status: 'restarting' })],
  ['is gone', () => null],
])('one that %s does not settle, and is told by its name', async (_how, state) => {
  expect(await settle([target('hand-1'), target('hand-2', 'on-failure')], (_id, atMs) => state(atMs))).toEqual([
    15_000,
    'ChaosError: 10 s of uptime of hand-1, hand-2 did not happen within 15000 ms (last seen: 0)',
  ])
})

test('a daemon that does not answer once costs five seconds', async () => {
  expect(await settledAfterMs(60_000, (look) => look > 1)).toBe(5_200)
})

test('a daemon that answers once will do for one that has run for ten seconds', async () => {
  expect(await settledAfterMs(10_000, (look) => look === 1)).toBe(0)
})

test('uptime counts from the start, and only while it runs', () => {
  const startedAt = '2026-01-02T03:04:05.678901234Z'
  const startMs = Date.parse('2026-01-02T03:04:05.678Z')
  expect(uptimeMs({ status: 'running', startedAt }, wall(startMs + 12_000))).toBe(12_000)
  // A clock that is set back, or another machine's.
  expect(uptimeMs({ status: 'running', startedAt }, wall(startMs - 12_000))).toBe(0)
  expect(uptimeMs({ status: 'restarting', startedAt }, wall(startMs + 12_000))).toBe(0)
  expect(uptimeMs({ status: 'running', startedAt: 'never' }, wall(startMs))).toBe(0)
  expect(uptimeMs(null, wall(startMs))).toBe(0)
})
