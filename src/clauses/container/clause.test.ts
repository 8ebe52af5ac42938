/** Which containers a clause asks after, from when on, and for how long it looks. */
import { systemClock } from '../../core/time/clock.ts'
import { later, msBetween } from '../../core/time/moment.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ContainerSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { Hit } from '../../kinds/context.ts'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'
import { hitAt, state } from './container.fixture.ts'
import { containerClause } from './clause.ts'
import { begin, containers, openContext } from '../shared/context.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** From inject on. */
interface AtMs {
  readonly atMs: number
}

/** What happens, ms from inject on. */
interface History {
  /** At `begin`, half a second before inject. */
  readonly before?: readonly ContainerState[]
  readonly states?: (id: string, atMs: number) => ContainerState | null
  readonly events?: readonly (Omit<ContainerEvent, 'atMs' | 'attributes' | 'service'> & AtMs & { readonly exitCode?: string })[]
  readonly hits?: readonly (Omit<Partial<Hit>, 'atMs' | 'atWallMs'> & AtMs)[]
  readonly lateMs?: number
  readonly signal?: AbortSignal
}

interface Seen {
  readonly observation: Observation
  readonly endedMs: number
  readonly looksMs: readonly number[]
}

const one = state({ pid: 100 })
const two = state({ id: 'w2', name: 'worker-2', pid: 101 })

