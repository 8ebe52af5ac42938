import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { createHash } from 'node:crypto'
import { getEventListeners, once } from 'node:events'
import type * as z from 'zod'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AnswerWithin, RequestOutcome, SendOptions, SendWithin } from '../../core/request.ts'
import { httpSender } from './send.ts'
import { httpRequestSpec } from './spec.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Input = z.input<typeof httpRequestSpec>

const SPEC: Input = {
  method: 'POST',
  path: '/task',
  headers: { authorization: 'Bearer ${TOKEN}', 'content-type': 'application/json' },
  body: { prompt: 'hello' },
  good: { status: [200], body_matches: "text == 'whole'" },
}

async function sendHttp(input: Input, options: SendOptions): Promise<RequestOutcome> {
  return httpSender(httpRequestSpec.parse(input))(options)
}

async function ask(
  server: Server,
  { spec = SPEC, ...change }: Partial<SendOptions> & { readonly spec?: Input } = {},
): Promise<RequestOutcome> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = {
    baseUrl,
    variables: { TOKEN: 't0ken-value' },
    deadlineMs: 2_000,
    maxBytes: 10_000,
    signal: new AbortController().signal,
  }
  return sendHttp(spec, { ...options, ...change })
}

const http = (listener: RequestListener): Server => createHttpServer(listener)

it('never leaves the entry, whatever its path is filled in with', async () => {
  const spec: Input = { ...SPEC, path: '/${WHO}/127.0.0.1:1/', vary: { WHO: [''] } }
  let asked = 0
  const server = http((_request, response) => {
    asked += 1
    response.end()
  })
  await expect(ask(server, { spec })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  expect(asked).toBe(0)
})

it.each<[string | undefined, number | undefined]>([
  ['3', 3],
  ['soon', undefined],
  [undefined, undefined],
])('tells when it is to come back, as the answer says: %s', async (header, seconds) => {
  const outcome = await ask(
    http((_request, response) => {
      if (header !== undefined) response.setHeader('retry-after', header)
      response.writeHead(503).end()
    }),
  )
  expect([outcome.status, outcome.retryAfterSeconds]).toEqual([503, seconds])
  expect('retryAfterSeconds' in outcome).toBe(seconds !== undefined)
})

describe('an answer that refuses its job for good', () => {
  const refusing = { ...SPEC, refused: { status: [507, 429], job: 'job-${nonce}' } }
  const answer = (status: number): Server => http((_request, response) => response.writeHead(status).end('{"text":"full"}'))

  it('tells the id that it was asked for under', async () => {
    let asked = ''
    const spec = { ...refusing, headers: { ...SPEC.headers, 'x-task-id': '${nonce}' } }
    const outcome = await ask(
      http((request, response) => {
        asked = String(request.headers['x-task-id'])
        response.writeHead(429).end()
      }),
      { spec },
    )
    expect(asked).not.toBe('')
    expect(outcome.refusedJob).toBe(`job-${asked}`)
  })

  it.each([200, 503])('is none with another status: %d', async (status) => {
    expect(await ask(answer(status), { spec: refusing })).not.toHaveProperty('refusedJob')
  })

  it('is none where nobody says so, nor where it did not come whole', async () => {
    expect(await ask(answer(507))).not.toHaveProperty('refusedJob')
    const cut = http((_request, response) => {
      response.writeHead(507, { 'content-length': '99' })
      response.write('{', () => response.destroy())
    })
    expect(await ask(cut, { spec: refusing })).not.toHaveProperty('refusedJob')
  })
})

describe('a job that is asked for', () => {
  /** What was told before the request came to the server, and what it sent. */
  async function asking(change: Partial<Input>): Promise<{ readonly told: (string | null)[]; readonly sent: string }> {
    const told: (string | null)[] = []
    let sent = ''
    let before = -1
    const server = http((request, response) => {
      before = told.length
      sent = String(request.headers['x-task-id'])
      response.destroy()
    })
    const spec = { ...SPEC, headers: { ...SPEC.headers, 'x-task-id': '${nonce}' }, ...change }
    await ask(server, { spec, asks: (job) => void told.push(job) })
    // Before it is sent; what has no id of ours may be done until its end, and is told then once more.
    expect(before).toBe(told.includes(null) ? 1 : told.length)
    return { told, sent }
  }
  const echoes = { 'events[0].id': 'n-${nonce}', other: 'x' }

  it('is told by the id that the request gives it, as it would be refused or come back, answered or not', async () => {
    const refused = await asking({ refused: { status: [429], job: 'job-${nonce}' }, job: 'id', good: { status: [200], echoes } })
    expect(refused.told).toEqual([`job-${refused.sent}`])
    const echoed = await asking({ job: 'events[0].id', good: { status: [200], echoes } })
    expect(echoed.told).toEqual([`n-${echoed.sent}`])
  })

  it.each<[string, Partial<Input>]>([
    ['the request gives none', {}],
    ['nobody says where it comes back', { good: { status: [200], echoes } }],
    ['what comes back is not the id of the job', { job: 'job_id', good: { status: [200], echoes } }],
  ])('is told without an id where %s', async (_why, change) => {
    expect((await asking(change)).told).toEqual([null, null])
  })

  it.each(['GET', 'HEAD', 'OPTIONS'] as const)('is none of a request that is %s, unless it says so', async (method) => {
    expect((await asking({ method, body: null })).told).toEqual([])
    const job = await asking({ method, body: null, job: 'id', good: { status: [200], echoes: { id: '${nonce}' } } })
    expect(job.told).toEqual([job.sent])
    expect((await asking({ method, body: null, job: 'id' })).told).toEqual([null, null])
  })
})

it('is good when status and body are, and fills in variables', async () => {
  let seen = ''
  const outcome = await ask(
    http((request, response) => {
      seen = `${String(request.method)} ${String(request.url)} ${String(request.headers.authorization)}`
      response.end('{"text":"whole"}')
    }),
  )
  expect(outcome).toMatchObject({ good: true, status: 200, error: null, reason: null, complete: true, bytes: 16 })
  expect(outcome.bodyHash).toMatch(/^[0-9a-f]{64}$/)
  expect(seen).toBe('POST /task Bearer t0ken-value')
})

it('keeps the id that the answer gives the request, also of an answer that is cut', async () => {
  const whole = http((_request, response) => response.writeHead(200, { 'x-request-id': 'r-1' }).end('{"text":"whole"}'))
  expect((await ask(whole)).answerId).toBe('r-1')
  const cutting = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\nx-task-id: t-7\r\n\r\n{')
    })
    socket.on('error', () => undefined)
  })
  expect(await ask(cutting)).toMatchObject({ answerId: 't-7', complete: false })
  expect((await ask(http((_request, response) => response.end('{"text":"whole"}')))).answerId).toBeNull()
})

