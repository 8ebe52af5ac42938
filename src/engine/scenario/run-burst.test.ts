/** What a stack can do side by side, before a fault and after it. */
import { describe, expect, it } from 'vitest'
import { CANARY_DEADLINE_MS } from '../../core/canary.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import { Rig, type FakeScenario, type RigOptions } from '../rig/rig.ts'
import type { Answer, World } from '../rig/world.ts'

const CANARY = { requests: ['page'], ratePerSecond: 10, burst: 8 } as const
const GOOD: Answer = { ok: true, latencyMs: 20 }
const BURST = 'canary: 8 at once'
const INJECT = 'inject cut on back'
/** So many before anything is broken. */
const FIRST = 4
const FIRST_BURSTS = Array.from({ length: FIRST }, () => BURST)

/** Of a burst, 0 to 3 before anything is broken, by the place among its requests. */
type Answers = (burst: number, place: number) => Answer

function bursting(world: World, answer: Answers): void {
  let bursts = -1
  world.answerAtOnce = (_atMs, place) => {
    if (place === 0) bursts += 1
    return answer(bursts, place)
  }
}

function rigOf(answer: Answers, given: RigOptions = {}): Rig {
  const rig = new Rig({ stacks: [{ descriptor: { canary: CANARY } }], ...given })
  bursting(rig.world, answer)
  return rig
}

const capacity = ({ expectations }: ScenarioResult) => expectations.find(({ text }) => text === 'capacity')
const lateAfter = (first: number): Answers => {
  return (burst) => ({ ok: true, latencyMs: burst < first ? 20 : 900 })
}
/** A part of a burst fails. */
const partly = (isBad: (burst: number) => boolean): Answers => {
  return (burst, place) => (isBad(burst) && place > 5 ? { ok: false, latencyMs: 5, error: 'status 429' } : GOOD)
}

