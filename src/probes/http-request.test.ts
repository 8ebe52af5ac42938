import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import type { RequestSpec } from '../core/descriptor.ts'
import type { RequestOutcome } from '../core/ports.ts'
import { sendRequest } from './http-request.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const SPEC: RequestSpec = {
  method: 'POST',
  path: '/task',
  headers: { authorization: 'Bearer ${TOKEN}', 'content-type': 'application/json' },
  body: { prompt: 'hello' },
  good: { status: [200], bodyMatches: "text == 'whole'" },
}

async function ask(server: Server, change: Partial<Parameters<typeof sendRequest>[1]> = {}): Promise<RequestOutcome> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const options = {
    baseUrl,
    variables: { TOKEN: 't0ken-value' },
    deadlineMs: 2_000,
    maxBytes: 10_000,
    signal: new AbortController().signal,
  }
  return sendRequest(SPEC, { ...options, ...change })
}

const http = (listener: RequestListener): Server => createHttpServer(listener)

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

it('is bad with a 200 whose body misses the rule', async () => {
  const outcome = await ask(http((_request, response) => response.end('{"error":"out of memory"}')))
  expect(outcome).toMatchObject({ good: false, status: 200, reason: "the body misses text == 'whole'" })
})

it('is bad with another status', async () => {
  const outcome = await ask(http((_request, response) => response.writeHead(503).end('{"text":"whole"}')))
  expect(outcome).toMatchObject({ good: false, reason: 'status 503', error: null })
})

it('sees a body that is cut off', async () => {
  const cutting = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"text":"whole"')
    })
    socket.on('error', () => undefined)
  })
  const outcome = await ask(cutting)
  expect(outcome).toMatchObject({ good: false, complete: false, bodyHash: null })
  expect(outcome.error).not.toBeNull()
})

it('ends at the deadline when nobody answers', async () => {
  const outcome = await ask(
    http(() => undefined),
    { deadlineMs: 60 },
  )
  expect(outcome).toMatchObject({ good: false, error: 'deadline', status: null })
  expect(outcome.totalMs).toBeGreaterThanOrEqual(55)
})

it('refuses a body over its limit', async () => {
  const outcome = await ask(http((_request, response) => response.end('x'.repeat(20_000))))
  expect(outcome).toMatchObject({ good: false, error: 'body too large' })
})

it('tells a refused connection by its code', async () => {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const outcome = await sendRequest(SPEC, {
    baseUrl: `http://127.0.0.1:${String(port)}`,
    variables: { TOKEN: 'x' },
    deadlineMs: 1_000,
    maxBytes: 100,
    signal: new AbortController().signal,
  })
  expect(outcome).toMatchObject({ good: false, error: 'ECONNREFUSED' })
})

it('refuses a variable that has no value: an empty token would look like a broken service', async () => {
  await expect(
    ask(
      http(() => undefined),
      { variables: {} },
    ),
  ).rejects.toThrow('${TOKEN}')
})
