import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { httpRequest } from './request.ts'
import { httpRequestSpec } from './spec.ts'

const spec = httpRequestSpec.parse({ method: 'POST', path: '/task', body: { prompt: 'hello' }, good: { status: [202] } })

/** Answers with `status`, and goes on to send after that when it is to be `endless`. */
async function shop(
  status: number,
  isEndless = false,
): Promise<AsyncDisposable & { readonly baseUrl: string; readonly asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    response.writeHead(status, { location: '/elsewhere' })
    if (isEndless) response.write('more')
    else response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

it('is sent as it stands, and tells what others need to send it', async () => {
  await using server = await shop(202)
  const request = httpRequest.request(spec)
  const { baseUrl } = server
  const signal = new AbortController().signal
  expect(await request.send({ baseUrl, variables: {}, deadlineMs: 5_000, maxBytes: 100, signal })).toMatchObject({
    ...{ good: true, status: 202 },
  })
  expect([server.asked[0]?.method, server.asked[0]?.url]).toEqual(['POST', '/task'])
  expect(request).toMatchObject({
    ...{ kind: 'http', protocol: 'HTTP' },
    http: { method: 'POST', path: '/task', headers: {}, body: { prompt: 'hello' } },
  })
})

it('tells where it goes where that is not the entry', () => {
  const at = { service: 'hive', port: 80 }
  const elsewhere = httpRequestSpec.parse({ method: 'POST', path: '/', at, good: { status: [200] } })
  expect(httpRequest.request(elsewhere).http).toEqual({ method: 'POST', path: '/', headers: {}, body: null, at })
})

describe('one sending', () => {
  const once = (changes: object): unknown => {
    const parsed = httpRequestSpec.parse({
      ...{ method: 'POST', path: '/jobs/${nonce}', body: { n: '${n}' }, good: { status: [200] } },
      ...{ headers: { id: '${nonce}', secret: '${TOKEN}' }, ...changes },
    })
    return httpRequest.request(parsed).httpOnce?.()
  }

  it('has a nonce that no other has, by which its job is told, and leaves variables of the run as they are', () => {
    const told = { refused: { status: [507], job: 'job-${nonce}' } }
    const [one, other] = [once(told), once(told)] as { request: { headers: { id: string } }; job: string }[]
    const id = one?.request.headers.id ?? ''
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(one).toEqual({
      request: { method: 'POST', path: `/jobs/${id}`, headers: { id, secret: '${TOKEN}' }, body: { n: '0' } },
      job: `job-${id}`,
    })
    expect(other?.request.headers.id).not.toBe(id)
    expect(once({})).toMatchObject({ job: null })
  })

  it('says that it asks for nothing', () => {
    expect(once({ method: 'GET' })).toMatchObject({ request: { asksFor: 'nothing' } })
  })
})

it.each([200, 204, 302, 503])('an entry that answers with %i speaks HTTP', async (status) => {
  await using server = await shop(status)
  await httpRequest.request(spec).speaks(server.baseUrl, AbortSignal.timeout(5_000))
  // Nothing is followed, and no connection is kept that a fault would then cut.
  expect(server.asked.map(({ method, url, headers }) => [method, url, headers.connection])).toEqual([['GET', '/', 'close']])
})

it('of an answer that does not end no more is read than its head', async () => {
  await using server = await shop(200, true)
  await httpRequest.request(spec).speaks(server.baseUrl, AbortSignal.timeout(5_000))
  await expect.poll(() => server.asked[0]?.socket.destroyed).toBe(true)
})

it('where nobody listens, or nobody answers in time, it is not spoken', async () => {
  const server = await shop(200)
  await server[Symbol.asyncDispose]()
  await expect(httpRequest.request(spec).speaks(server.baseUrl, AbortSignal.timeout(5_000))).rejects.toThrow()
  await using other = await shop(200)
  await expect(httpRequest.request(spec).speaks(other.baseUrl, AbortSignal.abort())).rejects.toThrow()
})
