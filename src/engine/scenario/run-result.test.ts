/** What a result says of a scenario that came only so far, and of what was seen on the way. */
import { later, type Mono } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { fakeFault, request, type FakeFault } from '../rig/fake-fault.ts'
import { fakeClause } from '../rig/fake-clause.ts'
import { Rig } from '../rig/rig.ts'
import type { World } from '../rig/world.ts'

const BOTH = { faults: [request('cut', 'back'), request('slow', 'store')] }

/** A fault with a mechanism of its own, which it tells beforehand and in its evidence. */
function faultBy(world: World, kind: string, mechanism: string): FakeFault {
  const fault = fakeFault(world, kind, { describe: { mechanism } })
  return { ...fault, effect: async (plan, ctx) => ({ ...(await fault.effect(plan, ctx)), mechanism }) }
}

describe('the result of a scenario without its fault', () => {
  it('has no figures, and says what was not seen', async () => {
    const rig = new Rig({ clauses: (world) => [fakeClause(world, 'answers', { begin: 'fails' })] })
    const result = await rig.result()
    expect(result).toMatchObject({
      ...{ verdict: 'error', mechanism: 'a fake cut', targets: ['back'], control: null, expectations: [] },
      effect: { confirmed: false, summary: 'not measured', reasons: ['the effect was not measured'], measures: {} },
      recovery: {
        ...{ recovered: false, afterMs: null, limitMs: 20_000, lastBadMs: null, firstGoodMs: null, streak: 0 },
        reason: 'recovery was not observed',
      },
      host: { memAvailableFloorBytes: 512 * 1024 ** 2 },
    })
    expect(result.effect.escaped).toEqual([])
    expect(result.canary).toEqual({
      ...{ total: 0, failed: 0, p50Ms: null, p95Ms: null, longestOutageMs: null, maxLatenessMs: null, steadyP50Ms: null },
      ...{ slow: null, failedAnswers: [] },
    })
    expect(rig.noted('revert', 'observe')).toEqual(['revert cut on back'])
  })

  it('that cannot be planned has nothing at all, and took no time', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { plan: 'fails' })],
      scenarios: [{ recoveryLimitSeconds: 7 }],
    })
    const result = await rig.result()
    expect(result).toMatchObject({
      ...{ durationMs: 0, host: null, control: null, controlReason: null, targets: [], mechanism: '', series: null },
      recovery: { limitMs: 7_000 },
      canary: { steadyP50Ms: null },
    })
    expect(rig.noted('write series')).toEqual([])
  })
})

describe('the figures of the canary', () => {
  it('are those of the window, where it was answered', async () => {
    const rig = new Rig()
    rig.world.latenessMs = 7
    rig.world.answer = () => ({ ok: true, latencyMs: rig.world.broken.size > 0 ? 140 : 20 })
    expect((await rig.result()).canary).toEqual({
      ...{ total: 60, failed: 0, p50Ms: 140, p95Ms: 140, longestOutageMs: 215, maxLatenessMs: 7, steadyP50Ms: 20 },
      ...{ slow: 0, failedAnswers: [] },
    })
  })

  it('hold what failed answers said, and when they were asked for', async () => {
    const rig = new Rig()
    let told = 0
    rig.world.answer = () => {
      if (rig.world.broken.size === 0) return { ok: true, latencyMs: 20 }
      told += 1
      return { ok: false, latencyMs: 20, ...(told > 1 ? {} : { request: 'page', body: 'the store is away' }) }
    }
    const { failedAnswers } = (await rig.result()).canary
    expect(failedAnswers).toEqual([
      { atMs: expect.any(Number) as number, request: 'page', error: 'status 503', body: 'the store is away' },
    ])
    expect(failedAnswers[0]?.atMs).toBeGreaterThan(0)
  })

  it('count an outage to its real end', async () => {
    const rig = new Rig()
    let endedMs: Mono | null = null
    rig.world.answer = (atMs) => {
      if (rig.world.broken.size > 0) endedMs = atMs
      return { ok: endedMs === null || atMs > later(endedMs, 3_000), latencyMs: 20 }
    }
    const { canary, durationMs } = await rig.result()
    expect(canary.longestOutageMs).toBeGreaterThan(9_000)
    expect(canary.longestOutageMs).toBeLessThan(durationMs)
  })
})

describe('several faults', () => {
  it('are told with all that they did it by, each once', async () => {
    const rig = new Rig({
      faults: (world) => [faultBy(world, 'cut', 'a rule'), faultBy(world, 'slow', 'a delay'), faultBy(world, 'drop', 'a rule')],
      scenarios: [{ faults: ['cut', 'slow', 'drop'].map((kind) => request(kind, kind)) }],
    })
    const result = await rig.result()
    expect(result.mechanism).toBe('a rule + a delay')
    expect(result.effect).toMatchObject({ confirmed: true, reasons: [] })
  })

  it('whose effect nobody saw are told with all that they say of it', async () => {
    const rig = new Rig({
      faults: (world) => [faultBy(world, 'cut', 'a rule'), faultBy(world, 'slow', 'a delay')],
      clauses: (world) => [fakeClause(world, 'answers', { begin: 'fails' })],
      scenarios: [BOTH],
    })
    expect((await rig.result()).mechanism).toBe('a rule + a delay')
  })

  it.each<[(number | null)[], number | null]>([
    [[null, null], null],
    [[null, 300], 300],
    [[0, null], 0],
    [[200, 300], 500],
  ])('that slow the canary by %j slow it by %j', async ([cut = null, slow = null], told) => {
    const seen: unknown[] = []
    const rig = new Rig({
      faults: (world) => [
        fakeFault(world, 'cut', { describe: { canaryDelayMs: cut } }),
        fakeFault(world, 'slow', { describe: { canaryDelayMs: slow } }),
      ],
      clauses: (world) => [fakeClause(world, 'answers', { look: (ctx) => void seen.push(ctx.canaryDelayMs) })],
      scenarios: [BOTH],
    })
    await rig.run()
    expect(seen).toEqual([told])
  })

  it('have their records closed one by one, though another cannot be looked for', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { leftovers: 'fails' }), fakeFault(world, 'slow')],
      scenarios: [BOTH],
    })
    expect((await rig.result()).verdict).toBe('error')
    expect([...rig.open.values()]).toEqual(['back'])
  })
})

describe('what happens to the steady state while a fault is prepared', () => {
  it('is told in the log as well', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { prepare: { afterMs: 3_000 } })] })
    const startedMs = rig.world.clock.nowMs()
    rig.world.answer = (atMs) => ({ ok: rig.world.broken.size === 0 && atMs !== later(startedMs, 2_000), latencyMs: 20 })
    await rig.run()
    expect(rig.logged).toEqual([
      'warn: X-1: 1 canary request failed while the fault was prepared; the steady state was reached again before it was injected',
    ])
  })
})