async function observe(spec: Partial<ContainerSpec>, history: History): Promise<Seen> {
  const looksMs: number[] = []
  let injectedMs = later(systemClock.wallMs(), 500)
  const nowMs = (): number => msBetween(injectedMs, systemClock.wallMs())
  const told = (history.events ?? []).map(({ exitCode, atMs, ...event }) => ({
    ...{ ...event, atMs: later(injectedMs, atMs), service: 'worker', attributes: exitCode === undefined ? {} : { exitCode } },
  }))
  const { ctx, open } = openContext(6_000, {
    hits: () => (history.hits ?? []).map(({ atMs, ...hit }) => hitAt(later(injectedMs, atMs), hit)),
    containers: containers({
      list: () => Promise.resolve([...(history.before ?? [one, two])]),
      inspect: (id) => {
        looksMs.push(nowMs())
        const now = (history.before ?? [one, two]).find((container) => container.id === id) ?? null
        return Promise.resolve(history.states === undefined ? now : history.states(id, nowMs()))
      },
      events: (sinceWallMs) => told.filter(({ atMs }) => atMs >= sinceWallMs && atMs <= systemClock.wallMs()),
    }),
    ...(history.signal === undefined ? {} : { signal: history.signal }),
  })
  const clause = await begin(containerClause.expect({ service: 'worker', ...spec }, 'during'), ctx)
  await vi.advanceTimersByTimeAsync(500)
  open()
  injectedMs = ctx.injectedAtWallMs
  await vi.advanceTimersByTimeAsync(history.lateMs ?? 0)
  const observed = clause.observe(ctx).then((observation) => ({ observation, endedMs: nowMs(), looksMs }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  return observed
}

const died = (atMs: number, containerId = 'w1', exitCode = '137'): NonNullable<History['events']>[number] => ({
  ...{ atMs, containerId, action: 'die', exitCode },
})
const started = (atMs: number, containerId = 'w1'): NonNullable<History['events']>[number] => ({
  ...{ atMs, containerId, action: 'start' },
})

describe('the containers of a clause', () => {
  it('are those that were hit where it says so, their times counted from the hit', async () => {
    const { observation } = await observe(
      { hit: true, died_within_seconds: 1 },
      { hits: [{ atMs: 2_000 }], events: [died(2_300), started(2_400)], states: () => state() },
    )
    expect(observation).toMatchObject({ observed: expect.stringMatching(/^worker-1 died after 0.30 s/) as string, met: true })
  })

  it('are otherwise all of the service, those that were not hit counted from inject', async () => {
    const { observation } = await observe(
      { died_within_seconds: 3 },
      {
        hits: [{ atMs: 2_000 }],
        events: [died(2_300), died(2_500, 'w2')],
        states: (id) => state({ id, status: 'exited', pid: 0 }),
      },
    )
    expect(observation).toMatchObject({
      observed: '2 of 2 did: worker-1 died after 0.30 s with exit code 137; worker-2 died after 2.50 s with exit code 137',
      met: true,
    })
  })

  it('are not those of another service, though they were hit', async () => {
    const hits = [{ atMs: 0, service: 'queen', name: 'queen-1', containerId: 'q1' }]
    expect((await observe({ hit: true, exit_code: 137 }, { hits })).observation).toMatchObject({
      observed: 'nothing was hit of worker (only queen-1)',
      met: null,
    })
  })

  it('are asked after the first hit of each, though it was hit again', async () => {
    const hits = [{ atMs: 1_000 }, { atMs: 3_500, containerId: 'w2', name: 'worker-2', pid: 101 }, { atMs: 4_000 }]
    const { observation } = await observe(
      { hit: true, exit_code: 137 },
      { hits, events: [died(1_100), died(3_600, 'w2')], states: (id) => state({ id, pid: 0, status: 'exited' }) },
    )
    expect(observation.observed).toBe(
      '2 of 2 did: worker-1 died after 0.10 s with exit code 137; worker-2 died after 0.10 s with exit code 137',
    )
  })

  it.each<[string, number, boolean]>([
    ['up to a second before the hit was told', 1_000, true],
    ['no longer before it', 999, false],
  ])('have died of the fault %s', async (_when, diedMs, met) => {
    const history = { hits: [{ atMs: 2_000 }], events: [died(diedMs)], states: () => state({ pid: 0, status: 'exited' }) }
    expect((await observe({ hit: true, exit_code: 137 }, history)).observation.met).toBe(met)
  })

  it('that were not hit have died of it from the beginning of the probe on', async () => {
    const down = { states: (id: string) => state({ id, pid: 0, status: 'exited' }), before: [one] }
    expect((await observe({ exit_code: 137 }, { ...down, events: [died(-500)] })).observation.met).toBe(true)
    expect((await observe({ exit_code: 137 }, { ...down, events: [died(-501)] })).observation.met).toBe(false)
  })

  it('have survived it where they are still the process that was hit, or that was there before', async () => {
    const history = { before: [one], hits: [{ atMs: 2_000 }], events: [died(1_500)] }
    const observed = 'worker-1 did not die (running)'
    expect((await observe({ hit: true, exit_code: 137 }, history)).observation).toMatchObject({ observed, met: false })
    expect((await observe({ exit_code: 137 }, { ...history, hits: [] })).observation).toMatchObject({ observed, met: false })
  })

  it('may be gone in the end', async () => {
    const { observation } = await observe(
      { hit: true, died_within_seconds: 1, running_again_within_seconds: 1 },
      { hits: [{ atMs: 2_000 }], events: [died(2_300)], states: () => null },
    )
    expect(observation).toMatchObject({
      observed: 'worker-1 died after 0.30 s with exit code 137, not running again (gone)',
      met: false,
    })
  })

  it('are only those that were hit for its calm, too', async () => {
    const { observation } = await observe({ hit: true, survives: true }, { hits: [{ atMs: 2_000 }], events: [died(2_300, 'w2')] })
    expect(observation).toMatchObject({ observed: 'none of 1 (worker-1) died or was restarted', met: true })
  })

  it('whose pid was not known are not taken for the same process', async () => {
    const still = state({ pid: 0 })
    const history: History = { before: [still], hits: [{ atMs: 0, pid: 0 }], events: [died(100)], states: () => still }
    expect((await observe({ hit: true, exit_code: 137 }, history)).observation.met).toBe(true)
    expect((await observe({ exit_code: 137 }, { ...history, hits: [] })).observation.met).toBe(true)
  })
})

describe('how long it is looked', () => {
  it('to the end of the window where only calm is asked, and not at what came after it', async () => {
    const { observation, endedMs, looksMs } = await observe({ survives: true }, { events: [died(6_001)] })
    expect([observation.met, endedMs]).toEqual([true, 6_000])
    expect(new Set(looksMs)).toEqual(new Set([6_000]))
    expect((await observe({ survives: true }, { events: [died(-500)] })).observation).toMatchObject({
      observed: 'worker-1 died with exit code 137 while the fault was injected',
      met: false,
    })
    expect((await observe({ survives: true }, { events: [died(-501)] })).observation.met).toBe(true)
  })

  it('until now where it is looked after the fault: undoing it may disturb as well', async () => {
    const { observation, endedMs } = await observe({ survives: true }, { events: [died(8_000)], lateMs: 8_500 })
    expect(observation).toMatchObject({ observed: 'worker-1 died with exit code 137 after 8.00 s', met: false })
    expect(endedMs).toBe(8_500)
  })

  it('until the fate of each is settled', async () => {
    const spec = { hit: true, died_within_seconds: 1, running_again_within_seconds: 5 }
    const back = {
      hits: [{ atMs: 3_000 }, { atMs: 3_000, containerId: 'w2', name: 'worker-2', pid: 101 }],
      events: [died(3_100), started(7_050), died(3_100, 'w2'), started(3_500, 'w2')],
    }
    const { observation, endedMs } = await observe(spec, {
      ...back,
      states: (id, atMs) => (id === 'w1' && atMs < 7_050 ? state({ pid: 0, status: 'restarting' }) : state({ id })),
    })
    expect([observation.met, endedMs]).toEqual([true, 7_100])
  })

  it('no longer than that: what comes after it is of no concern', async () => {
    let looks = 0
    const { observation } = await observe(
      { hit: true, exit_code: 137 },
      {
        ...{ hits: [{ atMs: 3_000 }], events: [died(3_100)] },
        states: () => {
          // The first look is for the calm of the window.
          if ((looks += 1) > 2) throw new Error('the daemon is gone')
          return state({ pid: 0, status: 'exited' })
        },
      },
    )
    expect(observation.met).toBe(true)
  })

  it('no longer than the scenario goes on', async () => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 8_000)
    const cancelled = observe(
      { hit: true, running_again_within_seconds: 5 },
      {
        ...{ hits: [{ atMs: 5_000 }], events: [died(5_100)], states: () => state({ pid: 0, status: 'exited' }) },
        signal: controller.signal,
      },
    )
    await expect(cancelled).rejects.toThrow('waiting for the fate of the containers of worker was cancelled')
  })

  it('until the limits of the clause have passed', async () => {
    const spec = { hit: true, running_again_within_seconds: 5 }
    const { observation, endedMs } = await observe(spec, {
      ...{ hits: [{ atMs: 5_000 }], events: [died(5_100)], states: () => state({ pid: 0, status: 'exited' }) },
    })
    expect([observation.met, endedMs]).toEqual([false, 11_200])
    const longestMs = (asked: Partial<ContainerSpec>): number =>
      containerClause.expect({ service: 'worker', ...asked }, 'during').afterWindowMs
    expect(longestMs({ ...spec, died_within_seconds: 2 })).toBe(10_000)
    expect(longestMs({ exit_code: 1 })).toBe(3_000)
    expect(longestMs({ survives: true })).toBe(0)
  })

  it('no longer than all limits together, whatever becomes of it', async () => {
    // It falls again and again, and each time might come back.
    const spec = { hit: true, died_within_seconds: 1, running_again_within_seconds: 5 }
    const falls = Array.from({ length: 30 }, (_, index) => died(5_100 + index * 500))
    const { endedMs } = await observe(spec, {
      ...{ hits: [{ atMs: 5_000 }], events: [], states: (_id, atMs) => (atMs > 0 ? state({ pid: 100 }) : null) },
    })
    expect(endedMs).toBeLessThanOrEqual(6_000 + 9_000)
    const late = await observe(spec, {
      hits: [{ atMs: 5_000 }],
      events: falls,
      states: () => state({ pid: 0, status: 'exited' }),
    })
    expect([late.observation.met, late.endedMs]).toEqual([false, 11_200])
  })
})

