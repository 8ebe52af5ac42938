import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
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
  const elsewhere = httpRequestSpec.parse({ method: 'GET', path: '/', at, good: { status: [200] } })
  expect(httpRequest.request(elsewhere).http).toEqual({ method: 'GET', path: '/', headers: {}, body: null, at })
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