describe('a burst', () => {
  it('is sent before the first fault and after each recovery, at the same rate of the others, and none where none is asked for', async () => {
    const rig = rigOf(() => GOOD, { scenarios: [{}, {}] })
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed'])
    expect(rig.noted(BURST, INJECT)).toEqual([...FIRST_BURSTS, INJECT, BURST, INJECT, BURST])
    const rates = rig.noted('canary: ').flatMap((line, place, all) => (line === BURST ? [all[place - 1]] : []))
    expect(rates).toEqual(Array.from({ length: FIRST + 2 }, () => 'canary: usual pace'))
    // Until the next fault as densely as ever.
    expect(rig.noted('canary: ').at(-1)).toBe('canary: 20 a second')
    expect(results.map(({ phases }) => phases.filter(({ name }) => name === 'capacity').length)).toEqual([2, 1])
    const without = new Rig()
    expect(capacity(await without.result())).toBeUndefined()
    expect(without.noted(BURST)).toEqual([])
  })

  it('comes before anything is looked at, or made ready', async () => {
    const rig = rigOf(() => GOOD)
    const { phases } = await rig.result()
    expect(phases.map(({ name }) => name).filter((name) => ['capacity', 'steady', 'plan', 'recovery'].includes(name))).toEqual([
      ...['capacity', 'steady', 'plan', 'recovery', 'capacity'],
    ])
    // The first ones at once one after the other.
    expect(phases.flatMap(({ name, durationMs }) => (name === 'capacity' ? [durationMs] : []))).toEqual([80, 20])
  })

  it('is held against the one before', async () => {
    const result = await rigOf((_burst, place) => ({ ok: true, latencyMs: 20 + place * 10 })).result()
    expect(capacity(result)).toEqual({
      ...{ phase: 'after', text: 'capacity', met: true, observed: '8 × good, the last after 90 ms' },
      expected: '8 requests at once all served, the last within 390 ms (90 ms before)',
    })
  })

  it.each([
    ['one and a half times what it took before', [800, 800, 800, 800], 1_200, 1_201],
    ['a margin above it', [20, 20, 20, 20], 320, 321],
    ['the quicker one: what has just started is slow', [900, 900, 900, 20], 320, 321],
    ['the quicker one, whichever', [20, 900, 900, 900], 320, 321],
  ])('is late from %s on', async (_what, firstMs, last, late) => {
    const judged = async (afterMs: number) =>
      capacity(await rigOf((burst) => ({ ok: true, latencyMs: firstMs[burst] ?? afterMs })).result())
    expect((await judged(last))?.met).toBe(true)
    expect((await judged(late))?.met).toBe(false)
  })

  it('is held against the quickest so far on the same stack', async () => {
    const rig = rigOf((burst) => ({ ok: true, latencyMs: [600, 600, 600, 600, 500, 20, 321][burst] ?? 321 }), {
      scenarios: [{}, {}, {}],
    })
    const { results } = await rig.run()
    expect(results.map((one) => capacity(one)?.expected.slice(40))).toEqual([
      'within 900 ms (600 ms before)',
      'within 800 ms (500 ms before)',
      'within 320 ms (20 ms before)',
    ])
    expect(results.map((one) => capacity(one)?.met)).toEqual([true, true, false])
  })

  it('that is late is repeated until the recovery must have been, and a miss then', async () => {
    const rig = rigOf(lateAfter(FIRST), { scenarios: [{ recoveryLimitSeconds: 12 }] })
    const result = await rig.result()
    expect(result.verdict).toBe('failed')
    const tries = rig.noted(BURST).length - FIRST
    expect(result.reasons).toEqual([
      `capacity: expected 8 requests at once all served, the last within 320 ms (20 ms before), observed 8 × good, the last after 900 ms, at the last of ${tries} tries`,
    ])
    // The look before it took two to three of the twelve seconds.
    expect(tries).toBeGreaterThanOrEqual(6)
    expect(tries).toBeLessThanOrEqual(8)
    expect(result.recovery.recovered).toBe(true)
  })

  it('may be late three times at least, however short the recovery', async () => {
    const rig = rigOf(lateAfter(FIRST), { scenarios: [{ recoveryLimitSeconds: 1 }] })
    await rig.result()
    expect(rig.noted(BURST)).toHaveLength(FIRST + 3)
  })

  it('has the time that it takes, beside the limit of the recovery', async () => {
    const rig = rigOf((burst) => ({ ok: true, latencyMs: burst < FIRST ? 20 : CANARY_DEADLINE_MS }), {
      scenarios: [{ recoveryLimitSeconds: 1 }],
    })
    const result = await rig.result()
    expect([result.verdict, capacity(result)?.observed]).toEqual([
      ...['failed', '8 × good, the last after 15000 ms, at the last of 3 tries'],
    ])
  })

  it('that is late for a while only is none that was lost', async () => {
    const result = await rigOf((burst) => ({ ok: true, latencyMs: burst === FIRST || burst === FIRST + 1 ? 900 : 20 })).result()
    expect([result.verdict, capacity(result)?.observed]).toEqual(['passed', '8 × good, the last after 20 ms'])
  })

  it('of which one fails is a miss at once, and no relapse', async () => {
    const rig = rigOf(partly((burst) => burst >= FIRST))
    const result = await rig.result()
    expect(result.reasons).toEqual([
      expect.stringMatching(/^capacity: .*, observed 6 × good, 2 × status 429, the last after 20 ms$/),
    ])
    expect([result.verdict, result.recovery.recovered]).toEqual(['failed', true])
    expect(rig.noted(BURST)).toHaveLength(FIRST + 1)
  })

  it('some of which nobody knows the outcome of is a miss', async () => {
    const rig = rigOf(() => GOOD)
    const { answerAtOnce } = rig.world
    let asked = 0
    rig.world.answerAtOnce = (atMs, place) => {
      asked += 1
      return asked > FIRST * 8 + 4 ? null : answerAtOnce(atMs, place)
    }
    expect(capacity(await rig.result())).toMatchObject({ met: false, observed: '4 × good, the last after 20 ms' })
  })

  it('that is broken off is no miss', async () => {
    // Its end comes while the logs are read.
    const stacks = [{ descriptor: { canary: CANARY }, logs: { afterMs: 400 } }]
    const rig = rigOf(
      partly((burst) => burst >= FIRST),
      { stacks },
    )
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'capacity' && rig.noted(INJECT).length > 0, 10)
    const result = await rig.result()
    expect([result.verdict, capacity(result)]).toEqual(['error', undefined])
  })

  it('beside which others fail is a relapse', async () => {
    const rig = rigOf(() => ({ ok: true, latencyMs: 600 }))
    const { answer } = rig.world
    let isAfter = false
    rig.onEvent = (event) => {
      if (event.type === 'phase-started') isAfter = event.phase === 'capacity' && rig.noted(INJECT).length > 0
    }
    rig.world.answer = (atMs) => (isAfter ? { ok: false, latencyMs: 20, error: 'status 503' } : answer(atMs))
    const result = await rig.result()
    expect(result.reasons).toEqual([expect.stringMatching(/^relapse \d+ ms after the fault ended: status 503$/)])
  })

  it('is not sent where the system is not well already', async () => {
    const rig = rigOf(() => GOOD, { scenarios: [{ recoveryLimitSeconds: 1 }] })
    let hasBegun = false
    rig.world.answer = () => {
      hasBegun ||= rig.world.broken.size > 0
      return hasBegun ? { ok: false, latencyMs: 20, error: 'status 503' } : GOOD
    }
    expect((await rig.result()).recovery.recovered).toBe(false)
    expect(rig.noted(BURST)).toHaveLength(FIRST)
  })

  it.each([
    ['the first fails', (burst: number) => burst === 0, FIRST],
    ['the second fails', (burst: number) => burst === 1, FIRST],
    ['some fail', (burst: number) => burst < 5, 6],
  ])('may fail for a while when everything has just started: %s', async (_what, isBad, sent) => {
    const rig = rigOf(partly(isBad))
    expect((await rig.result()).verdict).toBe('passed')
    expect(rig.noted(BURST, INJECT).indexOf(INJECT)).toBe(sent)
  })

  it('that the stack never bears is no steady state, with what to do', async () => {
    const rig = rigOf(partly(() => true))
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toContain('8 requests at once were not borne, so nothing was injected: 6 × good, 2 × status 429')
    expect(result.reasons[0]).toContain('Give `burst` of the canary')
    // In 20 s, every half of a second.
    expect(rig.noted(BURST).length).toBeGreaterThan(35)
    expect(rig.noted(BURST).length).toBeLessThan(42)
    expect(rig.noted(INJECT)).toEqual([])
  })

  it('is waited for no longer than a steady state', async () => {
    // The twentieth of them ends with the 20 s.
    const rig = rigOf(() => ({ ok: false, latencyMs: 525, error: 'status 503' }))
    expect((await rig.result()).verdict).toBe('error')
    expect(rig.noted(BURST)).toHaveLength(20)
  })

  it('says nothing of what is usual, nor do those beside it', async () => {
    const rig = rigOf(() => ({ ok: true, latencyMs: 1_900 }), { scenarios: [{}, {}] })
    const { clock, answerAtOnce } = rig.world
    let slowUntilMs = 0
    rig.world.answerAtOnce = (atMs, place) => {
      slowUntilMs = Number(clock.nowMs()) + 1_900
      return answerAtOnce(atMs, place)
    }
    const { answer } = rig.world
    // Slower than a steady state may be, which would be waited for in vain.
    rig.world.answer = (atMs) => {
      const isSlow = Number(atMs) < slowUntilMs || rig.world.broken.size > 0
      return isSlow ? { ok: true, latencyMs: 1_000 } : answer(atMs)
    }
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed'])
    const steadyMs = results.map(({ phases }) => phases.find(({ name }) => name === 'steady')?.durationMs)
    // The look after the recovery before it has shown it already.
    expect(steadyMs[1]).toBe(0)
    expect(results.map(({ canary }) => [canary.steadyP50Ms, canary.slow])).toEqual([
      [20, 60],
      [20, 60],
    ])
  })

  it('is not sent under a load, which asks for many already', async () => {
    const load = { id: 'L', problem: () => null } as never
    const rig = rigOf(() => GOOD, { load })
    expect(capacity(await rig.result())).toBeUndefined()
    expect(rig.noted(BURST)).toEqual([])
  })
})