describe('a good answer', () => {
  const answering = (status: number, body: string): Server => http((_request, response) => response.writeHead(status).end(body))
  const plain: Input = { ...SPEC, good: { status: [200, 202], body_matches: null } }

  it.each<[string, Input, number, string, string | null]>([
    ['of one of its statuses, whatever the body', plain, 202, 'plain text', null],
    ['whose body misses the rule', SPEC, 200, '{"error":"out of memory"}', "the body misses text == 'whole'"],
    [
      'whose rule is met by what is no truth',
      { ...SPEC, good: { status: [200], body_matches: 'text' } },
      200,
      '{"text":"whole"}',
      'the body misses text',
    ],
    ['whose body is no JSON', SPEC, 200, 'whole', 'the body is not JSON'],
    ['of another status', SPEC, 503, '{"text":"whole"}', 'status 503'],
  ])('%s', async (_what, spec, status, body, reason) => {
    expect(await ask(answering(status, body), { spec })).toMatchObject({ good: reason === null, reason, status, error: null })
  })

  it('has times, size and hash of its body', async () => {
    const body = '{"text":"wholé"}'
    const startMs = performance.now()
    const outcome = await ask(answering(200, body))
    expect(outcome.totalMs).toBeLessThanOrEqual(performance.now() - startMs)
    expect(outcome).toMatchObject({ bytes: 17, body, bodyHash: createHash('sha256').update(body).digest('hex') })
    expect(outcome.firstByteMs).toBeGreaterThan(0)
    expect(outcome.totalMs).toBeGreaterThanOrEqual(outcome.firstByteMs ?? Infinity)
    expect(await ask(answering(200, ''), { spec: plain })).toMatchObject({ firstByteMs: null, bytes: 0, complete: true })
  })
})

