import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../core/time/clock.ts'
import type { ToolboxReply } from '../../../core/toolbox.ts'
import { waitUntil } from '../../../core/time/wait.ts'
import { Floods, MAX_FLOOD, type FloodFacts } from './flood.ts'
import type { ArgumentsOf } from '../registry.ts'

type Args = ArgumentsOf<'flood.open'>

const opened: { server: Server; sockets: Set<Socket> }[] = []

afterEach(async () => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
})

/** A real server on this machine, and the connections that it has now. */
async function serve(server: Server): Promise<{ args: Omit<Args, 'count'>; sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 })
  await once(server, 'listening')
  opened.push({ server, sockets })
  const { port } = server.address() as AddressInfo
  return { args: { id: 'all', target: { host: '127.0.0.1', port }, request: null, connectTimeoutMs: 5_000 }, sockets }
}

/** Takes connections, and reads what comes: without that it would not see their end. */
function plainServer(): Server {
  return createServer((socket) => socket.resume())
}

function eventually<T>(name: string, read: () => T, ok: (value: T) => boolean): Promise<T> {
  const options = { everyMs: 5, attemptMs: 1_000, limitMs: 10_000, signal: new AbortController().signal, clock: systemClock }
  return waitUntil(name, () => Promise.resolve(read()), ok, options)
}

const GET = { method: 'GET', path: '/', headers: {}, body: null }
const POST = { method: 'POST', path: '/jobs?a=b', headers: { 'x-key': 'value' }, body: 'größe' }

describe('a flood', () => {
  it('has all its requests under way at once, and keeps the answered connections', async () => {
    const count = 400
    const held: (() => void)[] = []
    const asked = new Set<string>()
    const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (text: string) => (body += text))
      request.on('end', () => {
        asked.add([request.method, request.url, request.headers['x-key'], body].join(' '))
        held.push(() => response.writeHead(held.length % 4 === 0 ? 503 : 200).end('done'))
      })
    })
    const { args, sockets } = await serve(server)
    const floods = new Floods()
    const facts = await floods.open({ ...args, count, request: POST })
    expect(facts).toEqual({
      ...{ open: count, peakOpen: count, refused: 0, closed: 0, statuses: {}, inFlight: count, peakInFlight: count },
    })
    // None was answered before the last had been asked.
    await eventually(
      'all requests',
      () => held.length,
      (seen) => seen === count,
    )
    expect([...asked]).toEqual(['POST /jobs?a=b value größe'])
    while (held.length > 0) held.pop()?.()
    const answered = await eventually(
      'all answers',
      () => floods.read('all'),
      ({ inFlight }) => inFlight === 0,
    )
    expect(answered).toMatchObject({ open: count, closed: 0, statuses: { 200: 300, 503: 100 }, peakInFlight: count })
    expect(sockets.size).toBe(count)
    expect(floods.close('all')).toMatchObject({ open: count, statuses: { 200: 300, 503: 100 } })
    await eventually(
      'the end of all connections',
      () => sockets.size,
      (left) => left === 0,
    )
    expect(() => floods.read('all')).toThrow("there is no flood 'all'")
  })

  it('without a request says nothing', async () => {
    let bytes = 0
    const { args, sockets } = await serve(createServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length))))
    const floods = new Floods()
    expect(await floods.open({ ...args, count: 50 })).toMatchObject({ open: 50, refused: 0, inFlight: 0, peakInFlight: 0 })
    await eventually(
      'all of them',
      () => sockets.size,
      (seen) => seen === 50,
    )
    floods.close('all')
    await eventually(
      'their end',
      () => sockets.size,
      (left) => left === 0,
    )
    expect(bytes).toBe(0)
  })

  it('where nobody listens is refused', async () => {
    const { args } = await serve(plainServer())
    const [last] = opened.splice(-1)
    last?.server.close()
    expect(await new Floods().open({ ...args, count: 5 })).toMatchObject({ open: 0, peakOpen: 0, refused: 5, closed: 0 })
  })

  it.each<[string, string, Partial<FloodFacts>]>([
    ['closes at once', '', { statuses: {} }],
    ['speaks something else', 'SSH-2.0-x\r\n\r\n', { statuses: {} }],
    ['answers half', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', { statuses: {} }],
    ['ends its answer by closing', 'HTTP/1.0 429 Slow Down\r\n\r\nlater', { statuses: { 429: 20 } }],
  ])('to one that %s loses its connections', async (_what, answer, facts) => {
    const { args } = await serve(createServer((socket) => socket.once('data', () => socket.end(answer))))
    const floods = new Floods()
    await floods.open({ ...args, count: 20, request: GET })
    const ended = await eventually(
      'the end of all',
      () => floods.read('all'),
      ({ open }) => open === 0,
    )
    expect(ended).toMatchObject({ ...facts, peakOpen: 20, refused: 0, closed: 20, inFlight: 0, peakInFlight: 20 })
  })

  it('of HEAD requests is answered without bodies', async () => {
    const { args } = await serve(createHttpServer((_request, response) => response.setHeader('content-length', 5).end()))
    const floods = new Floods()
    await floods.open({ ...args, count: 3, request: { ...GET, method: 'HEAD' } })
    const answered = await eventually(
      'the answers',
      () => floods.read('all'),
      ({ inFlight }) => inFlight === 0,
    )
    expect(answered).toMatchObject({ open: 3, statuses: { 200: 3 } })
    floods.close('all')
  })

  it('that is closed while it opens leaves no connection', async () => {
    const { args, sockets } = await serve(plainServer())
    const floods = new Floods()
    const opening = floods.open({ ...args, count: 2_000 })
    await eventually(
      'the first ones',
      () => sockets.size,
      (seen) => seen > 0,
    )
    floods.close('all')
    const facts = await opening
    expect(facts.peakOpen).toBeLessThan(2_000)
    await eventually(
      'the end of all',
      () => sockets.size,
      (left) => left === 0,
    )
    expect(facts.open).toBe(0)
  })
})