describe('what cannot be read', () => {
  it('is an error, however long it was tried', async () => {
    const broken = observe(
      { hit: true, exit_code: 137 },
      {
        hits: [{ atMs: 5_500 }],
        states: (_id, atMs) => {
          if (atMs > 6_000) throw new Error('the daemon is gone')
          return one
        },
      },
    )
    await expect(broken).rejects.toThrow('the daemon is gone')
  })

  it('is a service without a container, told before anything is injected', async () => {
    await expect(observe({ survives: true }, { before: [] })).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: "the stack has no container of the service 'worker' to look at",
    })
  })
})

it('sees a container that turns unhealthy while the fault is on, though it is healthy again by then', async () => {
  const health = (atMs: number, is: string): NonNullable<History['events']>[number] => ({
    ...{ atMs, containerId: 'w2', action: `health_status: ${is}` },
  })
  const turned = await observe({ healthy: false }, { events: [health(3_000, 'unhealthy'), health(4_500, 'healthy')] })
  expect(turned.observation).toEqual({
    expected: 'at least one turned unhealthy',
    observed: 'worker-2 turned unhealthy after 3.00 s',
    met: true,
  })
  const tooLate = await observe({ healthy: false }, { events: [health(6_500, 'unhealthy')] })
  expect(tooLate.observation).toMatchObject({
    observed: 'none of 2 (worker-1, worker-2) turned unhealthy',
    met: false,
  })
  expect(containerClause.expect({ service: 'worker', healthy: false }, 'during').text).toBe(
    'containers of worker: at least one turned unhealthy',
  )
})

it('is told by its clause', () => {
  const { kind, text } = containerClause.expect({ service: 'worker', survives: true }, 'during')
  expect([kind, text]).toEqual(['container', 'containers of worker: none died or was restarted'])
})