describe('what comes with an answer', () => {
  const answering = (status: number, body: string): Server => http((_request, response) => response.writeHead(status).end(body))
  const jobs: Input = { method: 'POST', path: '/', job: 'id', good: { status: [200], body_matches: 'ok' } }

  it.each<[string, Input, number, string, string | undefined]>([
    ['a good one', jobs, 200, '{"ok":true,"id":"t-7"}', 't-7'],
    ['one that is not good', jobs, 200, '{"ok":false,"id":"t-7"}', undefined],
    ['one of another status', jobs, 503, '{"ok":true,"id":"t-7"}', undefined],
    ['one that has none', jobs, 200, '{"ok":true}', undefined],
    ['a request without jobs', { ...jobs, job: null }, 200, '{"ok":true,"id":"t-7"}', undefined],
  ])('is the id of its job, of %s', async (_what, spec, status, body, jobId) => {
    const outcome = await ask(answering(status, body), { spec })
    expect(outcome.jobId).toBe(jobId)
    expect(Object.hasOwn(outcome, 'jobId')).toBe(jobId !== undefined)
  })

  it.each([
    ['another one than to what was asked', 200, '{"id":"other"}', true],
    ['the one to what was asked', 200, '{"id":"a"}', false],
    ['one of another status', 503, '{"id":"other"}', false],
  ])('is whether it is a wrong one: %s', async (_what, status, body, isWrong) => {
    const spec: Input = { method: 'GET', path: '/', vary: { WHO: ['a'] }, good: { status: [200], echoes: { id: '${WHO}' } } }
    const outcome = await ask(answering(status, body), { spec })
    expect(outcome.wrong).toBe(isWrong ? true : undefined)
    expect(Object.hasOwn(outcome, 'wrong')).toBe(isWrong)
  })

  it('is none of that where there is no answer', async () => {
    const outcome = await ask(
      createTcpServer((socket) => socket.destroy()),
      { spec: jobs },
    )
    expect(outcome).toMatchObject({ good: false, error: 'ECONNRESET' })
    expect([Object.hasOwn(outcome, 'wrong'), Object.hasOwn(outcome, 'jobId')]).toEqual([false, false])
  })
})

it.each<[Record<string, string>, string | null]>([
  [{ 'content-type': 'text/event-stream' }, null],
  [{ 'content-type': 'text/plain' }, 'content-type "text/plain" and no stream of events'],
  [{}, 'content-type "" and no stream of events'],
])('an answer with %j is a stream, or is none: %j', async (headers, reason) => {
  const events = http((_request, response) => response.writeHead(200, headers).end('data: a\n\n'))
  const spec: Input = { method: 'GET', path: '/', good: { status: [200], sse: {} } }
  expect(await ask(events, { spec })).toMatchObject({ good: reason === null, reason })
})

it('numbers what it sends, and holds each answer against the first to the same', async () => {
  const paths: string[] = []
  const server = http((request, response) => response.end(`answer ${paths.push(String(request.url))}`))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const send = httpSender(
    httpRequestSpec.parse({
      ...{ method: 'GET', path: '/${n}/${WHO}', vary: { WHO: ['a', 'b'] } },
      good: { status: [200], same: '@' },
    }),
  )
  const options = {
    ...{ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, variables: {}, deadlineMs: 2_000, maxBytes: 100 },
    signal: new AbortController().signal,
  }
  const outcomes = [await send(options), await send(options), await send(options)]
  expect(paths).toEqual(['/0/a', '/1/b', '/2/a'])
  expect(outcomes.map(({ good }) => good)).toEqual([true, true, false])
})

describe('what is sent', () => {
  it('is the body with its length in bytes, or none at all', async () => {
    const seen: string[] = []
    const listening = http((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        seen.push(`${String(request.method)} ${String(request.headers['content-length'])} ${body}`)
        response.end('{"text":"whole"}')
      })
    })
    await ask(listening, { spec: { ...SPEC, body: { prompt: 'ö' } } })
    const { port } = listening.address() as AddressInfo
    const options = {
      ...{ baseUrl: `http://127.0.0.1:${port}`, variables: {}, deadlineMs: 2_000, maxBytes: 100 },
      signal: new AbortController().signal,
    }
    await sendHttp({ ...SPEC, method: 'GET', headers: {}, body: null }, options)
    // One that has no body as a rule.
    await sendHttp({ ...SPEC, method: 'DELETE', headers: {}, body: { id: 7 } }, options)
    expect(seen).toEqual(['POST 15 {"prompt":"ö"}', 'GET undefined ', 'DELETE 8 {"id":7}'])
  })

  it('goes over a connection of its own each time', async () => {
    const ports = new Set<number | undefined>()
    const listening = http((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('{"text":"whole"}')
    })
    await ask(listening)
    const { port } = listening.address() as AddressInfo
    const options = {
      ...{ baseUrl: `http://127.0.0.1:${port}`, variables: { TOKEN: 't' }, deadlineMs: 2_000, maxBytes: 100 },
      signal: new AbortController().signal,
    }
    await sendHttp(SPEC, options)
    expect(ports.size).toBe(2)
  })
})

