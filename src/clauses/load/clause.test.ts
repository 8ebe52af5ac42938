/** Which stretches of the load that holds are judged, and how long they are waited for. */
import { systemClock } from '../../core/time/clock.ts'
import { later, msBetween } from '../../core/time/moment.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LoadSpec } from './spec.ts'
import type { HeldLoad, StretchFigures } from '../../ports/held-load.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { hitAt } from '../container/container.fixture.ts'
import { begin, openContext } from '../shared/context.fixture.ts'
import { loadClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const CALM: StretchFigures = { requests: 400, errorShare: 0, p95Ms: 40 }
const BAD: StretchFigures = { requests: 380, errorShare: 0.125, p95Ms: 900 }

/** What the load says, times in ms from inject on. */
interface LoadModel {
  readonly users?: number | null
  readonly wholeUntil?: (atMs: number) => number
  readonly figures?: (fromMs: number, toMs: number) => StretchFigures
  readonly goodSince?: (sinceMs: number, atMs: number) => number | null
}

interface Course {
  readonly hitMs?: number
  readonly faultEndedMs?: number
  readonly lateMs?: number
  readonly changes?: Partial<ClauseContext>
}

interface Seen {
  readonly observation: Observation
  readonly endedMs: number
  /** The last stretches that were asked for. */
  readonly stretches: readonly (readonly [number, number])[]
}

async function observe(
  spec: LoadSpec,
  model: LoadModel,
  { hitMs, faultEndedMs, lateMs = 0, changes = {} }: Course = {},
): Promise<Seen> {
  const startMs = systemClock.wallMs()
  const atMs = (): number => msBetween(startMs, systemClock.wallMs())
  const stretches: (readonly [number, number])[] = []
  const load: HeldLoad = {
    ...{ id: 'LT-001', users: model.users === undefined ? 100 : model.users, limits: { errorShare: 0.01, p95Ms: 500 } },
    wholeUntilWallMs: () => later(startMs, (model.wholeUntil ?? ((now) => now))(atMs())),
    figures: (fromWallMs, toWallMs) => {
      const stretch = [msBetween(startMs, fromWallMs), msBetween(startMs, toWallMs)] as const
      stretches.push(stretch)
      return Promise.resolve(model.figures?.(...stretch) ?? (stretch[1] <= 0 ? CALM : BAD))
    },
    goodSinceWallMs: (sinceWallMs) => {
      const since = model.goodSince?.(msBetween(startMs, sinceWallMs), atMs()) ?? null
      return Promise.resolve(since === null ? null : later(startMs, since))
    },
    problem: () => null,
  }
  const hits = hitMs === undefined ? [] : [hitAt(later(startMs, hitMs))]
  const { ctx, open } = openContext(6_000, { load, hits: () => hits, ...changes })
  const clause = await begin(loadClause.expect(spec, 'during'), ctx)
  open()
  await vi.advanceTimersByTimeAsync(lateMs)
  const faultEndedAtWallMs = faultEndedMs === undefined ? null : later(startMs, faultEndedMs)
  const observed = clause
    .observe({ ...ctx, faultEndedAtWallMs, injectedAtWallMs: ctx.injectedAtWallMs })
    .then((observation) => ({ observation, endedMs: atMs(), stretches: stretches.slice(-2) }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  return observed
}

describe('while the fault is on', () => {
  it('judges its window beside the five seconds before', async () => {
    const { observation, endedMs, stretches } = await observe({ error_rate: 0.2 }, {})
    expect(observation).toMatchObject({
      observed: '380 requests, 12.5 % failed, p95 900 ms (before: 400 requests, 0 % failed, p95 40 ms); 12.5 % failed',
      met: true,
    })
    expect([endedMs, stretches]).toEqual([
      6_000,
      [
        [-5_000, 0],
        [0, 6_000],
      ],
    ])
  })

  it('begins with the first hit, where that came before inject had returned', async () => {
    const { stretches } = await observe({}, {}, { hitMs: -300 })
    expect(stretches).toEqual([
      [-5_300, -300],
      [-300, 6_000],
    ])
  })

  it('waits until the seconds of the window are whole', async () => {
    const { endedMs, stretches } = await observe({}, { wholeUntil: (now) => now - 1_500 })
    expect([endedMs, stretches]).toEqual([
      7_600,
      [
        [-5_000, 0],
        [0, 6_100],
      ],
    ])
  })

  it('waits for as many answers as there are users, and judges all of them', async () => {
    const figures = (fromMs: number, toMs: number): StretchFigures =>
      fromMs < 0 ? CALM : { ...BAD, requests: toMs < 9_000 ? 99 : 100 }
    const { observation, endedMs } = await observe({ error_rate: 0.2 }, { figures })
    expect([observation.met, endedMs]).toEqual([true, 9_000])
    expect(observation.expected).toContain('100 or more')
  })

  it('waits for one answer where requests come at a rate', async () => {
    const figures = (fromMs: number, toMs: number): StretchFigures =>
      fromMs < 0 ? CALM : { ...BAD, requests: toMs < 7_000 ? 0 : 1 }
    const { observation, endedMs } = await observe({}, { users: null, figures })
    expect([observation.met, endedMs]).toEqual([true, 7_000])
  })

  it('waits no longer than answers and seconds may take, and then decides nothing', async () => {
    const { observation, endedMs } = await observe({}, { figures: () => ({ ...CALM, requests: 99 }) })
    expect([observation.met, endedMs]).toEqual([null, 29_000])
    expect(loadClause.expect({}, 'during').afterWindowMs).toBe(23_000)
  })

  it('judges the planned window where not even its seconds were told', async () => {
    const { stretches } = await observe({}, { wholeUntil: () => 2_000 })
    expect(stretches).toEqual([
      [-5_000, 0],
      [0, 6_000],
    ])
  })

  it('judges a clause that asks for later just as well before the fault has ended', async () => {
    const { observation } = await observe({ kept_again_within_seconds: 2 }, {})
    expect(observation.expected).toMatch(/^requests that end while the fault is on/)
  })
})

describe('after the fault', () => {
  const spec = { kept_again_within_seconds: 2 }
  const phase = { faultEndedMs: 7_000, lateMs: 7_500 }

  it('is met when the limits are kept again in time, and for three seconds', async () => {
    const { observation, endedMs } = await observe(spec, { goodSince: (since) => since + 1_500 }, phase)
    expect(observation).toEqual({
      expected: 'its limits are kept again within 2 s (errors ≤ 1 %, p95 ≤ 500 ms)',
      observed: 'kept again after 1.50 s',
      met: true,
    })
    expect(endedMs).toBe(11_500)
  })

  it('counts the last time that they were kept again, not the first', async () => {
    const relapse = (since: number, atMs: number): number => since + (atMs < 10_000 ? 1_000 : 2_500)
    const { observation } = await observe(spec, { goodSince: relapse }, phase)
    expect(observation).toMatchObject({ observed: 'kept again after 2.50 s', met: false })
  })

  it('is missed when they never are, and that is waited for no longer than they may take', async () => {
    const { observation, endedMs } = await observe(spec, {}, phase)
    expect(observation).toMatchObject({ observed: 'they were not', met: false })
    expect(endedMs).toBe(7_500 + 2_000 + 3_000 + 8_000)
    expect(loadClause.expect(spec, 'after').afterWindowMs).toBe(13_000)
  })

  it('judges the window where the clause asks for no return', async () => {
    const { observation, endedMs } = await observe({ error_rate: 0.2 }, {}, phase)
    expect(observation.expected).toMatch(/^requests that end while the fault is on/)
    expect(endedMs).toBe(7_500)
  })
})

it.each<[string, LoadSpec, Course]>([
  ['the end of 100 requests of LT-001', {}, {}],
  ['the load LT-001 within its limits again', { kept_again_within_seconds: 2 }, { faultEndedMs: 7_000, lateMs: 7_500 }],
])('is not waited for by who was cancelled, whether for %s', async (what, spec, course) => {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(new Error('enough'))
  }, 8_000)
  const none = (): StretchFigures => ({ ...CALM, requests: 0 })
  const cancelled = observe(spec, { figures: none }, { ...course, changes: { signal: controller.signal } })
  await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED', message: `waiting for ${what} was cancelled` })
})

it('needs a run with a load, told before anything is injected', async () => {
  const { ctx } = openContext(6_000)
  const missing = Promise.resolve().then(() => loadClause.expect({}, 'during').steady(ctx))
  await expect(missing).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: 'a clause speaks of the load that holds meanwhile, and this run has none',
    hint: 'Name a load pattern with --under-load.',
  })
})

it('is told by its clause', () => {
  const { kind, text } = loadClause.expect({ p95_ms: 500 }, 'during')
  expect([kind, text]).toEqual(['load', 'load: p95 < 500 ms'])
})
