import { expect, it } from 'vitest'
import type { CanarySample } from '../core/canary.ts'
import { systemClock } from '../core/clock.ts'
import type { RunningCanary } from '../core/ports.ts'
import type { EngineDeps } from './deps.ts'
import { STEADY_STREAK } from './options.ts'
import { steadyAfterPrepare } from './steady.ts'

function sample(intendedMs: number, ok: boolean): CanarySample {
  const error = ok ? null : 'status 503'
  return { intendedMs, sentMs: intendedMs, doneMs: intendedMs + 5, status: ok ? 200 : 503, ok, error }
}

/** A canary that was sent once a millisecond and failed at the given places. */
function canaryOf(count: () => number, failedAt: readonly number[]): RunningCanary {
  const startedMs = systemClock.nowMs() - 1_000
  const samples = (): CanarySample[] =>
    Array.from({ length: count() }, (_, index) => sample(startedMs + index, !failedAt.includes(index)))
  return { samples, settled: () => Promise.resolve(samples()), stop: () => undefined }
}

const deps = { clock: systemClock, stack: { unhealthy: () => Promise.resolve(null) } } as unknown as EngineDeps
const { signal } = new AbortController()

it('keeps the steady state that has held all through the preparation', async () => {
  const told: string[] = []
  const canary = canaryOf(() => 30, [3])
  const since = (canary.samples()[10] ?? sample(0, false)).intendedMs
  expect(await steadyAfterPrepare(deps, canary, since, signal, (detail) => told.push(detail))).toBe(since)
  expect(told).toEqual([])
})

it('waits for it once more after requests that failed meanwhile, says so, and forgets what was before', async () => {
  const told: string[] = []
  let looks = 0
  const canary = canaryOf(() => 15 + Math.min(looks++, 20), [12, 14])
  const since = canary.samples()[5]?.intendedMs ?? Number.NaN
  const again = await steadyAfterPrepare(deps, canary, since, signal, (detail) => told.push(detail))
  expect(again - since).toBeCloseTo(10, 5)
  expect(canary.samples().length).toBeGreaterThanOrEqual(15 + STEADY_STREAK)
  expect(told).toEqual([
    '2 canary requests failed while the fault was prepared; the steady state was reached again before it was injected',
  ])
})
