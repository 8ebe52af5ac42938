/** Which requests are sent, when no more are, and which of them say nothing of the system. */
import { mono, wall } from '../../core/time/moment.fixture.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WorkloadSpec } from './spec.ts'
import type { BegunClause, Observation, SteadyClause } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { RequestOutcome } from '../../core/request.ts'
import type { PoolPort } from '../../ports/stack.ts'
import { hitAt } from '../container/container.fixture.ts'
import { descriptor, GET, openContext, stack } from '../shared/context.fixture.ts'
import { workloadClause } from './clause.ts'
import { WorkloadLanes } from './lanes.ts'

beforeEach(() => {
  vi.useFakeTimers()
  // A run has gone on for a while when a workload begins.
  vi.advanceTimersByTime(90_000)
})
afterEach(() => {
  vi.useRealTimers()
})

const SPEC: WorkloadSpec = { name: 'page', in_flight: 3, within_ms: 400, good_share: 0.5 }
const ASKED = workloadClause.expect(SPEC, 'during')
const GOOD: RequestOutcome = {
  ...{ status: 200, error: null, good: true, reason: null, firstByteMs: 1, totalMs: 60, bytes: 2, bodyHash: 'aa' },
  ...{ complete: true, body: 'ok' },
}
const REFUSED = { ...GOOD, status: null, error: 'ECONNREFUSED', good: false, reason: 'ECONNREFUSED', complete: false, totalMs: 1 }
const LATE = { ...GOOD, status: null, error: 'deadline', good: false, reason: 'deadline', complete: false }

/** How the nth request ends, and after how many ms. */
type Answer = (place: number) => readonly [RequestOutcome | Error, number]

interface System {
  readonly ctx: ClauseContext
  /** As if it had taken so long to answer in the steady state; the beginning is after that. */
  readonly steady: (answerMs: number) => Promise<SteadyClause>
  readonly open: () => void
  /** When each request was sent, ms from the beginning. */
  readonly sentMs: number[]
  /** Most that were under way at once. */
  readonly most: () => number
  readonly limits: unknown[]
}

const slowly: Answer = () => [GOOD, 60]