describe('the id of an answer', () => {
  it.each<[Record<string, string>, string | null]>([
    [{ 'x-correlation-id': 'c', 'x-request-id': 'r', 'x-task-id': 't' }, 't'],
    [{ 'x-correlation-id': 'c', 'x-request-id': 'r' }, 'r'],
    [{ 'x-correlation-id': 'c', 'x-request-id': '' }, 'c'],
    [{ 'x-task-id': 'i'.repeat(90) }, 'i'.repeat(80)],
    [{ 'x-other': 'o' }, null],
  ])('of %j is %j', async (headers, id) => {
    expect((await ask(http((_request, response) => response.writeHead(200, headers).end()))).answerId).toBe(id)
  })
})

describe('a request that is cancelled', () => {
  it('ends at once, and leaves no listener behind', async () => {
    const controller = new AbortController()
    const outcome = await ask(
      http(() => {
        controller.abort(new Error('enough'))
      }),
      { signal: controller.signal },
    )
    expect(outcome).toMatchObject({ error: 'aborted', reason: 'aborted', status: null, good: false, complete: false })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('does not begin for who was cancelled before', async () => {
    let asked = 0
    const listening = http((_request, response) => {
      asked += 1
      response.end()
    })
    expect(await ask(listening, { signal: AbortSignal.abort(new Error('enough')) })).toMatchObject({ error: 'aborted' })
    expect(asked).toBe(0)
  })

  it('has left no listener behind either when it was answered, and no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { signal } = new AbortController()
      await ask(
        http((_request, response) => response.end('{"text":"whole"}')),
        { signal },
      )
      expect([vi.getTimerCount(), getEventListeners(signal, 'abort')]).toEqual([0, []])
    } finally {
      vi.useRealTimers()
    }
  })
})

it.each([
  ['of a known length', 'content-length: 100\r\n\r\n{"text":"whole"}'],
  ['in a piece', 'transfer-encoding: chunked\r\n\r\n64\r\n{"text":"whole"}'],
  ['between pieces', 'transfer-encoding: chunked\r\n\r\n10\r\n{"text":"whole"}\r\n'],
])('sees at once that a body is cut off: %s', async (_where, answer) => {
  const cutting = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.end(`HTTP/1.1 200 OK\r\n${answer}`)
    })
    socket.on('error', () => undefined)
  })
  expect(await ask(cutting)).toMatchObject({
    ...{ good: false, status: 200, error: 'ECONNRESET', reason: 'ECONNRESET', complete: false, bodyHash: null },
    body: '{"text":"whole"}',
  })
})

it('ends at the deadline when nobody answers', async () => {
  const outcome = await ask(
    http(() => undefined),
    { deadlineMs: 60 },
  )
  expect(outcome).toMatchObject({ good: false, error: 'deadline', status: null })
  expect(outcome.totalMs).toBeGreaterThanOrEqual(55)
})

it('refuses a body over its limit, and takes one of just that size', async () => {
  const sized = (bytes: number): Server => http((_request, response) => response.end('x'.repeat(bytes)))
  const plain = { spec: { ...SPEC, good: { status: [200], body_matches: null } }, maxBytes: 1_000 }
  expect(await ask(sized(1_001), plain)).toMatchObject({
    ...{ good: false, status: 200, error: 'body too large', reason: 'body too large', complete: false, bodyHash: null },
  })
  expect(await ask(sized(1_000), plain)).toMatchObject({ good: true, bytes: 1_000, error: null })
})

it.each([
  ['is too large', { maxBytes: 10 }, 'body too large'],
  ['does not end in time', { deadlineMs: 60, maxBytes: 1_000_000 }, 'deadline'],
])('hangs up on an answer that %s', async (_what, limits, error) => {
  const closed = Promise.withResolvers<string>()
  const endless = http((_request, response) => {
    response.on('close', () => {
      closed.resolve('closed')
    })
    response.write('x'.repeat(1_000))
  })
  expect(await ask(endless, limits)).toMatchObject({ error })
  expect(await closed.promise).toBe('closed')
})