describe('a flood is not begun', () => {
  it('with a request that cannot be sent', async () => {
    const { args, sockets } = await serve(plainServer())
    const floods = new Floods()
    const request = { ...GET, headers: { 'x-key': 'a\r\nx-other: b' } }
    await expect(floods.open({ ...args, count: 5, request })).rejects.toThrow('not a header')
    expect(sockets.size).toBe(0)
    // Its id is free again.
    expect(await floods.open({ ...args, count: 1 })).toMatchObject({ open: 1 })
    floods.close('all')
  })

  it('twice under one id, or with too many beside others', async () => {
    const { args } = await serve(plainServer())
    const floods = new Floods()
    await floods.open({ ...args, count: 2 })
    await expect(floods.open({ ...args, count: 2 })).rejects.toThrow("a flood 'all' is under way already")
    await expect(floods.open({ ...args, id: 'more', count: MAX_FLOOD - 1 })).rejects.toThrow(
      'at most 5000 connections at once; 2 are open',
    )
    floods.close('all')
    expect(() => floods.close('all')).toThrow("there is no flood 'all'")
  })

  it('by a helper that has too few descriptors itself: that is no refusal', async () => {
    const { args } = await serve(plainServer())
    const reply = await askProgramWith(100, 'flood.open', { ...args, count: 300 })
    expect(reply).toMatchObject({
      ok: false,
      error: expect.stringMatching(/cannot have 300 connections: EMFILE after \d+/) as string,
    })
  })
})

/** The reply of the whole program, run with a limit of open descriptors. */
function askProgramWith(limit: number, op: string, args: unknown): Promise<ToolboxReply> {
  const script = `ulimit -n ${limit}; exec "$0" "$1"`
  const env = { PATH: process.env['PATH'] ?? '', CHAOS_TTL_MS: '60000', CHAOS_OBJECTS: 'test' }
  const program = join(import.meta.dirname, '../../main.ts')
  const child = spawn('sh', ['-c', script, process.execPath, program], { env, timeout: 15_000, killSignal: 'SIGKILL' })
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString()
      if (output.stdout.split('\n').length > 2) child.stdin.end()
    })
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    child.stdin.on('error', () => undefined)
    child.on('error', reject)
    child.on('close', () => {
      const [, line] = output.stdout.split('\n')
      if (line === undefined || line === '') reject(new Error(`the program answered nothing: ${output.stderr}`))
      else resolve(JSON.parse(line) as ToolboxReply)
    })
    child.stdin.write(`${JSON.stringify({ id: 1, op, args })}\n`)
  })
}
