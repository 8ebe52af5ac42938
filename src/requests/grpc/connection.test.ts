import { once } from 'node:events'
import { constants, type ClientHttp2Session, type Settings } from 'node:http2'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { http2ErrorName, overConnection, speaksHttp2, Unanswered, type GrpcConnection } from './connection.ts'
import { openHostile } from './server.fixture.ts'

it('names error codes as Node numbers them', () => {
  const names = [
    ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
    ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
    ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
  ]
  expect(names.map((name) => http2ErrorName(Number(Reflect.get(constants, `NGHTTP2_${name}`))))).toEqual(names)
  expect(http2ErrorName(names.length)).toBe('14')
})

/** Takes connections, and does `then` with each. */
async function listening(
  then: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly baseUrl: string; closed: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('close', () => (taken.closed += 1))
    then(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const taken = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closed: 0,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
  return taken
}

const patient = (): AbortSignal => new AbortController().signal
const timeouts = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('an entry speaks HTTP/2', () => {
  it('when it sends its settings, and is left alone then', async () => {
    const pushes: unknown[] = []
    let closed = 0
    await using server = await openHostile(
      () => undefined,
      (session) => {
        session.on('remoteSettings', (settings: Settings) => pushes.push(settings.enablePush))
        session.on('close', () => (closed += 1))
      },
    )
    await speaksHttp2(server.baseUrl, patient())
    await expect.poll(() => closed).toBe(1)
    // Nobody may send what was not asked for.
    expect(pushes).toEqual([false])
  })

  it('and does not when it closes the connection without a word', async () => {
    await using server = await listening((socket) => socket.resume().end())
    await expect(speaksHttp2(server.baseUrl, patient())).rejects.toThrow(/^the connection was closed$/)
  })

  it('and does not where nobody listens', async () => {
    const server = await listening(() => undefined)
    await server[Symbol.asyncDispose]()
    await expect(speaksHttp2(server.baseUrl, patient())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('and does not when it stays silent, which is left in time', async () => {
    const aborter = new AbortController()
    await using server = await listening((socket) => {
      socket.resume()
      aborter.abort()
    })
    await expect(speaksHttp2(server.baseUrl, aborter.signal)).rejects.toThrow(/^no answer in time$/)
    await expect.poll(() => server.closed).toBe(1)
  })
})

describe('work over a connection', () => {
  it('is done with it, and nothing stays of it', async () => {
    let closed = 0
    await using server = await openHostile(
      () => undefined,
      (session) => session.on('close', () => (closed += 1)),
    )
    const before = timeouts()
    const signal = patient()
    const worked = overConnection({ baseUrl: server.baseUrl, deadlineMs: 60_000, signal }, async ({ session }) => {
      await once(session, 'remoteSettings')
      return 'done'
    })
    expect(await worked).toBe('done')
    await expect.poll(() => closed).toBe(1)
    expect(timeouts()).toBeLessThanOrEqual(before)
  })

  it.each(['deadline', 'aborted'])('ends with %s, however long it goes on', async (why) => {
    await using server = await listening((socket) => socket.resume())
    const aborter = new AbortController()
    const work = Promise.withResolvers<never>()
    let opened: ClientHttp2Session | null = null
    const deadlineMs = why === 'deadline' ? 20 : 60_000
    const worked = overConnection({ baseUrl: server.baseUrl, deadlineMs, signal: aborter.signal }, ({ session }) => {
      opened = session
      return work.promise
    })
    if (why === 'aborted') aborter.abort()
    await expect(worked).rejects.toThrow(new Unanswered(why))
    expect(opened).toMatchObject({ destroyed: true })
    // Nobody hears this, and nobody has to.
    work.reject(new Error('too late'))
  })

  it('tells why it ended', async () => {
    const ended = async (baseUrl: string): Promise<string | null> => {
      let connection: GrpcConnection | null = null
      await overConnection({ baseUrl, deadlineMs: 5_000, signal: patient() }, async (opened) => {
        connection = opened
        await once(opened.session, 'close').catch(() => undefined)
      })
      return (connection as GrpcConnection | null)?.failure ?? null
    }
    await using reset = await listening((socket) => setTimeout(() => socket.resetAndDestroy(), 20))
    expect(await ended(reset.baseUrl)).toBe('ECONNRESET')
    await using quiet = await listening((socket) => socket.resume().end())
    expect(await ended(quiet.baseUrl)).toBeNull()
    await using refusing = await openHostile(
      () => undefined,
      (session) => {
        session.goaway(constants.NGHTTP2_INADEQUATE_SECURITY)
      },
    )
    expect(await ended(refusing.baseUrl)).toBe('GOAWAY INADEQUATE_SECURITY')
  })
})
