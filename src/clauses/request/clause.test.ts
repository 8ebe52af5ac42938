import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/time/clock.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { RequestOutcome } from '../../core/request.ts'
import { begin, descriptor, GET, openContext, stack } from '../shared/context.fixture.ts'
import { requestClause } from './clause.ts'

const OUTCOME: RequestOutcome = {
  ...{ status: 200, error: null, good: true, reason: null, firstByteMs: 10, totalMs: 900, bytes: 20, bodyHash: 'aa' },
  ...{ complete: true, body: '{}' },
}
const SPEC = { name: 'page', within_ms: 4_000, same_as_steady: true }
const ASKED = requestClause.expect(SPEC, 'during')

type Limits = Parameters<ClauseContext['request']>[1]

/** A context in which the request ends so, and what was asked for. */
function answering(outcome: Partial<RequestOutcome>): { readonly ctx: ClauseContext; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const request = (spec: unknown, limits: Limits): Promise<RequestOutcome> => {
    asked.push([spec, limits])
    return Promise.resolve({ ...OUTCOME, ...outcome })
  }
  return { ctx: openContext(6_000, { request, stack: stack({ descriptor: descriptor({ name: 'rbee' }) }) }).ctx, asked }
}

/** How the request ends in the steady state, and how while the fault bites. */
async function observe(before: Partial<RequestOutcome>, during: Partial<RequestOutcome> = {}): Promise<Observation> {
  const clause = await begin(ASKED, answering(before).ctx)
  return clause.observe(answering(during).ctx)
}

describe('the steady answer of a request', () => {
  it('has fifteen seconds', async () => {
    const { ctx, asked } = answering({})
    await ASKED.steady(ctx)
    expect(asked).toEqual([[GET, { deadlineMs: 15_000, maxBytes: 8_388_608 }]])
  })

  it.each<[Partial<RequestOutcome>, string]>([
    [{ good: false, reason: 'the body is not JSON', error: 'x' }, 'the body is not JSON'],
    [{ good: false, error: 'deadline', status: null }, 'deadline'],
    [{ good: false, status: null }, 'no answer'],
    [{ good: false, status: 503 }, 'status 503'],
  ])('that is not good, as %j, is none to compare with: %s', async (before, why) => {
    expect(await observe(before)).toMatchObject({
      observed: `no good answer in the steady state to compare with (${why})`,
      met: null,
    })
  })
})

describe('a request under the fault', () => {
  it('has the time that its clause says, and is compared with the steady one by its hash', async () => {
    const { ctx, asked } = answering({})
    const clause = await begin(ASKED, answering({}).ctx)
    expect(await clause.observe(ctx)).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; the same body',
      met: true,
    })
    expect(asked).toEqual([[GET, { deadlineMs: 4_000, maxBytes: 8_388_608 }]])
    expect(await observe({ bytes: 30 }, { bodyHash: 'bb' })).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; another body: 20 bytes, 30 in the steady state',
      met: false,
    })
    expect(ASKED.afterWindowMs).toBe(4_000)
  })

  it('has another body than one of which no hash is known', async () => {
    expect(await observe({ bodyHash: null }, { bodyHash: null })).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; another body: 20 bytes, 20 in the steady state',
      met: false,
    })
  })
})

describe('a request that is to be answered so at some moment', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const asked = requestClause.expect({ name: 'page', within_ms: 4_000, eventually_within_seconds: 3 }, 'during')

  /** Sends it while the fault bites, which takes 100 ms each time, and is answered well or not; the first time is number 0. */
  async function observeUntil(isGood: (time: number) => boolean, before: Partial<RequestOutcome> = {}) {
    const clause = await begin(asked, answering(before).ctx)
    let sent = 0
    const request: ClauseContext['request'] = async () => {
      const good = isGood(sent)
      sent += 1
      await systemClock.sleep(100)
      return good ? OUTCOME : { ...OUTCOME, status: 503, good: false, reason: 'status 503' }
    }
    const { ctx, open } = openContext(6_000, { request })
    open()
    const observed = clause.observe(ctx)
    await vi.advanceTimersByTimeAsync(10_000)
    return { ...(await observed), sent }
  }

  it('is sent twice a second until it is', async () => {
    expect(await observeUntil((time) => time === 2)).toEqual({
      expected: 'a good answer within 4000 ms, eventually within 3 s',
      observed: 'status 200, good, 20 bytes after 900 ms; after 1.10 s',
      ...{ met: true, sent: 3 },
    })
  })

  it('is missed by what was answered last, when the time has passed', async () => {
    expect(await observeUntil((time) => time === 7)).toEqual({
      expected: 'a good answer within 4000 ms, eventually within 3 s',
      observed: 'status 503, not good: status 503, 20 bytes after 900 ms; so at the last of 7 looks',
      ...{ met: false, sent: 7 },
    })
  })

  it('may take a while longer than its deadline to be sent', async () => {
    const clause = await begin(asked, answering({}).ctx)
    const request: ClauseContext['request'] = async () => {
      await systemClock.sleep(4_500)
      return OUTCOME
    }
    const { ctx, open } = openContext(6_000, { request })
    open()
    const observed = clause.observe(ctx)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await observed).toMatchObject({ met: true, observed: expect.stringMatching(/; after 4\.50 s$/) as string })
  })

  it('is sent once where there is nothing to compare with', async () => {
    expect(await observeUntil(() => false, { good: false, reason: 'status 500' })).toMatchObject({ met: null, sent: 1 })
  })

  it('is told by its clause', () => {
    expect(asked.text).toBe('request page: a good answer within 4000 ms, eventually within 3 s')
    expect(asked.afterWindowMs).toBe(9_000)
  })
})

it('a request that the descriptor does not have is told with those that it has', async () => {
  const { ctx } = answering({})
  const unknown = Promise.resolve().then(() => requestClause.expect({ ...SPEC, name: 'toString' }, 'during').steady(ctx))
  await expect(unknown).rejects.toMatchObject({
    code: 'TARGET_NOT_FOUND',
    message: "the stack 'rbee' has no request 'toString'; it has: page",
  })
  const two = { ...ctx, stack: stack({ descriptor: descriptor({ requests: { small: GET, large: GET } }) }) }
  const other = Promise.resolve().then(() => ASKED.steady(two))
  await expect(other).rejects.toThrow("the stack 'test' has no request 'page'; it has: small, large")
  const empty = { ...ctx, stack: stack({ descriptor: descriptor({ name: 'rbee', requests: {} }) }) }
  const none = Promise.resolve().then(() => ASKED.steady(empty))
  await expect(none).rejects.toThrow("the stack 'rbee' has no request 'page'; it has: none")
})

it('is told by its clause', () => {
  expect([ASKED.kind, ASKED.text]).toEqual([
    'request',
    'request page: a good answer within 4000 ms; the same body as in the steady state',
  ])
})

it('cannot ask for a status of a request of gRPC', () => {
  const grpc = descriptor({ requests: { page: { ...GET, http: null, protocol: 'gRPC' } } })
  const status = requestClause.expect({ name: 'page', within_ms: 1, status: [503] }, 'during')
  expect(status.missing(descriptor())).toEqual([])
  expect(status.missing(grpc)).toMatchObject([{ message: expect.stringContaining('is one of gRPC, which has none') as string }])
  expect(ASKED.missing(grpc)).toEqual([])
})

it('tells a request that there is not by its name alone, whatever statuses are asked of it', () => {
  const clause = requestClause.expect({ name: 'pgae', within_ms: 5, status: [507] }, 'during')
  expect(clause.missing(descriptor()).map(({ path }) => path)).toEqual([['name']])
})