function system(answer: Answer, changes: Partial<ClauseContext> = {}): System {
  let startMs = performance.now()
  const sentMs: number[] = []
  const limits: unknown[] = []
  let [underWay, most] = [0, 0]
  const request: ClauseContext['request'] = async (spec, limit) => {
    const [outcome, tookMs] = answer(sentMs.length)
    sentMs.push(Math.round(performance.now() - startMs))
    limits.push([spec, limit])
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise((resolve) => setTimeout(resolve, tookMs))
    underWay -= 1
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  const running = stack({ descriptor: descriptor({ requests: { page: GET } }) })
  const { ctx, open } = openContext(500, { stack: running, request, ...changes })
  const steady = async (answerMs: number): Promise<SteadyClause> => {
    const answering = new Promise((resolve) => setTimeout(resolve, answerMs)).then(() => GOOD)
    const taking = ASKED.steady({ ...ctx, request: () => answering })
    await vi.advanceTimersByTimeAsync(answerMs)
    startMs = performance.now()
    return taking
  }
  return { ctx, steady, open, sentMs, most: () => most, limits }
}

async function begun(of: System, afterMs = 2_500, spreadMs = 0): Promise<BegunClause> {
  const beginning = (await of.steady(spreadMs)).begin(of.ctx)
  await vi.advanceTimersByTimeAsync(afterMs)
  return beginning
}

async function observe(of: System, clause: BegunClause): Promise<Observation> {
  const observed = clause.observe(of.ctx)
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  return observed
}

/** Lanes that begin 200 ms before the fault, as nobody waits for a pool, and what is seen of them. */
async function met(answer: Answer, changes: Partial<ClauseContext> = {}): Promise<{ of: System; seen: Observation }> {
  const of = system(answer, changes)
  const work = await begun(of, 200)
  of.open()
  return { of, seen: await observe(of, work) }
}

describe('requests of a workload', () => {
  it('are so many under way from before the fault to the end of its window, and no longer', async () => {
    const { of, seen } = await met(slowly)
    expect(seen).toMatchObject({
      observed: '3 under way when the fault came; 27 of 27 did, slowest 60 ms; 100 % good',
      met: true,
    })
    expect(of.most()).toBe(3)
    expect(of.sentMs.at(-1)).toBe(660)
    expect(of.limits[0]).toEqual([GET, { deadlineMs: 1_400, maxBytes: 8_388_608 }])
  })

  it('that the first hit has met count as well, where that came before inject had returned', async () => {
    const startMs = performance.now()
    const { seen } = await met(slowly, {
      hits: () => [hitAt(wall(0), { atMs: mono(startMs + 80) }), hitAt(wall(0), { atMs: mono(startMs + 30) })],
    })
    expect(seen.observed).toBe('3 under way when the fault came; 36 of 36 did, slowest 60 ms; 100 % good')
  })

  it('are seen when one hangs and one is cut, among good ones', async () => {
    const cut = { ...GOOD, good: false, complete: false, error: 'ECONNRESET', answerId: 't-9' }
    const { seen } = await met((place) => (place === 10 ? [LATE, 1_400] : place === 13 ? [cut, 20] : [GOOD, 60]))
    expect(seen.met).toBe(false)
    expect(seen.observed).toMatch(/one sent 20 ms before the fault: no whole answer within 400 ms/)
    expect(seen.observed).toMatch(/t-9 sent 40 ms after the fault: status 200, ECONNRESET/)
  })

  it('are sent again after a failure, but to a dead entry not as fast as can be', async () => {
    const { of, seen } = await met(() => [REFUSED, 1])
    expect(seen).toMatchObject({ observed: expect.stringMatching(/no answer, ECONNREFUSED/) as string, met: false })
    // Each takes 1 ms, and 50 ms of pause follow.
    expect(of.sentMs.slice(0, 9)).toEqual([0, 0, 0, 51, 51, 51, 102, 102, 102])
  })

  it('that fail slowly are followed by the next at once', async () => {
    const { of } = await met(() => [REFUSED, 50])
    expect(of.sentMs.slice(0, 6)).toEqual([0, 0, 0, 50, 50, 50])
  })

  it('that are good are followed by the next at once, however quick they were', async () => {
    const { of } = await met(() => [GOOD, 10])
    expect(of.sentMs.slice(0, 9)).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20])
  })

  it('are 50000 at most', async () => {
    let asked = 0
    const request: ClauseContext['request'] = () => {
      asked += 1
      // No limit would be no end.
      if (asked > 50_010) work.stop()
      return Promise.resolve(GOOD)
    }
    const { ctx } = openContext(500, { request })
    const work = new WorkloadLanes(SPEC, GET, 0, ctx)
    expect(work.exhausted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect([asked, work.records.length, work.exhausted]).toEqual([50_000, 50_000, true])
  })

  it('that could not be sent are a mistake of ours, and leave it undecided', async () => {
    const { seen } = await met((place) => [place === 13 ? new Error('${TOKEN} has no value') : GOOD, 60])
    expect(seen).toMatchObject({
      observed: expect.stringMatching(/one sent 40 ms after the fault: could not be sent: \$\{TOKEN\} has no value;/) as string,
      met: null,
    })
  })

  it('that our own cancel cut short say nothing, and their lane ends', async () => {
    const { of, seen } = await met((place) => [place === 4 ? { ...GOOD, error: 'aborted', good: false } : GOOD, 60])
    expect(seen.met).toBe(true)
    // Two lanes go on.
    expect(of.sentMs).toHaveLength(3 + 3 + 2 * 10)
  })

  it('that do not end are not waited for longer than they may take', async () => {
    const of = system((place) => [GOOD, place === 4 ? 60_000 : 60])
    const work = await begun(of, 200)
    of.open()
    const startMs = performance.now()
    const observed = work.observe(of.ctx).then((seen) => [seen, performance.now() - startMs] as const)
    await vi.advanceTimersByTimeAsync(20_000)
    const [seen, tookMs] = await observed
    expect(seen).toMatchObject({
      observed: expect.stringMatching(/^3 under way when the fault came; .*; 1 had no end when we stopped looking;/) as string,
      met: null,
    })
    expect(tookMs).toBe(500 + 3_400)
    expect(ASKED.afterWindowMs).toBe(3_400)
  })
})

