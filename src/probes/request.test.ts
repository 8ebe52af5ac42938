import { describe, expect, it } from 'vitest'
import type { Json } from '../core/json.ts'
import type { Observation, ProbeContext, RequestOutcome } from '../core/ports.ts'
import { descriptor, GET, openContext, stack } from './context.fixture.ts'
import { requestExpectation } from './request.ts'

const OUTCOME: RequestOutcome = {
  ...{ status: 200, error: null, good: true, reason: null, firstByteMs: 10, totalMs: 900, bytes: 20, bodyHash: 'aa' },
  ...{ complete: true, body: '{}' },
}
const SPEC = { name: 'page', within_ms: 4_000, same_as_steady: true }

type Limits = Parameters<ProbeContext['request']>[1]

/** A context in which the request ends so, and what was asked for. */
function answering(outcome: Partial<RequestOutcome>): { readonly ctx: ProbeContext; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const request = (spec: unknown, limits: Limits): Promise<RequestOutcome> => {
    asked.push([spec, limits])
    return Promise.resolve({ ...OUTCOME, ...outcome })
  }
  return { ctx: openContext(6_000, { request, stack: stack({ descriptor: descriptor({ name: 'rbee' }) }) }).ctx, asked }
}

async function baselineOf(outcome: Partial<RequestOutcome>): Promise<Json | undefined> {
  return requestExpectation.baseline?.(SPEC, answering(outcome).ctx)
}

async function observe(baseline: Json, outcome: Partial<RequestOutcome> = {}): Promise<Observation> {
  return requestExpectation.observe(SPEC, baseline, answering(outcome).ctx, null)
}

describe('the steady answer of a request', () => {
  it('has fifteen seconds, and is kept by its hash', async () => {
    const { ctx, asked } = answering({})
    expect(await requestExpectation.baseline?.(SPEC, ctx)).toEqual({ good: true, why: 'status 200', bodyHash: 'aa', bytes: 20 })
    expect(asked).toEqual([[GET, { deadlineMs: 15_000, maxBytes: 8_388_608 }]])
  })

  it.each<[Partial<RequestOutcome>, string]>([
    [{ good: false, reason: 'the body is not JSON', error: 'x' }, 'the body is not JSON'],
    [{ good: false, error: 'deadline', status: null }, 'deadline'],
    [{ good: false, status: null }, 'no answer'],
    [{ good: false, status: 503 }, 'status 503'],
  ])('that is not good, as %j, says why: %s', async (outcome, why) => {
    const baseline = await baselineOf(outcome)
    expect(baseline).toMatchObject({ good: false, why })
    expect(await observe(baseline ?? null)).toMatchObject({
      observed: `no good answer in the steady state to compare with (${why})`,
      met: null,
    })
  })
})

describe('a request under the fault', () => {
  it('has the time that its clause says, and is compared with the steady one', async () => {
    const { ctx, asked } = answering({})
    const baseline = (await baselineOf({})) ?? null
    expect(await requestExpectation.observe(SPEC, baseline, ctx, null)).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; the same body',
      met: true,
    })
    expect(asked).toEqual([[GET, { deadlineMs: 4_000, maxBytes: 8_388_608 }]])
    expect(await observe(baseline, { bodyHash: 'bb' })).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; another body: 20 bytes, 20 in the steady state',
      met: false,
    })
    expect(requestExpectation.afterWindowMs?.(SPEC)).toBe(4_000)
  })

  it.each<[Json, string]>([
    [null, 'it was not sent'],
    ['good', 'it was not sent'],
    [[], 'it was not sent'],
    [{ good: 'yes', why: 7 }, 'unknown'],
    [{ good: false, why: 'status 500' }, 'status 500'],
  ])('is not compared with what is no steady answer: %j', async (baseline, why) => {
    expect(await observe(baseline)).toMatchObject({
      observed: `no good answer in the steady state to compare with (${why})`,
      met: null,
    })
  })

  it('has another body than one of which neither hash nor size is known', async () => {
    expect(await observe({ good: true, bodyHash: 7, bytes: '20' }, { bodyHash: null })).toMatchObject({
      observed: 'status 200, good, 20 bytes after 900 ms; another body: 20 bytes, 0 in the steady state',
      met: false,
    })
  })
})

it('a request that the descriptor does not have is told with those that it has', async () => {
  const { ctx } = answering({})
  const unknown = Promise.resolve().then(() => requestExpectation.baseline?.({ ...SPEC, name: 'toString' }, ctx))
  await expect(unknown).rejects.toMatchObject({
    code: 'TARGET_NOT_FOUND',
    message: "the stack 'rbee' has no request 'toString'; it has: page",
  })
  const two = { ...ctx, stack: stack({ descriptor: descriptor({ requests: { small: GET, large: GET } }) }) }
  const other = Promise.resolve().then(() => requestExpectation.baseline?.(SPEC, two))
  await expect(other).rejects.toThrow("the stack 'test' has no request 'page'; it has: small, large")
  const empty = { ...ctx, stack: stack({ descriptor: descriptor({ name: 'rbee', requests: {} }) }) }
  const none = Promise.resolve().then(() => requestExpectation.baseline?.(SPEC, empty))
  await expect(none).rejects.toThrow("the stack 'rbee' has no request 'page'; it has: none")
})

it('is told by its clause', () => {
  expect([requestExpectation.kind, requestExpectation.text(SPEC)]).toEqual([
    'request',
    'request page: a good answer within 4000 ms; the same body as in the steady state',
  ])
})
