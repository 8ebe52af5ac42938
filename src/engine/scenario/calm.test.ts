import { describe, expect, it } from 'vitest'
import { later, latest, msBetween, type Mono } from '../../core/time/moment.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import type { CanarySample } from '../../core/canary.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import { Rig } from '../rig/rig.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { awaitCalm, type Calm } from './calm.ts'

function sample(intendedMs: Mono, latency: number, changes: Partial<CanarySample> = {}): CanarySample {
  const doneMs = later(intendedMs, latency)
  return { intendedMs, sentMs: intendedMs, doneMs, status: 200, ok: true, error: null, ...changes }
}

/** 5 of 20 ms, and 5 of 30 ms. */
const STEADY = Array.from({ length: 10 }, (_, index) => sample(mono(0), index % 2 === 0 ? 20 : 30))

interface Watched extends Omit<Calm, 'sinceMs' | 'lateUntilMs'> {
  /** From the beginning of the look, ms. */
  readonly sinceMs: number
  readonly lateUntilMs: number | null
  readonly tookMs: number
  readonly paces: readonly (number | null)[]
}

interface Terms {
  readonly steady: readonly CanarySample[]
  readonly rate: number
  readonly bears: number | null
  readonly leftMs: number
}

/** `answer`: latency of the request at that place, or all of it, or null for none with an outcome; they come every 25 ms, as at 40 a second. */
async function calmAfter(
  answer: (place: number) => number | Partial<CanarySample> | null,
  { steady = STEADY, rate = 10, bears = 40, leftMs = 10_000 }: Partial<Terms> = {},
): Promise<Watched> {
  const world = new World()
  const { clock } = world
  const startMs = clock.nowMs()
  const paces: (number | null)[] = []
  const { stack } = fakeStack(world, {
    descriptor: { canary: { requests: ['page'], ratePerSecond: rate, ...(bears === null ? {} : { watchPerSecond: bears }) } },
  })
  const all = Array.from({ length: 4_000 }, (_, place) => {
    const given = answer(place)
    if (given === null) return null
    const intendedMs = later(startMs, place * 25)
    return typeof given === 'number' ? sample(intendedMs, given) : sample(intendedMs, 20, given)
  }).filter((one) => one !== null)
  const canary = {
    async settled(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<CanarySample[]> {
      const asked = all.filter(({ intendedMs }) => intendedMs >= fromMs && intendedMs < toMs)
      const lastMs = asked.reduce((last, { doneMs }) => latest(last, doneMs), toMs)
      await clock.sleep(msBetween(clock.nowMs(), lastMs), signal)
      return asked
    },
    pace: (perSecond: number | null) => void paces.push(perSecond),
  }
  const terms = { untilMs: later(startMs, leftMs), steady }
  const calm = await clock.until(awaitCalm({ clock, stack }, canary, terms, new AbortController().signal))
  const since = (ms: Mono): number => msBetween(startMs, ms)
  const lateUntilMs = calm.lateUntilMs === null ? null : since(calm.lateUntilMs)
  return { ...calm, lateUntilMs, sinceMs: since(calm.sinceMs), tookMs: since(clock.nowMs()), paces }
}

describe('once it has recovered', () => {
  it.each([
    [10, 225 + 400],
    [9, 1_750],
  ])('%i answers are enough to know when the last slow one had come', async (enough, lateUntilMs) => {
    // The first stretch of 70 has so many, all of them slow.
    const calm = await calmAfter((place) => (place < enough ? 400 : place < 70 ? null : 20))
    expect(calm).toMatchObject({ lateUntilMs, sinceMs: 1_750, reason: null })
  })

  it('is watched for a moment at the rate that the stack bears', async () => {
    expect(await calmAfter((place) => (place === 68 ? 24 : 20))).toEqual({
      ...{ sinceMs: 0, lateUntilMs: null },
      result: { requests: 70, slow: 0, slowMs: 170, p50Ms: 20, p95Ms: 20, p99Ms: 24, worstMs: 24 },
      ...{ reason: null, paces: [40, 20], tookMs: 1_750 },
    })
  })

  it.each([
    [1, null, 10_000, [2, 2]],
    [4, null, 3_000, [8, 8]],
    [10, null, 3_000, [20, 20]],
    [20, null, 1_750, [40, 40]],
    [10, 10, 3_000, [10, 20]],
    [10, 30, 2_000, [30, 20]],
    [10, 200, 1_750, [200, 20]],
  ])('at %d a second, where it bears %s, for %i ms', async (rate, bears, tookMs, paces) => {
    const calm = await calmAfter(() => 20, { rate, bears })
    expect([Math.floor(calm.tookMs), calm.paces]).toEqual([tookMs, paces])
  })

  it('is as before where two of seventy are slow, and looks once more where three are', async () => {
    expect(await calmAfter((place) => (place < 2 ? 171 : 20))).toMatchObject({ result: { slow: 2 }, reason: null, tookMs: 1_750 })
    expect(await calmAfter((place) => (place < 3 ? 171 : 20))).toMatchObject({ result: { slow: 0 }, reason: null, tookMs: 3_500 })
    expect(await calmAfter((place) => (place < 3 ? 170 : 20))).toMatchObject({ result: { slow: 0 }, tookMs: 1_750 })
  })

  it('is as before where three of a hundred are slow', async () => {
    const slow = (count: number): Promise<Watched> =>
      calmAfter((place) => (place < count ? 171 : 20), { rate: 1, bears: null, leftMs: 15_000 })
    expect(await slow(12)).toMatchObject({ result: { requests: 400, slow: 12 }, reason: null, tookMs: 10_000 })
    expect(await slow(13)).toMatchObject({ result: { slow: 0 }, tookMs: 20_000 })
  })

  it('is not as before while every twentieth answer is slow, though the median is what it was', async () => {
    const calm = await calmAfter((place) => (place % 20 === 0 ? 1_500 : 20))
    expect(calm.reason).toBe(
      'not as before: 3 of 70 answers took over 170 ms, by what they took before the fault: the median 20 ms, the slowest 1500 ms',
    )
    expect(calm.tookMs).toBeGreaterThanOrEqual(10_000)
    expect(calm.tookMs).toBeLessThan(13_500)
    expect(calm.paces).toEqual([40, 20])
  })

  it('is looked at once at least, however late the recovery came', async () => {
    expect(await calmAfter(() => 500, { leftMs: 0 })).toMatchObject({
      reason: expect.stringMatching(/^not as before: 70 of 70/) as string,
    })
    expect(await calmAfter(() => 20, { leftMs: 0 })).toMatchObject({ reason: null, tookMs: 1_750 })
  })

  it('is slow by what each kind of request took before', async () => {
    const reports = [400, 500].map((ms) => sample(mono(0), ms, { request: 'report' }))
    const steady = [...STEADY.map((one) => ({ ...one, request: 'page' })), ...reports]
    const taking = (pageMs: number, reportMs: number) => (place: number) => {
      const isPage = place % 2 === 0
      return { request: isPage ? 'page' : 'report', doneMs: later(mono(isPage ? pageMs : reportMs), place * 25) }
    }
    const startMs = new World().clock.nowMs()
    const from = (answer: ReturnType<typeof taking>) => (place: number) => {
      const { request, doneMs } = answer(place)
      return { request, doneMs: later(startMs, msBetween(mono(0), doneMs)) }
    }
    expect(await calmAfter(from(taking(170, 750)), { steady })).toMatchObject({
      reason: null,
      result: { slow: 0, slowMs: 750 },
    })
    expect(await calmAfter(from(taking(171, 20)), { steady, leftMs: 0 })).toMatchObject({ result: { slow: 35 } })
    expect(await calmAfter(from(taking(20, 751)), { steady, leftMs: 0 })).toMatchObject({ result: { slow: 35 } })
  })

  it('is held against the newer half of what was before, as what has just started is slow at first', async () => {
    const slowAtFirst = (slow: number): CanarySample[] =>
      Array.from({ length: 25 }, (_, index) => sample(mono(index), index < slow ? 2_000 : 20))
    expect((await calmAfter(() => 20, { steady: slowAtFirst(12) })).result.slowMs).toBe(170)
    expect((await calmAfter(() => 20, { steady: slowAtFirst(13) })).result.slowMs).toBe(3_000)
    // Of so few each counts.
    expect((await calmAfter(() => 20, { steady: slowAtFirst(1).slice(0, 10) })).result.slowMs).toBe(3_000)
    expect((await calmAfter(() => 20, { steady: slowAtFirst(1).slice(0, 11) })).result.slowMs).toBe(170)
  })

  it('tells since when the last stretch was looked at, and when the last slow answer had come before it', async () => {
    expect(await calmAfter((place) => (place < 75 ? 500 : 20))).toMatchObject({
      sinceMs: 3_500,
      lateUntilMs: 2_350,
      reason: null,
    })
    // The one that was sent last is not the one that came last.
    const overtaken = await calmAfter((place) => (place < 2 ? 900 : place < 5 ? 200 : 20))
    expect(overtaken).toMatchObject({ sinceMs: 1_750, lateUntilMs: 925, reason: null })
  })

  it('has until its limit to be as before, to the last slow answer', async () => {
    const slowAtFirst = (leftMs: number): Promise<Watched> => calmAfter((place) => (place < 8 ? 500 : 20), { leftMs })
    expect(await slowAtFirst(675)).toMatchObject({ lateUntilMs: 675, reason: null, tookMs: 3_500 })
    expect(await slowAtFirst(674)).toMatchObject({
      lateUntilMs: 675,
      reason: expect.stringMatching(/^not as before: 8 of 70/) as string,
    })
    // What is slow now and then beyond the limit is a share, and one that is allowed.
    expect(await calmAfter((place) => (place < 8 || place === 80 ? 500 : 20), { leftMs: 675 })).toMatchObject({ reason: null })
  })

  it('has nothing to hold against what was not met before, nor against what failed then', async () => {
    expect(await calmAfter(() => 1_500, { steady: [] })).toMatchObject({ reason: null, result: { slow: 0, slowMs: null } })
    const failing = [...STEADY, sample(mono(0), 9_000, { ok: false })]
    expect(await calmAfter(() => 20, { steady: failing })).toMatchObject({ result: { slowMs: 170 } })
  })

  it('is not known to be as before where too few requests have an outcome', async () => {
    const few = (count: number, latency = 20): Promise<Watched> =>
      calmAfter((place) => (place < count ? latency : { intendedMs: mono(-1) }), { leftMs: 0 })
    expect((await few(10)).reason).toBeNull()
    const tooFew = await few(9)
    expect([tooFew.reason, tooFew.lateUntilMs]).toEqual(['not known to be as before: only 9 requests had an outcome', 1_750])
    expect((await few(10, 500)).reason).toMatch(/^not as before: 10 of 10 answers /)
    const slowAndFew = await few(9, 500)
    expect([slowAndFew.reason, slowAndFew.lateUntilMs]).toEqual([
      expect.stringMatching(/^not known to be as before: only 9 /),
      1_750,
    ])
    expect((await few(0)).reason).toBe('not known to be as before: only 0 requests had an outcome')
  })

  it('is over with a request that fails, which is told as a relapse', async () => {
    const calm = await calmAfter((place) => (place === 7 ? { ok: false, status: 503 } : 500))
    expect(calm).toMatchObject({ reason: null, result: { slow: 69 } })
    expect(calm.tookMs).toBeLessThan(3_000)
  })
})

it('a scenario fails by what it leaves behind, and passes where it leaves nothing', async () => {
  const left = (isLeft: boolean): Rig => {
    const rig = new Rig()
    let wasBroken = false
    let count = 0
    rig.world.answer = () => {
      wasBroken ||= rig.world.broken.size > 0
      count += 1
      return { ok: true, latencyMs: isLeft && wasBroken && rig.world.broken.size === 0 && count % 20 === 0 ? 1_500 : 20 }
    }
    return rig
  }
  const worse = await left(true).result()
  expect([worse.verdict, worse.recovery.recovered, worse.recovery.afterMs]).toEqual(['failed', false, null])
  expect(worse.reasons).toEqual([expect.stringMatching(/^not as before: \d of 60 answers took over 170 ms/)])
  const well = await left(false).result()
  expect([well.verdict, well.recovery.calm?.slow]).toEqual(['passed', 0])
  expect(well.recovery.afterMs).toBeLessThan(100)
  expect(well.recovery.calm?.requests).toBeGreaterThanOrEqual(59)
})

it('who is slow for a while after the fault has recovered when that is over', async () => {
  const rig = new Rig()
  let endedMs: Mono | null = null
  let wasBroken = false
  rig.world.answer = (atMs) => {
    const isBroken = rig.world.broken.size > 0
    if (wasBroken && !isBroken) endedMs ??= atMs
    wasBroken ||= isBroken
    const isSlow = endedMs !== null && msBetween(endedMs, atMs) < 4_000
    return isBroken ? { ok: false, latencyMs: 20, error: 'status 503' } : { ok: true, latencyMs: isSlow ? 180 : 20 }
  }
  const { verdict, recovery } = await rig.result()
  expect(verdict).toBe('passed')
  expect(recovery.firstGoodMs).toBeLessThan(300)
  // Sent until then, and late by 180 ms.
  expect(recovery.afterMs).toBeGreaterThan(4_000)
  expect(recovery.afterMs).toBeLessThan(4_300)
})

it('a scenario fails by a member that has nothing to do any more', async () => {
  const pooled = (idles: boolean): Rig => {
    let wasBroken = false
    const members = (): PoolMember[] =>
      ['a', 'b'].map((container) => {
        const isIdle = idles && wasBroken && container === 'b'
        return { id: container, state: 'ready', meaning: 'ready', container, inFlight: isIdle ? 0 : 1 }
      })
    const rig = new Rig({ stacks: [{ members }] })
    const usual = rig.world.answer
    rig.world.answer = (atMs) => {
      wasBroken ||= rig.world.broken.size > 0
      return usual(atMs)
    }
    return rig
  }
  const worse = await pooled(true).result()
  expect(worse.reasons).toEqual([
    expect.stringMatching(
      /^members: expected each of the 2 members .*, observed b had nothing to do in \d+ looks, while 1 others worked$/,
    ),
  ])
  const well = await pooled(false).result()
  expect([well.verdict, well.expectations.map(({ text }) => text)]).toEqual([
    'passed',
    ['the clause answers', 'members', 'bystanders'],
  ])
})