it('tells a refused connection by its code', async () => {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const outcome = await sendHttp(SPEC, {
    baseUrl: `http://127.0.0.1:${port}`,
    variables: { TOKEN: 'x' },
    deadlineMs: 1_000,
    maxBytes: 100,
    signal: new AbortController().signal,
  })
  expect(outcome).toMatchObject({ good: false, error: 'ECONNREFUSED', answerId: null })
})

it('refuses a variable that has no value: an empty token would look like a broken service', async () => {
  await expect(
    ask(
      http(() => undefined),
      { variables: {} },
    ),
  ).rejects.toThrow('${TOKEN}')
})

describe('a request to a service that is not the entry', () => {
  const AT = { service: 'hive', port: 9_201 }
  const inside: Input = { ...SPEC, at: AT, vary: { WHO: ['a', 'b'] }, body: { prompt: '${WHO}' } }
  const ANSWER: AnswerWithin = {
    ...{ status: 200, body: '{"text":"whole"}', complete: true, totalMs: 7, error: null, contentType: 'application/json' },
  }

  async function askWithin(answer: Partial<AnswerWithin>, spec: Input = inside) {
    const asked: unknown[] = []
    const { signal } = new AbortController()
    const within: SendWithin = (to, request, by) => {
      asked.push([to, request, by === signal])
      return Promise.resolve({ ...ANSWER, ...answer })
    }
    const options = { baseUrl: 'http://127.0.0.1:1', variables: { TOKEN: 't0ken-value' }, deadlineMs: 2_000, maxBytes: 9_000 }
    return { outcome: await sendHttp(spec, { ...options, signal, within }), asked }
  }

  it('is sent within the network of the stack, as it would be to the entry', async () => {
    const { outcome, asked } = await askWithin({})
    const headers = { authorization: 'Bearer t0ken-value', 'content-type': 'application/json' }
    const request = { method: 'POST', path: '/task', headers, body: '{"prompt":"a"}', timeoutMs: 2_000, maxBytes: 9_000 }
    expect(asked).toEqual([[AT, request, true]])
    expect(outcome).toEqual({
      ...{ status: 200, error: null, good: true, reason: null, firstByteMs: null, totalMs: 7, bytes: 16, complete: true },
      ...{ body: ANSWER.body, bodyHash: createHash('sha256').update(ANSWER.body).digest('hex'), answerId: null },
    })
  })

  it.each<[Partial<AnswerWithin>, Partial<RequestOutcome>]>([
    [
      { error: 'timeout', complete: false },
      { error: 'deadline', good: false, complete: false, bodyHash: null },
    ],
    [
      { error: 'eof', complete: false },
      { error: 'cut off', reason: 'cut off', good: false },
    ],
    [{ complete: false }, { error: 'body too large', good: false }],
    [
      { status: null, error: 'ECONNREFUSED', complete: false },
      { status: null, error: 'ECONNREFUSED', good: false },
    ],
    [
      { status: 503, retryAfter: '3' },
      { good: false, reason: 'status 503', retryAfterSeconds: 3 },
    ],
    [{ body: '{"text":"half"}' }, { good: false, reason: "the body misses text == 'whole'" }],
  ])('that is answered by %j has failed as at the entry', async (answer, outcome) => {
    expect((await askWithin(answer)).outcome).toMatchObject(outcome)
  })

  it('is judged as a stream where the answer says that it is one', async () => {
    const spec: Input = { ...inside, good: { status: [200], sse: { end: '[DONE]' } } }
    const body = 'data: 1\n\ndata: [DONE]\n\n'
    expect((await askWithin({ body, contentType: 'text/event-stream' }, spec)).outcome.good).toBe(true)
    const { contentType: _none, ...untold } = { ...ANSWER, body }
    expect((await askWithin({ ...untold, contentType: undefined }, spec)).outcome.reason).toMatch(/^content-type ""/)
  })

  it('cannot be sent by who reaches the entry alone', async () => {
    const { signal } = new AbortController()
    const options = { baseUrl: 'http://127.0.0.1:1', variables: { TOKEN: 't' }, deadlineMs: 9, maxBytes: 9, signal }
    await expect(sendHttp(inside, options)).rejects.toMatchObject({
      ...{ code: 'INTERNAL', message: 'a request to hive was sent by who reaches the entry alone' },
    })
  })
})
