import { systemClock } from '../../core/time/clock.ts'
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { summarizeCanary, type CanarySample } from '../../core/canary.ts'
import type { CanarySpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { canaryClause } from './clause.ts'
import { begin, descriptor, GET, openContext, stack } from '../shared/context.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function sample(intendedMs: Mono, latencyMs: number, status = 200): CanarySample {
  const ok = status === 200
  const error = ok ? null : `status ${status}`
  return { intendedMs, sentMs: intendedMs, doneMs: later(intendedMs, latencyMs), status, ok, error }
}

interface Judged {
  readonly observation: Observation
  /** The span that was asked for, from the window's start, and when. */
  readonly asked: readonly [fromMs: number, toMs: number, atMs: number]
}

/** Judges a window of 6 s in which ten requests a second are answered as `answer` says. */
async function judge(
  spec: CanarySpec,
  answer: (place: number) => Partial<CanarySample>,
  changes: Partial<ClauseContext> = {},
  before: readonly CanarySample[] = [sample(mono(0), 20)],
): Promise<Judged> {
  let asked: Judged['asked'] = [Number.NaN, Number.NaN, Number.NaN]
  const steady = summarizeCanary(before, mono(0), mono(1))
  const { ctx, open } = openContext(6_000, {
    canary: {
      steady,
      samples(fromMs, toMs) {
        asked = [msBetween(startMs, fromMs), msBetween(startMs, toMs), msBetween(startMs, systemClock.nowMs())]
        return Promise.resolve(
          Array.from({ length: 60 }, (_, place) => ({ ...sample(later(fromMs, 100 * place), 20), ...answer(place) })),
        )
      },
    },
    ...changes,
  })
  const startMs = systemClock.nowMs()
  open()
  const observed = (await begin(canaryClause.expect(spec, 'during'), ctx)).observe(ctx)
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  return { observation: await observed, asked }
}

it('asks for the requests of the planned window, when that is over', async () => {
  const { observation, asked } = await judge({ success_rate: 0.97 }, () => ({}))
  expect(asked).toEqual([0, 6_000, 6_000])
  expect(observation).toEqual({ expected: '≥ 97 % good', observed: '100 % of 60', met: true })
})

it('leaves out good answers that came after the planned end, whatever the clock says then', async () => {
  const spec = { answers: { status: [503], share: 1 } }
  const { observation } = await judge(spec, (place) =>
    place < 40 ? { status: 503, ok: false } : { doneMs: later(systemClock.nowMs(), 1) },
  )
  expect(observation).toMatchObject({
    observed: '100 % of 40 (40 × 503), 20 good answers after the window not counted',
    met: true,
  })
})

it('compares with the steady state, and with what the faults of the scenario add', async () => {
  const spec = { slower_by_fault: { tolerance: 0.1 } }
  const slow = (place: number): Partial<CanarySample> => ({ doneMs: mono(performance.now() - 6_000 + 100 * place + 520) })
  const { observation } = await judge(spec, slow, { canaryDelayMs: 500 })
  expect(observation).toEqual({
    expected: 'median slower by 500 ms ± 10 %',
    observed: 'slower by 500 ms (20 ms before, 520 ms during, 60 good requests)',
    met: true,
  })
})

it('takes for what the steady state varied by that of its good answers only', async () => {
  const good = Array.from({ length: 6 }, () => sample(mono(0), 20))
  const bad = Array.from({ length: 4 }, () => sample(mono(0), 15_000, 503))
  const slow = (place: number): Partial<CanarySample> => ({ doneMs: mono(performance.now() - 6_000 + 100 * place + 620) })
  const spec = { slower_by_fault: { tolerance: 0.1 } }
  const { observation } = await judge(spec, slow, { canaryDelayMs: 500 }, [...good, ...bad])
  expect(observation).toMatchObject({
    observed: 'slower by 600 ms (20 ms before, 620 ms during, 60 good requests)',
    met: false,
  })
})

