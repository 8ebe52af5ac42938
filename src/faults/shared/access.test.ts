import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { helper } from '../../ports/toolbox.fixture.ts'
import { faultContext, stack } from './context.fixture.ts'
import { onceToSendNow, paddingHeader, requestSize, requestToSendNow, sendBurst, transfer, withinWindow } from './access.ts'
import { moved, ok } from '../toxic/measures/samples.fixture.ts'
import { toxicOn } from '../toxic/measures/link.fixture.ts'

const { access } = toxicOn()
const { signal } = new AbortController()

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('a request is as long as it is on the wire', () => {
  const text = 'GET /health HTTP/1.1\r\nhost: toxiproxy:8080\r\naccept: text/plain\r\nconnection: keep-alive\r\n\r\n'
  expect(requestSize(access, 0)).toBe(text.length)
  expect(requestSize(access, 100)).toBe(text.length + `x-padding: ${'x'.repeat(100)}\r\n`.length)
  expect([paddingHeader(0), paddingHeader(3)]).toEqual([{}, { 'x-padding': 'xxx' }])
})

it('a request has the values of the run in it, and a body only where it has one', () => {
  const request = { method: 'POST', path: '/jobs', headers: { authorization: 'Bearer ${TOKEN}' }, body: { prompt: 'x' } } as const
  const told: (string | null)[] = []
  const running = { stack: stack({ variables: { TOKEN: 'secret' } }), asks: (job: string | null) => void told.push(job) }
  const filled = { method: 'POST', path: '/jobs', headers: { authorization: 'Bearer secret' }, body: '{"prompt":"x"}' }
  expect(requestToSendNow(request, running)).toEqual(filled)
  expect(requestToSendNow({ ...request, body: null }, running)).toEqual({ ...filled, body: null })
  // Each of them may ask for a job of which nobody here knows the id.
  expect(told).toEqual([null, null])
  expect(onceToSendNow({ request, job: 'j-1' }, running)).toEqual(filled)
  expect(told).toEqual([null, null, 'j-1'])
  requestToSendNow({ ...request, asksFor: 'nothing' }, running)
  onceToSendNow({ request: { ...request, asksFor: 'nothing' }, job: null }, running)
  expect(told).toHaveLength(3)
})

describe('a probe', () => {
  it('asks what it is told to, once for each connection', async () => {
    const asked: unknown[] = []
    const answers = helper('observer', { 'probe.http': (args) => (asked.push(args), { samples: [ok(3)] }) })
    const burst = { count: 5, intervalMs: 20, timeoutMs: 1_000 }
    expect(await sendBurst(answers, access, burst, signal)).toEqual([ok(3)])
    expect(asked).toEqual([{ target: access.target, path: '/health', headers: { accept: 'text/plain' }, ...burst }])
  })

  it('of a transfer asks with as much padding as is wanted', async () => {
    const asked: unknown[] = []
    const answers = helper('observer', { 'probe.transfer': (args) => (asked.push(args), moved(1, 2)) })
    const limits = { repeat: 7, limitMs: 800 }
    expect(await transfer(answers, access, { ...limits, padding: 2 }, signal)).toEqual(moved(1, 2))
    await transfer(answers, access, limits, signal)
    const plain = { target: access.target, path: '/health', headers: { accept: 'text/plain' }, ...limits }
    expect(asked).toEqual([{ ...plain, headers: { ...plain.headers, 'x-padding': 'xx' } }, plain])
  })

  it('that a helper does not answer ends five seconds after its own limits', async () => {
    const hangs = (): Promise<never> => new Promise(() => undefined)
    const deaf = helper('observer', { 'probe.http': hangs, 'probe.transfer': hangs })
    const ended = Promise.allSettled([
      sendBurst(deaf, access, { count: 5, intervalMs: 20, timeoutMs: 1_000 }, signal),
      transfer(deaf, access, { repeat: 7, limitMs: 800 }, signal),
    ])
    await vi.advanceTimersByTimeAsync(10_000)
    expect((await ended).map((end) => (end.status === 'rejected' ? String(end.reason) : end.status))).toEqual([
      'ChaosError: probe of queen-proxy by observer took longer than 6100 ms',
      'ChaosError: transfer over queen-proxy by observer took longer than 5800 ms',
    ])
  })
})

describe('the limit of a probe', () => {
  it.each([
    ['is what is wanted', 0, 1_000, 1_000],
    ['ends with what is left of the window, but for the way back', 4_000, 3_000, 1_800],
    ['is half a second at least', 5_900, 3_000, 500],
    ['is half a second also where less is wanted', 0, 100, 500],
    ['is whole milliseconds', 0, 1_000.4, 1_000],
  ])('%s', async (_what, lateMs, wantedMs, limitMs) => {
    const { ctx, open } = faultContext(6_000)
    open()
    await vi.advanceTimersByTimeAsync(lateMs)
    expect(withinWindow(ctx, wantedMs)).toBe(limitMs)
  })

  it('is never more than a helper takes', () => {
    const { ctx, open } = faultContext(600_000)
    open()
    expect(withinWindow(ctx, 200_000)).toBe(120_000)
  })
})
