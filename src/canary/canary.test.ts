import { mono } from '../core/time/moment.fixture.ts'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
    return this.url
  }

  get url(): string {
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

it('passes on which jobs its requests ask for', async () => {
  const asking: StackRequest = {
    ...GET,
    send({ asks }) {
      asks?.('a job')
      return Promise.resolve({ ...WHOLE, status: 200, body: 'fine' })
    },
  }
  const told: (string | null)[] = []
  const one = canaryPort.start(stack({ descriptor: descriptor({ requests: { page: asking } }) }), {
    ...{ clock, signal: new AbortController().signal, asks: (job: string | null) => void told.push(job) },
  })
  await until(() => told.length > 0)
  one.stop()
  expect(told[0]).toBe('a job')
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

describe('a burst', () => {
  const waiting: (() => void)[] = []
  const named = (name: string): StackRequest => ({
    ...GET,
    async send() {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { ...WHOLE, status: 200, body: name }
    },
  })
  const bursting = (): RunningCanary => {
    waiting.length = 0
    const requests = { page: named('page'), stream: named('stream') }
    const turns = descriptor({ requests, canary: { requests: ['page', 'stream'], ratePerSecond: 20 } })
    return canaryPort.start(stack({ descriptor: turns }), { clock, signal: new AbortController().signal })
  }
  const answerAll = (): void => {
    for (const answer of waiting.splice(0)) answer()
  }

  it('is sent at once, in the turns of its requests, and has its outcomes when each of them has', async () => {
    const asking = bursting()
    await until(() => waiting.length >= 1)
    const running = asking.burst(30)
    const sent = waiting.length
    expect(sent).toBeGreaterThanOrEqual(31)
    let isOver = false
    void running.then(() => (isOver = true))
    await until(() => waiting.length > sent)
    expect(isOver).toBe(false)
    answerAll()
    const burst = await running
    expect(burst.map(({ request }) => request).slice(0, 4)).toEqual(
      burst[0]?.request === 'page' ? ['page', 'stream', 'page', 'stream'] : ['stream', 'page', 'stream', 'page'],
    )
    expect([burst.length, new Set(burst.map(({ intendedMs }) => intendedMs)).size]).toEqual([30, 1])
    asking.stop()
  })

  it('is told apart from those that were under way beside it, and those from all others', async () => {
    const asking = bursting()
    await until(() => waiting.length >= 2)
    const running = asking.burst(3)
    const sent = waiting.length
    await until(() => waiting.length > sent)
    answerAll()
    await running
    await until(() => waiting.length >= 2)
    answerAll()
    await until(() => asking.samples(mono(0)).some(({ burst }, place, all) => burst === undefined && place === all.length - 1))
    asking.stop()
    const all = asking.samples(mono(0))
    const kinds = all.map(({ burst = 'none' }) => burst)
    const [first, last] = [kinds.indexOf('of'), kinds.lastIndexOf('of')]
    expect([last - first + 1, kinds.filter((kind) => kind === 'of').length]).toEqual([3, 3])
    // Both those that it found under way, and those that came before it was over.
    expect([kinds[0], kinds[first - 1], kinds[last + 1], kinds.at(-1)]).toEqual(['beside', 'beside', 'beside', 'none'])
    const times = all.map(({ intendedMs }) => Number(intendedMs))
    // In their order, or no span of them could be found.
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })

  it('is none of what piles up, of which only so much is sent', async () => {
    const asking = bursting()
    asking.pace(2_000)
    await until(() => waiting.length >= 200)
    expect(waiting).toHaveLength(200)
    const running = asking.burst(5)
    expect(waiting).toHaveLength(205)
    answerAll()
    expect((await running).map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(asking.samples(mono(0)).some(({ error }) => error === 'overflow')).toBe(true)
    asking.stop()
  })

  it('has fewer outcomes when it is stopped', async () => {
    const asking = canaryPort.start(stack({ descriptor: descriptor({ requests: { page: PAGE } }), entryUrl: service.url }), {
      ...{ clock, signal: new AbortController().signal },
    })
    const running = asking.burst(4)
    await until(() => service.waiting.size >= 4)
    asking.stop()
    expect(await running).toEqual([])
  })
})
