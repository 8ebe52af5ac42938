import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchPage } from './fetch.ts'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server
let port: number
const seen: Seen[] = []

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      if (request.url === '/elsewhere') response.writeHead(302, { location: '/' }).end('moved')
      else if (request.url === '/cut')
        response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
      else if (request.url === '/cut-chunks') response.writeHead(200).write('half', () => response.destroy())
      else if (request.url === '/large') response.end('x'.repeat(100_000))
      else if (request.url === '/slow') response.writeHead(200, { 'content-length': '100' }).write('half')
      else if (request.url === '/full') response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '3' }).end('full')
      else if (request.url !== '/silent') response.end(`you sent ${body}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

const fetch = (path: string, changes: Partial<Parameters<typeof fetchPage>[0]> = {}): ReturnType<typeof fetchPage> =>
  fetchPage({
    ...{ target: { host: '127.0.0.1', port }, method: 'GET', path, headers: {}, body: null, timeoutMs: 5_000, maxBytes: 1_000 },
    ...changes,
  })

describe('a page', () => {
  it('is read with what was asked for, on a connection of its own', async () => {
    const reply = await fetch('/a?b=c', {
      method: 'POST',
      headers: { 'X-Key': 'value', Connection: 'keep-alive' },
      body: 'größe',
    })
    expect(reply).toEqual({
      status: 200,
      body: 'you sent größe',
      complete: true,
      totalMs: expect.any(Number) as number,
      error: null,
    })
    expect(seen.at(-1)).toMatchObject({
      ...{ method: 'POST', url: '/a?b=c', body: 'größe' },
      headers: { 'x-key': 'value', connection: 'close', 'content-length': '7' },
    })
  })

  it('tells of what kind it is, and when to come back, where it says so', async () => {
    expect(await fetch('/full')).toMatchObject({ status: 503, contentType: 'text/plain', retryAfter: '3' })
    const plain = await fetch('/')
    expect(['contentType' in plain, 'retryAfter' in plain]).toEqual([false, false])
  })

  it('that has moved is not followed', async () => {
    const before = seen.length
    expect(await fetch('/elsewhere')).toMatchObject({ status: 302, body: 'moved', complete: true })
    expect(seen.length).toBe(before + 1)
  })

  it('is cut at so many bytes', async () => {
    expect(await fetch('/large')).toMatchObject({ status: 200, body: 'x'.repeat(1_000), complete: false, error: null })
    expect(await fetch('/large', { maxBytes: 100_000 })).toMatchObject({ body: 'x'.repeat(100_000), complete: true })
  })

  it.each(['/cut', '/cut-chunks'])('whose end never came is no whole one: %s', async (path) => {
    expect(await fetch(path)).toMatchObject({
      ...{ status: 200, body: 'half', complete: false, error: expect.stringMatching(/^(ECONNRESET|eof)$/) as string },
    })
  })

  it('that takes too long is given up, with what there was', async () => {
    const silent = await fetch('/silent', { timeoutMs: 150 })
    expect(silent).toMatchObject({ status: null, body: '', complete: false, error: 'timeout' })
    expect(silent.totalMs).toBeGreaterThan(140)
    expect(await fetch('/slow', { timeoutMs: 150 })).toMatchObject({
      status: 200,
      body: 'half',
      complete: false,
      error: 'timeout',
    })
  })

  it('where nobody listens is refused', async () => {
    const nobody = createServer().listen(0, '127.0.0.1')
    await once(nobody, 'listening')
    const free = (nobody.address() as AddressInfo).port
    nobody.close()
    await once(nobody, 'close')
    expect(await fetch('/', { target: { host: '127.0.0.1', port: free } })).toMatchObject({ status: null, error: 'ECONNREFUSED' })
  })

  it('cannot be asked for with a header that would break out of its line', async () => {
    await expect(fetch('/', { headers: { 'x-key': 'a\r\nx-other: b' } })).rejects.toThrow('Invalid character in header')
    await expect(fetch('/a b')).rejects.toThrow('unescaped characters')
  })
})