it('judges nothing for who was cancelled when the window ended', async () => {
  const controller = new AbortController()
  const { ctx, open } = openContext(6_000)
  open()
  const clause = await begin(canaryClause.expect({ success_rate: 1 }, 'during'), ctx)
  const observed = clause.observe({ ...ctx, signal: controller.signal })
  observed.catch(() => undefined)
  controller.abort(new Error('enough'))
  await vi.advanceTimersByTimeAsync(10_000)
  await expect(observed).rejects.toThrow('enough')
})

it('is told by its clause', () => {
  const { kind, text } = canaryClause.expect({ success_rate: 0.97 }, 'during')
  expect([kind, text]).toEqual(['canary', 'canary: ≥ 97 % good'])
})

it('cannot ask for statuses of a canary that speaks gRPC', () => {
  const grpc = descriptor({ requests: { page: { ...GET, http: null, protocol: 'gRPC' } } })
  const answers = canaryClause.expect({ answers: { status: [503], share: 1 } }, 'during')
  expect(answers.missing(descriptor())).toEqual([])
  expect(answers.missing(grpc)).toEqual([
    { path: [], message: 'asks for HTTP statuses, and the request "page" is one of gRPC, which has none' },
  ])
  expect(canaryClause.expect({ success_rate: 1 }, 'during').missing(grpc)).toEqual([])
})

it('judges all that the canary sends where that is the one request asked for: they have no name then', async () => {
  const { observation } = await judge({ request: 'page', success_rate: 1 }, () => ({}))
  expect(observation).toEqual({ expected: '≥ 100 % good', observed: '100 % of 60', met: true })
})

describe('a canary whose requests take turns', () => {
  const requests = { page: GET, stream: GET }
  const turns = descriptor({ requests, canary: { requests: ['page', 'stream'], ratePerSecond: 10 } })
  const named = (place: number): { request: string } => ({ request: place % 2 === 0 ? 'page' : 'stream' })
  const steady = [10, 20, 30, 40].map((latency, place) => ({ ...sample(mono(0), latency), ...named(place) }))

  it('is judged by each of them, against its own steady state', async () => {
    const slow = (place: number): Partial<CanarySample> => ({
      ...named(place),
      doneMs: mono(performance.now() - 6_000 + 100 * place + (place % 2 === 0 ? 510 : 520)),
    })
    const changes = { canaryDelayMs: 500, stack: stack({ descriptor: turns }) }
    const { observation } = await judge({ slower_by_fault: { tolerance: 0.01 } }, slow, changes, steady)
    expect(observation).toEqual({
      expected: 'median slower by 500 ms ± 1 %',
      observed:
        'page: slower by 500 ms (10 ms before, 510 ms during, 30 good requests) | stream: slower by 500 ms (20 ms before, 520 ms during, 30 good requests)',
      met: true,
    })
  })

  it('may be asked for one of them, which it must send', () => {
    const clause = canaryClause.expect({ request: 'stream', answers: { status: [200], share: 1 } }, 'during')
    expect([clause.text, clause.missing(turns)]).toEqual(['canary stream: ≥ 100 % answered 200', []])
    const only = descriptor({ requests })
    expect(clause.missing(only)).toEqual([{ path: [], message: 'the canary does not send the request "stream"; it sends page' }])
    const other = canaryClause.expect({ request: 'other', success_rate: 1 }, 'during')
    const more = { ...turns, requests: { ...requests, other: GET } }
    expect(other.missing(more)[0]?.message).toBe('the canary does not send the request "other"; it sends page, stream')
    const mixed = { ...turns, requests: { page: GET, stream: { ...GET, http: null, protocol: 'gRPC' } } }
    expect(clause.missing(mixed)[0]?.message).toContain('"stream" is one of gRPC')
    const page = canaryClause.expect({ request: 'page', answers: { status: [200], share: 1 } }, 'during')
    expect(page.missing(mixed)).toEqual([])
    const all = canaryClause.expect({ answers: { status: [200], share: 1 } }, 'during')
    expect(all.missing(mixed)[0]?.message).toContain('"stream" is one of gRPC')
  })
})