describe('the end of a workload', () => {
  async function observed(of: System, work: BegunClause): Promise<number> {
    of.open()
    const startMs = performance.now()
    const ended = work.observe(of.ctx).then(() => performance.now() - startMs)
    ended.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(20_000)
    return ended
  }

  it('is that of its last request', async () => {
    const of = system(() => [GOOD, 130])
    // Sent at 0, 130, …, 650; the window ends at 700.
    expect(await observed(of, await begun(of, 200))).toBe(780 - 200)
  })

  it('is not waited for by who was cancelled', async () => {
    const cancel = new AbortController()
    const of = system((place) => [GOOD, place === 4 ? 60_000 : 60], { signal: cancel.signal })
    const work = await begun(of, 200)
    setTimeout(() => {
      cancel.abort(new Error('enough'))
    }, 1_000)
    await expect(observed(of, work)).rejects.toThrow('waiting for the end of all requests page was cancelled')
  })
})

describe('the lanes of a workload begin', () => {
  it('spread over the time of one answer, so that a fault meets some of them in the middle whenever it comes', async () => {
    const of = system(() => [GOOD, 300])
    // The last begins after 200 ms, its spread ends after 300, and 200 follow for a part of the answer.
    const work = await begun(of, 500, 300)
    expect(of.sentMs).toEqual([0, 100, 200, 300, 400, 500])
    of.open()
    expect(await observe(of, work)).toMatchObject({ observed: expect.stringMatching(/^3 under way/) as string, met: true })
  })

  it('not at all when it is stopped before their turn', async () => {
    const of = system(slowly)
    const work = new WorkloadLanes(SPEC, GET, 300, of.ctx)
    await vi.advanceTimersByTimeAsync(50)
    work.stop()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(of.sentMs).toEqual([0])
  })
})

describe('the time of one answer', () => {
  async function taken(answer: Answer): Promise<readonly [number, number]> {
    const startMs = performance.now()
    const of = system(answer)
    const taking = ASKED.steady(of.ctx).then((steady) => [steady, performance.now() - startMs] as const)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(of.limits).toEqual([[GET, { deadlineMs: 1_400, maxBytes: 8_388_608 }]])
    const [steady, tookMs] = await taking
    // The lanes begin spread over it, the last of three after two thirds.
    const lanes = system(() => [GOOD, 60_000])
    const beginning = steady.begin(lanes.ctx)
    await vi.advanceTimersByTimeAsync(2_000)
    ;(await beginning).stop?.()
    return [lanes.sentMs[2] ?? Number.NaN, tookMs]
  }

  it.each<[string, Answer, number]>([
    ['is that of one request', slowly, 60],
    ['is also that of a bad one', () => [REFUSED, 30], 30],
    ['is none of a request that could not be sent', () => [new Error('${TOKEN} has no value'), 0], 0],
    ['is of interest for a second', () => [GOOD, 1_000], 1_000],
    ['is not waited for longer than that', () => [GOOD, 8_000], 1_000],
  ])('%s', async (_name, answer, ms) => {
    expect(await taken(answer)).toEqual([Math.floor((ms * 2) / 3), ms])
  })

  it('is not waited for when the scenario is cancelled', async () => {
    const cancel = new AbortController()
    const of = system(() => [GOOD, 800], { signal: cancel.signal })
    const taking = ASKED.steady(of.ctx)
    taking.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(100)
    cancel.abort(new Error('enough'))
    await vi.advanceTimersByTimeAsync(1)
    await expect(taking).rejects.toThrow('enough')
  })
})

describe('a workload ends', () => {
  it('with the window, also when nobody observes it yet', async () => {
    const of = system(() => [GOOD, 50])
    const work = await begun(of)
    of.open()
    await vi.advanceTimersByTimeAsync(650)
    const sent = of.sentMs.length
    await vi.advanceTimersByTimeAsync(200)
    expect(of.sentMs).toHaveLength(sent)
    expect(of.sentMs.at(-1)).toBe(2_950)
    expect((await observe(of, work)).met).toBe(true)
  })

  it('when it is stopped before the window was opened', async () => {
    const of = system(slowly)
    const work = await begun(of, 210)
    work.stop?.()
    work.stop?.()
    await vi.advanceTimersByTimeAsync(500)
    expect(of.sentMs).toHaveLength(3 * 4)
  })

  it('when it is stopped in a pause', async () => {
    const of = system(() => [REFUSED, 1])
    const work = await begun(of, 230)
    work.stop?.()
    await vi.advanceTimersByTimeAsync(500)
    expect(of.sentMs).toHaveLength(3 * 5)
  })

  it('when the scenario is cancelled', async () => {
    const cancel = new AbortController()
    const of = system(slowly, { signal: cancel.signal })
    const work = await begun(of, 200)
    of.open()
    const observed = work.observe(of.ctx)
    observed.catch(() => undefined)
    cancel.abort(new Error('enough'))
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(observed).rejects.toThrow('enough')
    expect(of.sentMs).toHaveLength(3 * 4)
  })

  it('when the scenario is cancelled before the fault', async () => {
    const cancel = new AbortController()
    const of = system(slowly, { signal: cancel.signal })
    const beginning = (await of.steady(0)).begin(of.ctx)
    beginning.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(100)
    cancel.abort(new Error('enough'))
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(beginning).rejects.toThrow('enough')
    expect(of.sentMs).toHaveLength(3 * 2)
  })
})

