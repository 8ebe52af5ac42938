/** Which lines of a service's log count: those of the fault, and none before it. */
import { systemClock, type Clock } from '../../core/time/clock.ts'
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { wall } from '../../core/time/moment.fixture.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Expectation, Observation } from '../../kinds/clause.ts'
import type { LogLine } from '../../ports/docker.ts'
import { hitAt, state } from '../container/container.fixture.ts'
import { begin, containers, openContext } from '../shared/context.fixture.ts'
import { logClause } from './clause.ts'
import { logGapsClause } from '../log-gaps/clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Read {
  readonly observation: Observation
  /** From and until when the log was read, ms from inject on, and when that was. */
  readonly span: readonly [fromMs: number, untilMs: number, atMs: number]
}

/** Observes from `lateMs` after inject on a service that has logged these events. */
async function observe(
  clause: Expectation,
  {
    texts,
    lateMs = 0,
    hits = [],
    clock = systemClock,
  }: {
    readonly texts: readonly object[]
    readonly lateMs?: number
    readonly hits?: readonly number[]
    readonly clock?: Clock
  },
): Promise<Read> {
  let span: Read['span'] = [Number.NaN, Number.NaN, Number.NaN]
  const { ctx, open } = openContext(6_000, {
    clock,
    hits: () => hits.map((afterMs) => hitAt(later(injectedMs, afterMs))),
    containers: containers({
      list: () => Promise.resolve([state()]),
      logs: (_id, { sinceWallMs, untilWallMs }) => {
        span = [
          msBetween(injectedMs, sinceWallMs),
          msBetween(injectedMs, untilWallMs),
          msBetween(injectedMs, systemClock.wallMs()),
        ]
        return Promise.resolve(
          texts.map((text, atMs): LogLine => ({ atMs: wall(atMs), stream: 'stdout', text: JSON.stringify(text) })),
        )
      },
    }),
  })
  const begun = await begin(clause, ctx)
  open()
  const injectedMs = ctx.injectedAtWallMs
  await vi.advanceTimersByTimeAsync(lateMs)
  const observed = begun.observe(ctx)
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  return { observation: await observed, span }
}

async function cancelled(clause: Expectation): Promise<unknown> {
  const controller = new AbortController()
  const { ctx, open } = openContext(6_000)
  const begun = await begin(clause, ctx)
  open()
  const observed = begun.observe({ ...ctx, signal: controller.signal })
  observed.catch(() => undefined)
  controller.abort(new Error('enough'))
  await vi.advanceTimersByTimeAsync(10_000)
  return observed.catch((error: unknown) => String(error))
}

describe('the log of a service', () => {
  const clause = logClause.expect({ service: 'hive', matches: "event == 'removed'", at_least: 1 }, 'during')
  const texts = [{ event: 'removed' }]

  it('is read from inject to the end of the planned window, when that is over', async () => {
    const { observation, span } = await observe(clause, { texts: [...texts, { event: 'added' }] })
    expect(observation).toMatchObject({ observed: '1 of 2 JSON lines', met: true })
    expect(span).toEqual([0, 6_000, 6_000])
  })

  it('is read from the first hit on where that came before', async () => {
    const { span } = await observe(clause, { texts, hits: [-200, -350, 40] })
    expect(span).toEqual([-350, 6_000, 6_000])
  })

  it('is read until now in the phase after the fault', async () => {
    const { span } = await observe(clause, { texts, lateMs: 8_500 })
    expect(span).toEqual([0, 8_500, 8_500])
  })

  it('is not read for who was cancelled', async () => {
    expect(await cancelled(clause)).toBe('Error: enough')
  })

  it('is told by its clause', () => {
    expect([clause.kind, clause.text]).toEqual(['log', "log of hive: at least 1 line where event == 'removed'"])
  })
})

describe('the log of a service as text', () => {
  it.each<[object, boolean]>([
    [{ at_least: 1 }, true],
    [{ at_least: 2 }, false],
    [{ at_most: 0 }, false],
  ])('is matched by a pattern, of which there must be: %j', async (bounds, met) => {
    const clause = logClause.expect({ service: 'hive', line_regex: 'retry \\d', ...bounds }, 'during')
    const { observation } = await observe(clause, { texts: [{ event: 'retry 3' }, { event: 'retry soon' }, {}] })
    expect(observation).toMatchObject({ observed: '1 of 3 lines', met })
  })

  it.each<[Expectation, string]>([
    [logClause.expect({ service: 'hive', line_regex: 'retry', at_least: 1 }, 'during'), 'log: could not match all 2 lines'],
    [
      logGapsClause.expect(
        {
          ...{ service: 'queen', group_by_regex: 'task', from_regex: 'failed', to_regex: 'started' },
          ...{ growth: 1.5, min_gaps: 1, min_groups: 1, share: 1 },
        },
        'during',
      ),
      'log_gaps: could not match all 2 lines',
    ],
  ])('is told of a pattern that takes too long by the name of its clause', async (clause, problem) => {
    let asked = 0
    // Each look at it comes 20 s after the one before.
    const nowMs = (): Mono => later(systemClock.nowMs(), (asked += 20_000))
    const slow = observe(clause, { texts: [{}, {}], clock: { ...systemClock, nowMs } })
    await expect(slow).rejects.toThrow(problem)
  })
})

describe('the gaps in the log of a service', () => {
  const spec = {
    ...{ service: 'queen', group_by: 'task', from: "event == 'failed'", to: "event == 'started'" },
    ...{ growth: 1.5, min_gaps: 1, min_groups: 1, share: 1 },
  }
  const clause = logGapsClause.expect(spec, 'during')
  const texts = [
    { task: 'a', event: 'failed' },
    { task: 'a', event: 'started' },
  ]

  it('are looked for from inject until now, when the planned window is over', async () => {
    const { observation, span } = await observe(clause, { texts })
    expect(observation).toMatchObject({ observed: '100 % of 1 groups grow (median gaps 1 ms)', met: true })
    expect(span).toEqual([0, 6_000, 6_000])
    const late = await observe(clause, { texts, lateMs: 8_500 })
    expect(late.span).toEqual([0, 8_500, 8_500])
  })

  it('are not looked for for who was cancelled', async () => {
    expect(await cancelled(clause)).toBe('Error: enough')
  })

  it('are told by their clause', () => {
    expect(clause.kind).toBe('log_gaps')
    expect(clause.text).toMatch(/^log of queen, gaps by task: /)
  })
})
