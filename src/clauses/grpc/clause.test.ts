import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RequestOutcome } from '../../core/request.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { begin, descriptor, GET, openContext, stack } from '../shared/context.fixture.ts'
import { grpcClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const CALL = { ...GET, kind: 'grpc', protocol: 'gRPC', http: null }
const OK: RequestOutcome = {
  ...{ status: null, code: 'OK', error: null, good: true, reason: null, complete: true, body: '{}' },
  ...{ firstByteMs: 1, totalMs: 2, bytes: 0, bodyHash: null },
}
const { code: _code, ...REFUSED }: RequestOutcome = {
  ...OK,
  good: false,
  complete: false,
  error: 'ECONNREFUSED',
  reason: 'ECONNREFUSED',
}
const ASKED = grpcClause.expect({ name: 'pay', within_ms: 400, share: 1 }, 'during')

type Ask = ClauseContext['request']

async function observe(request: Ask, window: 'during' | 'after' = 'during'): Promise<Observation> {
  const { ctx, open } = openContext(6_000, { request, stack: stack({ descriptor: descriptor({ requests: { pay: CALL } }) }) })
  const clause = await begin(ASKED, ctx)
  open()
  if (window === 'after') await vi.advanceTimersByTimeAsync(6_000)
  const observed = clause.observe(ctx)
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(20_000)
  return observed
}

it('sends five a second until the window ends, each with the time that the clause says', async () => {
  const asked: unknown[] = []
  const observation = await observe((request, limits) => {
    asked.push([request, limits.deadlineMs])
    return Promise.resolve(OK)
  })
  expect(observation).toMatchObject({ observed: '100 % of 30 (30 × OK)', met: true })
  expect(asked).toHaveLength(31)
  expect(asked.slice(0, 2)).toEqual([
    [CALL, 15_000],
    [CALL, 400],
  ])
  expect(ASKED.afterWindowMs).toBe(600)
})

it('is not held up by one that hangs, and waits for its end', async () => {
  let sent = 0
  const hanging: Ask = async () => {
    sent += 1
    if (sent === 1) return OK
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    return REFUSED
  }
  expect(await observe(hanging)).toMatchObject({ observed: '0 % of 30 (30 × ECONNREFUSED)', met: false })
})

it('sends so many after the fault', async () => {
  expect(await observe(() => Promise.resolve(OK), 'after')).toMatchObject({ observed: '100 % of 25 (25 × OK)', met: true })
})

it('leaves out what was aborted, and is undecided without an answer before the fault', async () => {
  let sent = 0
  const some: Ask = () => Promise.resolve((sent += 1) % 2 === 1 ? OK : { ...REFUSED, error: 'aborted' })
  expect(await observe(some)).toMatchObject({ observed: '100 % of 15 (15 × OK), 20 are needed to judge', met: null })
  expect(await observe(() => Promise.resolve(REFUSED))).toMatchObject({
    observed: 'no answer in the steady state either (ECONNREFUSED)',
    met: null,
  })
})

it('a request that could not be sent is no answer of the system', async () => {
  let sent = 0
  const broken: Ask = () => ((sent += 1) === 1 ? Promise.resolve(OK) : Promise.reject(new Error('no value')))
  await expect(observe(broken)).rejects.toThrow('no value')
})

it('asks for a request that the stack has, and one of gRPC', () => {
  const requests = { pay: CALL, page: GET }
  expect(ASKED.missing(descriptor({ requests }))).toEqual([])
  const [missing] = grpcClause.expect({ name: 'page', within_ms: 400, share: 1 }, 'during').missing(descriptor({ requests }))
  expect(missing).toEqual({ path: ['name'], message: 'there is no grpc request "page" (known: pay)' })
})