/** A pool whose one member works on as many requests as `inFlight` says. */
function poolOf(inFlight: () => number): PoolPort {
  const one = { id: 'w-1', state: 'busy', meaning: 'busy' as const, container: 'w' }
  return { members: () => Promise.resolve([{ ...one, inFlight: inFlight() }]), stop: () => Promise.resolve() }
}

describe('a workload on a pool has begun, after 200 ms for a part of each answer,', () => {
  async function beginning(
    pool: PoolPort,
    sent: number[],
    spreadMs = 0,
  ): Promise<{ readonly endedMs: number; readonly warnings: readonly string[] }> {
    const warnings: string[] = []
    const of = system(slowly, { log: { log: (level, text) => warnings.push(`${level}: ${text}`) } })
    const steady = await of.steady(spreadMs)
    const startMs = performance.now()
    const started = steady
      .begin({ ...of.ctx, stack: stack({ pool: () => pool, descriptor: of.ctx.stack.descriptor }) })
      .then((work) => {
        work.stop?.()
        return { endedMs: Math.round(performance.now() - startMs), warnings }
      })
    await vi.advanceTimersByTimeAsync(10_000)
    sent.push(...of.sentMs)
    return started
  }

  it('when that works on most of its requests, besides those that it had', async () => {
    const startMs = performance.now()
    // Two it had before; of three, two are most.
    const inFlight = (): number => (performance.now() - startMs < 60 ? 2 : performance.now() - startMs < 100 ? 3 : 4)
    const sent: number[] = []
    expect(await beginning(poolOf(inFlight), sent)).toEqual({ endedMs: 300, warnings: [] })
    expect(sent[0]).toBe(0)
  })

  it('when its last lane has begun, where the pool has most of them before', async () => {
    const sent: number[] = []
    // After the 900 ms of the steady state.
    const startMs = performance.now() + 900
    const inFlight = (): number => (performance.now() - startMs < 60 ? 0 : 3)
    expect(await beginning(poolOf(inFlight), sent, 900)).toMatchObject({ endedMs: 1_100 })
  })

  it('all the same after two seconds where the pool never has most of them', async () => {
    expect(
      await beginning(
        poolOf(() => 1),
        [],
      ),
    ).toEqual({ endedMs: 2_200, warnings: [] })
  })

  it('not for who was cancelled meanwhile', async () => {
    const cancel = new AbortController()
    const of = system(slowly, { signal: cancel.signal, stack: stack({ pool: () => poolOf(() => 1) }) })
    const starting = (await of.steady(0)).begin(of.ctx)
    starting.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(100)
    cancel.abort(new Error('enough'))
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(starting).rejects.toThrow('waiting for 3 requests page at the pool was cancelled')
  })

  it('at once where the pool cannot be read, which is told', async () => {
    const broken = { ...poolOf(() => 1), members: () => Promise.reject(new Error('status 502')) }
    const warning = 'warn: whether requests page have reached the pool is not known: status 502'
    const sent: number[] = []
    expect(await beginning(broken, sent)).toEqual({ endedMs: 2_200, warnings: [warning] })
    expect(sent[0]).toBe(2_000)
    const hanging = { ...broken, members: () => new Promise<never>(() => undefined) }
    expect((await beginning(hanging, [])).warnings[0]).toMatch(/: what the members of the pool work on took longer than 1000 ms$/)
  })
})

it('names a request that the descriptor does not have, before anything is injected', async () => {
  const { ctx } = openContext(500)
  const unknown = Promise.resolve().then(() => workloadClause.expect({ ...SPEC, name: 'pag' }, 'during').steady(ctx))
  await expect(unknown).rejects.toThrow(/has no request 'pag'; it has: page/)
})

it('is told by its clause', () => {
  expect([ASKED.kind, ASKED.text]).toEqual([
    'workload',
    '3 requests page at a time: each ends within 400 ms, good or with an error that says so; ≥ 50 % good',
  ])
})
