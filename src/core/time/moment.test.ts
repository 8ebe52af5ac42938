import { describe, expect, expectTypeOf, it } from 'vitest'
import { instantOf, systemClock } from './clock.ts'
import { mono, wall } from './moment.fixture.ts'
import { earliest, isoTime, later, latest, msBetween, parseWall, sinceEpochMs, type Mono, type Wall } from './moment.ts'
import { VirtualClock } from './virtual-clock.fixture.ts'
import { wallSchema } from './wall-schema.ts'

const NOON = wall(Date.UTC(2026, 2, 1, 12))

describe('a moment', () => {
  it.each<[number, number]>([
    [250, 1_250],
    [-250, 750],
  ])('%i ms later is another of its kind', (byMs, atMs) => {
    expect(later(mono(1_000), byMs)).toBe(mono(atMs))
    expect(msBetween(mono(1_000), later(mono(1_000), byMs))).toBe(byMs)
  })

  it('comes before and after others', () => {
    const moments = [wall(2), wall(1), wall(3)] as const
    expect([earliest(...moments), latest(...moments)]).toEqual([wall(1), wall(3)])
    expect([earliest(NOON), latest(NOON)]).toEqual([NOON, NOON])
  })

  it('of the wall clock is written as a date or a number, and read back', () => {
    expect(parseWall(isoTime(NOON))).toBe(NOON)
    expect(parseWall('soon')).toBeNull()
    expect(wallSchema.parse(sinceEpochMs(NOON))).toBe(NOON)
    expect(wallSchema.safeParse(isoTime(NOON)).success).toBe(false)
  })

  it('is read of both clocks together, and of the one alone when the other is set', () => {
    const clock = new VirtualClock()
    const before = instantOf(clock)
    clock.setWall(-60_000)
    const after = instantOf(clock)
    expect(msBetween(before.atMs, after.atMs)).toBe(0)
    expect(msBetween(before.atWallMs, after.atWallMs)).toBe(-60_000)
  })
})

/** Never called: what must not compile is all that it has to say. */
function mixed(at: Mono, atWall: Wall, meanwhileMs: number): unknown[] {
  return [
    // @ts-expect-error The one is no difference to the other.
    msBetween(at, atWall),
    // @ts-expect-error Nor the other way round.
    msBetween(atWall, at),
    // @ts-expect-error Neither is a number: only msBetween, which looks at the kinds, subtracts.
    at - atWall,
    // @ts-expect-error Not even of one kind.
    at - at,
    // @ts-expect-error Their order says nothing.
    at < atWall,
    // @ts-expect-error They are never the same.
    at === atWall,
    // @ts-expect-error A duration is no moment.
    at < meanwhileMs,
    // @ts-expect-error A moment is no duration.
    later(at, atWall),
    // @ts-expect-error Neither comes first.
    earliest(at, atWall),
    // @ts-expect-error Ours is no date.
    isoTime(at),
    // @ts-expect-error A number has no kind until it is given one.
    isoTime(meanwhileMs),
    // @ts-expect-error What is written down is a date.
    sinceEpochMs(at),
  ]
}

it('does not compile where the kinds are mixed', () => {
  expect(mixed).toBeTypeOf('function')
  expectTypeOf<Mono>().not.toExtend<Wall>()
  expectTypeOf<Wall>().not.toExtend<Mono>()
  expectTypeOf<Mono | Wall>().not.toExtend<number>()
  expectTypeOf<number>().not.toExtend<Mono | Wall>()
  expectTypeOf(systemClock.nowMs()).toEqualTypeOf<Mono>()
  expectTypeOf(systemClock.wallMs()).toEqualTypeOf<Wall>()
})
