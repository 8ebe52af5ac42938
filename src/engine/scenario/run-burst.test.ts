/** What a stack can do side by side, before a fault and after it. */
import { describe, expect, it } from 'vitest'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import type { HeldByProcess } from '../rig/fake-stack.ts'
import { Rig, type RigOptions } from '../rig/rig.ts'
import type { Answer, World } from '../rig/world.ts'

const CANARY = { requests: ['page'], ratePerSecond: 10, burst: 8 } as const
const GOOD: Answer = { ok: true, latencyMs: 20 }

/** Numbers the bursts: 0 and 1 are those before anything is broken. */
function bursting(world: World, answer: (burst: number, place: number) => Answer): void {
  let bursts = -1
  world.answerAtOnce = (_atMs, place) => {
    if (place === 0) bursts += 1
    return answer(bursts, place)
  }
}

function rigOf(answer: (burst: number, place: number) => Answer, given: RigOptions = {}): Rig {
  const rig = new Rig({ stacks: [{ descriptor: { canary: CANARY } }], ...given })
  bursting(rig.world, answer)
  return rig
}

const capacity = ({ expectations }: ScenarioResult) => expectations.find(({ text }) => text === 'capacity')

describe('a burst', () => {
  it('is sent before the first fault and after each recovery, and none where none is asked for', async () => {
    const rig = rigOf(() => GOOD, { scenarios: [{}, {}] })
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed'])
    const [burst, inject] = ['canary: 8 at once', 'inject cut on back']
    expect(rig.noted(burst, inject)).toEqual([burst, burst, inject, burst, inject, burst])
    const without = new Rig()
    expect(capacity(await without.result())).toBeUndefined()
    expect(without.noted('canary: 8 at once')).toEqual([])
  })

  it('is held against the one before', async () => {
    const result = await rigOf((_burst, place) => ({ ok: true, latencyMs: 20 + place * 10 })).result()
    expect(capacity(result)).toEqual({
      ...{ phase: 'after', text: 'capacity', met: true, observed: '8 × good, the last after 90 ms' },
      expected: '8 requests at once all served, the last within 390 ms (90 ms before)',
    })
  })

  it.each([
    ['twice what it took before', [400, 400], 800, 801],
    ['a margin above it', [20, 20], 320, 321],
    ['the quicker one: what has just started is slow', [900, 20], 320, 321],
    ['the quicker one, whichever', [20, 900], 320, 321],
  ])('is late from %s on', async (_what, firstMs, last, late) => {
    const judged = async (afterMs: number) =>
      capacity(await rigOf((burst) => ({ ok: true, latencyMs: firstMs[burst] ?? afterMs })).result())
    expect((await judged(last))?.met).toBe(true)
    expect((await judged(late))?.met).toBe(false)
  })

  it('that is late is repeated until the recovery must have been, and a miss then', async () => {
    const rig = rigOf((burst) => ({ ok: true, latencyMs: burst < 2 ? 20 : 900 }), { scenarios: [{ recoveryLimitSeconds: 12 }] })
    const result = await rig.result()
    expect(result.verdict).toBe('failed')
    expect(result.reasons).toEqual([
      expect.stringMatching(/^capacity: expected 8 requests at once all served, .*, the \dth time$/),
    ])
    const tries = rig.noted('canary: 8 at once').length - 2
    expect(capacity(result)?.observed).toBe(`8 × good, the last after 900 ms, the ${tries}th time`)
    // The look before it took two to three of the twelve seconds.
    expect(tries).toBeGreaterThanOrEqual(6)
    expect(tries).toBeLessThanOrEqual(8)
  })

  it('may be late three times at least, however short the recovery', async () => {
    const rig = rigOf((burst) => ({ ok: true, latencyMs: burst < 2 ? 20 : 900 }), { scenarios: [{ recoveryLimitSeconds: 1 }] })
    await rig.result()
    expect(rig.noted('canary: 8 at once')).toHaveLength(2 + 3)
  })

  it('that is late for a while only is none that was lost', async () => {
    const result = await rigOf((burst) => ({ ok: true, latencyMs: burst === 2 || burst === 3 ? 900 : 20 })).result()
    expect([result.verdict, capacity(result)?.observed]).toEqual(['passed', '8 × good, the last after 20 ms'])
  })

  it('is held against the quickest so far on the same stack', async () => {
    const rig = rigOf((burst) => ({ ok: true, latencyMs: [600, 600, 500, 20, 321][burst] ?? 321 }), { scenarios: [{}, {}, {}] })
    const { results } = await rig.run()
    expect(results.map((one) => capacity(one)?.expected.slice(40))).toEqual([
      'within 1200 ms (600 ms before)',
      'within 1000 ms (500 ms before)',
      'within 320 ms (20 ms before)',
    ])
    expect(results.map((one) => capacity(one)?.met)).toEqual([true, true, false])
  })

  it('of which one fails is a miss at once', async () => {
    const rig = rigOf((burst, place) => (burst > 1 && place > 5 ? { ok: false, latencyMs: 5, error: 'status 429' } : GOOD))
    const result = await rig.result()
    expect(result.verdict).toBe('failed')
    expect(capacity(result)).toMatchObject({ met: false, observed: '6 × good, 2 × status 429, the last after 20 ms' })
    expect(rig.noted('canary: 8 at once')).toHaveLength(3)
  })

  it.each([0, 1])('that the stack does not bear at first is no steady state, with what to do: %d', async (bad) => {
    const rig = rigOf((burst, place) => (burst === bad && place > 5 ? { ok: false, latencyMs: 5, error: 'status 429' } : GOOD))
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toContain('8 requests at once were not borne, so nothing was injected: 6 × good, 2 × status 429')
    expect(result.reasons[0]).toContain('Give `burst` of the canary')
    expect(rig.world.broken.size).toBe(0)
  })

  it('leaves the next steady state alone: what it has slowed is none of it', async () => {
    // All that is asked within 700 ms of a burst is slow: such a steady state would be none.
    const rig = new Rig({ stacks: [{ descriptor: { canary: CANARY } }], scenarios: [{}, {}] })
    let slowUntilMs = 0
    rig.world.answerAtOnce = (atMs) => ((slowUntilMs = Number(atMs) + 30), { ok: true, latencyMs: 600 })
    const { answer } = rig.world
    rig.world.answer = (atMs) => (Number(atMs) <= slowUntilMs ? { ok: true, latencyMs: 500 } : answer(atMs))
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed'])
    expect(results.map(({ canary }) => canary.steadyP50Ms)).toEqual([20, 20])
  })

  it.each([
    ['files', 'growth', 'fake-back-1 holds 50 files, 20 before'],
    ['connections', 'connections', /^fake-back-1 has \d\d connections open, 4 before, and ever more of them$/],
  ])('leaves open what hides nothing: more and more %s', async (leaking, text, observed) => {
    const rig: Rig = new Rig({
      stacks: [{ descriptor: { canary: CANARY }, held: (service) => held(service === 'back') }],
      scenarios: [{}, {}],
    })
    const { clock } = rig.world
    let [leftUntilMs, leaksSinceMs] = [0, Infinity]
    rig.world.answerAtOnce = (atMs) => ((leftUntilMs = Number(atMs) + 4_000), GOOD)
    let faults = 0
    rig.onEvent = (event) => {
      if (event.type === 'phase-started' && event.phase === 'inject' && (faults += 1) === 2) leaksSinceMs = Number(clock.nowMs())
    }
    const held = (isBack: boolean): HeldByProcess => {
      const nowMs = Number(clock.nowMs())
      const left = isBack && nowMs < leftUntilMs ? 40 : 0
      const leaked = isBack && nowMs >= leaksSinceMs ? Math.ceil((nowMs - leaksSinceMs) / 200) : 0
      const files = 20 + left + (leaking === 'files' && leaked > 0 ? 30 : 0)
      const connections = { open: 4 + left + (leaking === 'connections' ? leaked : 0), opened: 0 }
      return { startTicks: 9, threads: 11, memoryKiB: 70_000, unclosed: 0, files, connections }
    }
    const { results } = await rig.run()
    const told = results.map(({ expectations }) => expectations.find((one) => one.text === text))
    expect(told.map((one) => one?.met)).toEqual([true, false])
    expect(told[1]?.observed).toEqual(typeof observed === 'string' ? observed : expect.stringMatching(observed))
  })

  it('is not sent under a load, which asks for many already', async () => {
    const load = { id: 'L', problem: () => null } as never
    const rig = rigOf(() => GOOD, { load })
    expect(capacity(await rig.result())).toBeUndefined()
    expect(rig.noted('canary: 8 at once')).toEqual([])
  })
})

it('tells how many requests met the fault', async () => {
  const rig = new Rig()
  let asked = 0
  rig.world.answer = () => {
    if (rig.world.broken.size === 0) return GOOD
    asked += 1
    if (asked % 4 === 0) return { ok: false, latencyMs: 20, error: 'status 503' }
    // Slow is from 171 ms on, by the steady 20 ms.
    return { ok: true, latencyMs: asked % 4 === 1 ? 171 : 170 }
  }
  const { canary } = await rig.result()
  expect([canary.total, canary.failed, canary.slow]).toEqual([60, 15, 15])
})