describe('capacity that was lost', () => {
  const two: FakeScenario[] = [{ recoveryLimitSeconds: 3 }, {}]

  it('is not held against the scenario after it, whose stack is made anew', async () => {
    let isLost = false
    const rig = new Rig({ stacks: [{ descriptor: { canary: CANARY } }], scenarios: two })
    rig.onEvent = (event) => {
      if (event.type === 'phase-started' && event.phase === 'recovery') isLost = rig.noted(INJECT).length === 1
      if (event.type === 'step-started') isLost = false
    }
    rig.world.answerAtOnce = () => ({ ok: true, latencyMs: isLost ? 900 : 20 })
    const { results } = await rig.run()
    expect(results.map((one) => [one.verdict, capacity(one)?.met])).toEqual([
      ['failed', false],
      ['passed', true],
    ])
    expect(rig.noted(BURST, INJECT, 'recreate').slice(0, FIRST + 1)).toEqual([...FIRST_BURSTS, INJECT])
    // It is measured anew on the new one.
    expect(rig.noted(BURST, INJECT, 'recreate').slice(-FIRST - 3)).toEqual(['recreate', ...FIRST_BURSTS, INJECT, BURST])
  })
})

describe('how many requests met the fault', () => {
  const answers = (rig: Rig): void => {
    let asked = 0
    rig.world.answer = () => {
      if (rig.world.broken.size === 0 && rig.given.options?.noInject !== true) return GOOD
      asked += 1
      if (asked % 4 === 0) return { ok: false, latencyMs: 20, error: 'status 503' }
      // Slow is from 171 ms on, by the steady 20 ms.
      return { ok: true, latencyMs: asked % 4 === 1 ? 171 : 170 }
    }
  }

  it('are those that failed, and those that were slower than before', async () => {
    const rig = new Rig()
    answers(rig)
    const { canary } = await rig.result()
    expect([canary.total, canary.failed, canary.slow]).toEqual([60, 15, 15])
  })

  it('is not told where there was none', async () => {
    const { canary } = await new Rig({ options: { noInject: true } }).result()
    expect([canary.total, canary.slow]).toEqual([60, null])
  })
})
