import { describe, expect, it } from 'vitest'
import { planOf } from '../plan/stages.ts'
import { breakingPoint } from './breaking-point.ts'
import type { BreakingPoint } from './judgement.ts'
import { seriesOf, traffic, users, type Sample } from './series.fixture.ts'

const LIMITS = { errorShare: 0.01, p95Ms: 500 }

/** What second n is like. */
interface Second {
  readonly users: number
  readonly rate: number
  readonly latencyMs?: number
  /** Of each five requests so many fail. */
  readonly failing?: number
}

/** `climbSeconds`: then the users fall; all of it where there is none. */
function broke(seconds: readonly Second[], starved: readonly number[] = [], climbSeconds = seconds.length): BreakingPoint | null {
  const samples = seconds.flatMap(({ rate, latencyMs = 20, failing = 0 }, second): Sample[] =>
    traffic({
      ...{ fromMs: second * 1_000, toMs: (second + 1) * 1_000, perSecond: rate, latencyMs },
      failure: (index) => (index % 5 < failing ? '503' : null),
    }),
  )
  const plan = planOf(
    [
      { durationMs: climbSeconds * 1_000, target: 500 },
      ...(climbSeconds < seconds.length ? [{ durationMs: 1_000, target: 0 }] : []),
    ],
    'users',
  )
  const told = users(0, seconds.length * 1_000, (ms) => seconds[ms / 1_000]?.users ?? 0)
  return breakingPoint(plan, seriesOf([...samples, ...told]), LIMITS, () => ({ starved: new Set(starved) }))()
}

const well = (count: number, of: Partial<Second> = {}): Second[] =>
  Array.from({ length: count }, () => ({ users: 50, rate: 50, ...of }))
const slow = (count: number): Second[] => well(count, { latencyMs: 900 })

describe('a system breaks', () => {
  it('in the first bad second of three among five', () => {
    expect(broke([...well(4), ...slow(1), ...well(2), ...slow(2), ...well(3)])).toMatchObject({ atMs: 4_000, users: 50 })
    expect(broke([...well(4), ...slow(3)])).toMatchObject({ atMs: 4_000 })
  })

  it('by no two bad seconds, and by no three that lie further apart', () => {
    expect(broke([...well(4), ...slow(2), ...well(6)])).toBeNull()
    expect(broke([...well(4), ...slow(1), ...well(3), ...slow(2), ...well(6)])).toBeNull()
  })

  it('later than what passed by itself', () => {
    expect(broke([...well(2), ...slow(1), ...well(5), ...slow(3)])).toMatchObject({ atMs: 8_000 })
  })

  it('while the users grow, not when they leave', () => {
    expect(broke([...well(6), ...slow(4)], [], 6)).toBeNull()
    expect(broke([...well(6), ...slow(4)], [], 9)).toMatchObject({ atMs: 6_000 })
    expect(broke([...well(6), ...slow(4)], [], 8)).toBeNull()
  })

  it('by late answers', () => {
    expect(broke([...well(5), ...slow(5)])).toEqual({
      ...{ atMs: 5_000, users: 50, requestsPerSecond: 50, reason: 'latency', detail: 'p95 900 ms, above 500 ms' },
      generatorSaturated: false,
    })
  })

  it('by errors, which come first', () => {
    const both = well(5, { latencyMs: 900, failing: 1 })
    expect(broke([...well(5), ...both])).toMatchObject({ reason: 'errors', detail: '20.0 % errors, above 1 %' })
    const exact = breakingPoint(
      planOf([{ durationMs: 5_000, target: 50 }], 'users'),
      seriesOf(
        traffic({ fromMs: 0, toMs: 5_000, perSecond: 50, latencyMs: 900, failure: (index) => (index % 5 === 0 ? '503' : null) }),
      ),
      { errorShare: 0.2, p95Ms: 500 },
      () => ({ starved: new Set() }),
    )
    expect(exact()).toMatchObject({ reason: 'latency' })
  })

  it('with the rate of the five seconds around it', () => {
    const seconds = [
      ...well(3),
      ...well(1, { rate: 100 }),
      ...well(1, { rate: 30 }),
      ...slow(1),
      ...well(1, { rate: 60, latencyMs: 900 }),
      ...slow(4),
    ]
    // (100 + 30 + 50 + 60 + 50) / 5
    expect(broke(seconds)).toMatchObject({ atMs: 5_000, requestsPerSecond: 58 })
    // At the edges there are fewer: (50 + 50 + 80) / 3
    expect(broke([...slow(2), ...well(1, { rate: 80, latencyMs: 900 }), ...well(3)])).toMatchObject({
      atMs: 0,
      requestsPerSecond: 60,
    })
  })

  it('and the generator was at its end by then, or was not', () => {
    const seconds = [...well(5), ...slow(5)]
    expect(broke(seconds, [5])).toMatchObject({ generatorSaturated: true })
    expect(broke(seconds, [6])).toMatchObject({ generatorSaturated: false })
    expect(broke(seconds, [2, 9])).toMatchObject({ generatorSaturated: true })
  })
})

describe('the knee', () => {
  /** Five seconds each of so many users, so many requests. */
  const steps = (...of: readonly (readonly [number, number])[]): Second[] =>
    of.flatMap(([count, rate]) => well(5, { users: count, rate }))
  const knee = { reason: 'throughput_knee', detail: 'users grew by a fifth, requests/s by less than 5 %' }

  it('is where a fifth more users have hardly more answers', () => {
    expect(broke(steps([100, 100], [120, 104]))).toMatchObject({ atMs: 5_000, users: 120, ...knee })
    expect(broke(steps([100, 100], [150, 60]))).toMatchObject({ users: 150, ...knee })
  })

  it.each<[string, [number, number][]]>([
    [
      'with fewer more users than that',
      [
        [100, 100],
        [119, 100],
      ],
    ],
    [
      'with a twentieth more answers',
      [
        [100, 100],
        [120, 140],
      ],
    ],
    [
      'of fewer than 20 users',
      [
        [10, 10],
        [19, 10],
      ],
    ],
    [
      'after fewer than 20 users',
      [
        [19, 19],
        [40, 19],
      ],
    ],
    [
      'after none',
      [
        [0, 40],
        [40, 40],
      ],
    ],
  ])('is not there %s', (_what, of) => {
    expect(broke(steps(...of))).toBeNull()
  })

  it('is one of 20 users and more', () => {
    expect(broke(steps([20, 20], [24, 20]))).toMatchObject({ users: 24, ...knee })
  })

  it('is told by the last step before, not by an older one', () => {
    // 200 users have no more answers than 160, though more than 100 had.
    expect(broke(steps([100, 100], [160, 160], [200, 160]))).toMatchObject({ users: 200, ...knee })
    expect(broke(steps([100, 180], [160, 100], [200, 160]))).toMatchObject({ users: 160, ...knee })
  })

  it('is told by the step before a pause without users', () => {
    expect(broke(steps([100, 100], [0, 0], [150, 60]))).toMatchObject({ atMs: 10_000, users: 150, ...knee })
  })

  it('comes after what is bad at the same moment, and before what is bad later', () => {
    const late = steps([100, 100], [150, 60]).map((second, index) => (index >= 5 ? { ...second, latencyMs: 900 } : second))
    expect(broke(late)).toMatchObject({ atMs: 5_000, reason: 'latency' })
    const later = steps([100, 100], [150, 60]).map((second, index) => (index >= 7 ? { ...second, latencyMs: 900 } : second))
    expect(broke(later)).toMatchObject({ atMs: 5_000, ...knee })
  })
})
