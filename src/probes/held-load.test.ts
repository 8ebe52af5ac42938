import { describe, expect, it } from 'vitest'
import type { HeldLoad, StretchFigures } from '../core/held-load.ts'
import type { Observation, ProbeContext } from '../core/ports.ts'
import { openContext } from './context.fixture.ts'
import { judgeDuring } from './held-load-judgement.ts'
import { heldLoadExpectation } from './held-load.ts'

const calm: StretchFigures = { requests: 400, errorShare: 0, p95Ms: 40 }
const bad: StretchFigures = { requests: 380, errorShare: 0.125, p95Ms: 900 }

function held(changes: Partial<HeldLoad> = {}): HeldLoad {
  return {
    ...{ id: 'LT-001', users: 100, limits: { errorShare: 0.01, p95Ms: 500 } },
    wholeUntilWallMs: () => Infinity,
    // The stretch before the fault is the one of five seconds.
    figures: (fromWallMs, toWallMs) => Promise.resolve(toWallMs - fromWallMs === 5_000 ? calm : bad),
    goodSinceWallMs: () => Promise.resolve(null),
    problem: () => null,
    ...changes,
  }
}

async function during(spec: object, load: HeldLoad): Promise<Observation> {
  const { ctx, open } = openContext(50, { load })
  open()
  return heldLoadExpectation.observe(spec, null, ctx, null)
}

function after(load: HeldLoad, endedWallMs: number): ProbeContext {
  const { ctx, open } = openContext(50, { load })
  open()
  return { ...ctx, faultEndedAtWallMs: endedWallMs, injectedAtWallMs: ctx.injectedAtWallMs }
}

describe('while the fault is on', () => {
  it('shows what the load met, beside what it met before', async () => {
    const seen = await during({}, held())
    expect(seen).toMatchObject({
      met: true,
      observed: '380 requests, 12.5 % failed, p95 900 ms (before: 400 requests, 0 % failed, p95 40 ms)',
    })
  })

  it.each([
    [{ error_rate: 0.2 }, true],
    [{ error_rate: 0.1 }, false],
    [{ p95_ms: 1_000 }, true],
    [{ p95_ms: 900 }, false],
    [{ error_rate: 0.2, p95_ms: 500 }, false],
  ])('%j is met: %j', async (spec, met) => {
    expect((await during(spec, held())).met).toBe(met)
  })

  it('waits for as many answers as there are users, and judges all of them', async () => {
    let looks = 0
    const slow = held({
      figures: (from, to) => Promise.resolve(to - from === 5_000 ? calm : { ...bad, requests: 97 + ++looks }),
    })
    const seen = await during({ error_rate: 0.2 }, slow)
    expect([seen.met, looks]).toEqual([true, 4])
    expect(seen.expected).toContain('100 or more')
  })
})

describe('of what was seen of requests', () => {
  const met = (seen: StretchFigures, users: number | null): boolean | null =>
    judgeDuring({ error_rate: 0.2 }, { users, before: calm, during: seen }).met

  it('the few who had an answer decide nothing, where the other users still wait for theirs', () => {
    const few = { requests: 99, errorShare: 0, p95Ms: 40 }
    expect([met(few, 100), met({ ...few, requests: 100 }, 100), met(few, null)]).toEqual([null, true, true])
  })

  it('failures of those few are failures all the same', () => {
    expect(met({ requests: 3, errorShare: 1, p95Ms: 40 }, 100)).toBe(false)
  })

  it('none that anybody sent decide nothing', () => {
    expect(met({ requests: 0, errorShare: Number.NaN, p95Ms: Number.NaN }, null)).toBeNull()
  })
})

describe('after the fault', () => {
  const spec = { kept_again_within_seconds: 2 }

  it('is met when the limits were kept again in time, and for a while', async () => {
    const ctx = after(held({ goodSinceWallMs: (fromMs) => Promise.resolve(fromMs + 1_500) }), 1_000)
    const seen = await heldLoadExpectation.observe(spec, null, ctx, null)
    expect(seen).toMatchObject({ met: true, observed: 'kept again after 1.50 s' })
    expect(seen.expected).toContain('errors ≤ 1 %, p95 ≤ 500 ms')
  })

  it('is missed when that was late', async () => {
    const ctx = after(held({ goodSinceWallMs: (fromMs) => Promise.resolve(fromMs + 2_500) }), 1_000)
    expect((await heldLoadExpectation.observe(spec, null, ctx, null)).met).toBe(false)
  })
})

it('needs a run with a load', () => {
  const { ctx } = openContext(50)
  expect(() => heldLoadExpectation.baseline?.({}, ctx)).toThrow('this run has none')
})
