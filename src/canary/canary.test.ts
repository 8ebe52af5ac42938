import { mono } from '../core/time/moment.fixture.ts'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../core/time/clock.ts'
import type { StackRequest } from '../core/request.ts'
import type { RunningCanary } from '../ports/canary.ts'
import { descriptor, GET, stack } from '../ports/stack.fixture.ts'
import { canaryPort } from './canary.ts'

/** Never answers by itself. */
class SilentService {
  readonly waiting = new Set<ServerResponse>()
  private readonly server = createServer((_request, response) => {
    this.waiting.add(response)
    response.once('close', () => this.waiting.delete(response))
  })

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  answerAll(): void {
    for (const response of this.waiting) response.end('fine')
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

const WHOLE = { error: null, good: true, reason: null, firstByteMs: 1, totalMs: 1, bytes: 4, bodyHash: null, complete: true }
/** As those of the kinds: what is aborted is an outcome. */
const PAGE: StackRequest = {
  ...GET,
  async send({ baseUrl, signal }) {
    try {
      const response = await fetch(baseUrl, { signal, headers: { connection: 'close' } })
      return { ...WHOLE, status: response.status, body: await response.text() }
    } catch {
      return { ...WHOLE, status: null, good: false, error: 'aborted', body: '' }
    }
  },
}

let service: SilentService
let canary: RunningCanary
const clock = systemClock

beforeEach(async () => {
  service = new SilentService()
  const entryUrl = await service.start()
  const asked = stack({ descriptor: descriptor({ requests: { page: PAGE } }), entryUrl })
  canary = canaryPort.start(asked, { clock, signal: new AbortController().signal })
})
afterEach(() => {
  canary.stop()
  service.stop()
})

const until = (condition: () => boolean): Promise<unknown> => expect.poll(condition, { interval: 5, timeout: 10_000 }).toBe(true)

it('ends the requests in flight that it forgets, and only those', async () => {
  canary.pace(50)
  await until(() => service.waiting.size >= 5)
  const forgotten = [...service.waiting]
  const beforeMs = clock.nowMs()
  // On a machine that is busy what comes first was due a while before.
  await until(() => service.waiting.size >= forgotten.length + 50)
  const newest = [...service.waiting].at(-1)
  canary.forget(beforeMs)
  await until(() => forgotten.every(({ closed }) => closed))
  expect(newest?.closed).toBe(false)
  service.answerAll()
  await until(() => canary.samples(beforeMs).length > 0)
  expect(canary.samples(mono(0)).every(({ intendedMs, ok }) => intendedMs >= beforeMs && ok)).toBe(true)
})

it('has no outcome for what it drops', async () => {
  canary.pace(50)
  await until(() => service.waiting.size >= 3)
  canary.stop()
  await until(() => service.waiting.size === 0)
  expect(canary.samples(mono(0))).toEqual([])
})

it('sends its requests in turns, and says which was which where there are several', async () => {
  const sent: string[] = []
  const named = (name: string): StackRequest => ({
    ...GET,
    send() {
      sent.push(name)
      return Promise.resolve({ ...WHOLE, status: 200, body: 'fine' })
    },
  })
  const requests = { page: named('page'), stream: named('stream') }
  const turns = descriptor({ requests, canary: { requests: ['page', 'stream', 'page'], ratePerSecond: 50 } })
  const rotating = canaryPort.start(stack({ descriptor: turns }), { clock, signal: new AbortController().signal })
  await until(() => rotating.samples(mono(0)).length >= 6)
  rotating.stop()
  const turn = ['page', 'stream', 'page', 'page', 'stream', 'page']
  expect(sent.slice(0, 6)).toEqual(turn)
  expect(
    rotating
      .samples(mono(0))
      .map(({ request }) => request)
      .slice(0, 6),
  ).toEqual(turn)
  await until(() => service.waiting.size > 0)
  service.answerAll()
  await until(() => canary.samples(mono(0)).length > 0)
  expect(canary.samples(mono(0))[0]).not.toHaveProperty('request')
})

it('keeps how the body of a failed answer begins, of the first of an error and of three errors, until it forgets', async () => {
  const long = 'secret words, '.repeat(40)
  let asked = 0
  const failing: StackRequest = {
    ...GET,
    send() {
      asked += 1
      const good = asked % 6 === 0
      const body = asked % 6 === 1 ? '' : `${asked % 6}: ${long}`
      return Promise.resolve({ ...WHOLE, status: 500, good, reason: good ? null : `error ${asked % 6}`, body })
    },
  }
  const told = canaryPort.start(
    stack({ descriptor: descriptor({ requests: { failing }, canary: { requests: ['failing'], ratePerSecond: 100 } }) }),
    { clock, signal: new AbortController().signal },
  )
  await until(() => told.samples(mono(0)).length >= 13)
  const bodies = (): string[] => told.samples(mono(0)).flatMap(({ body }) => body ?? [])
  const begins = bodies().map((body) => body.slice(0, 10))
  expect(begins).toEqual(['2: secret ', '3: secret ', '4: secret '])
  expect(bodies().map((body) => body.length <= 501 && body.endsWith('secret …'))).toEqual([true, true, true])
  const beforeMs = clock.nowMs()
  told.forget(beforeMs)
  await until(() => told.samples(beforeMs).length >= 13)
  told.stop()
  expect(bodies()).toHaveLength(3)
})

it('keeps a short body whole, and nothing of one that is a single long word', async () => {
  const bodies = ['busy', 'x'.repeat(501)]
  const failing: StackRequest = {
    ...GET,
    send: () =>
      Promise.resolve({ ...WHOLE, status: 500, good: false, reason: String(bodies.length), body: bodies.shift() ?? '' }),
  }
  const told = canaryPort.start(
    stack({ descriptor: descriptor({ requests: { failing }, canary: { requests: ['failing'], ratePerSecond: 100 } }) }),
    { clock, signal: new AbortController().signal },
  )
  await until(() => told.samples(mono(0)).length >= 4)
  told.stop()
  expect(told.samples(mono(0)).flatMap(({ body }) => body ?? [])).toEqual(['busy', '…'])
})

it('sends a burst at once, in the turns of its requests, beside those that are due', async () => {
  const waiting: (() => void)[] = []
  const named = (name: string): StackRequest => ({
    ...GET,
    async send() {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { ...WHOLE, status: 200, body: name }
    },
  })
  const requests = { page: named('page'), stream: named('stream') }
  const turns = descriptor({ requests, canary: { requests: ['page', 'stream'], ratePerSecond: 20 } })
  const bursting = canaryPort.start(stack({ descriptor: turns }), { clock, signal: new AbortController().signal })
  await until(() => waiting.length >= 1)
  const atMs = bursting.burst(30)
  const before = waiting.length
  expect(before).toBeGreaterThanOrEqual(31)
  await until(() => waiting.length > before)
  bursting.stop()
  for (const answer of waiting) answer()
  await until(() => bursting.samples(atMs).length >= 31)
  const sent = bursting.samples(mono(0))
  const burst = sent.filter((sample) => sample.burst === true)
  expect([...new Set(burst.map(({ intendedMs }) => intendedMs))]).toEqual([atMs])
  expect(burst.map(({ request }) => request).slice(0, 4)).toEqual(
    burst[0]?.request === 'page' ? ['page', 'stream', 'page', 'stream'] : ['stream', 'page', 'stream', 'page'],
  )
  expect([burst.length, sent.filter((sample) => sample.burst === undefined).length]).toEqual([30, sent.length - 30])
  // In the order of their times, or no span of them could be found.
  expect(sent.map(({ intendedMs }) => Number(intendedMs))).toEqual(
    sent.map(({ intendedMs }) => Number(intendedMs)).toSorted((a, b) => a - b),
  )
})
