import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { getEventListeners } from 'node:events'
import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { create } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import type { RequestOutcome, SendOptions } from '../../core/request.ts'
import { framed } from './message-reader.ts'
import { grpcRequest } from './request.ts'
import { grpcSender } from './send.ts'
import { fileList } from './reflection.fixture.ts'
import { openHostile, openShop } from './server.fixture.ts'
import { grpcRequestSpec } from './spec.ts'

type Input = Record<string, unknown>

const HEALTH: Input = { grpc: 'health' }
const PAY: Input = { grpc: 'shop.Till/Pay', body: { item: 'tea', count: 2 } }

function sender(input: Input): (baseUrl: string, changes?: Partial<SendOptions>) => Promise<RequestOutcome> {
  const send = grpcSender(grpcRequestSpec.parse(input))
  return (baseUrl, changes = {}) =>
    send({
      ...{ baseUrl, variables: { TOKEN: 't0ken-value' }, deadlineMs: 5_000, maxBytes: 10_000 },
      signal: new AbortController().signal,
      ...changes,
    })
}

describe('the health service', () => {
  it('is good when it is serving', async () => {
    await using shop = await openShop()
    const outcome = await sender(HEALTH)(shop.baseUrl)
    expect(outcome).toMatchObject({ good: true, status: null, code: 'OK', error: null, reason: null, complete: true })
    expect(outcome).toMatchObject({ body: '{"status":"SERVING"}', bytes: 2 })
    expect(outcome.bodyHash).toMatch(/^[0-9a-f]{64}$/)
    expect(outcome.firstByteMs).toBeLessThanOrEqual(outcome.totalMs)
    expect(shop.calls.map(({ path }) => path)).toEqual(['/grpc.health.v1.Health/Check'])
  })

  it('is asked for a service by its name, and is not good when that is not serving, or not known', async () => {
    await using shop = await openShop()
    shop.health.set('shop.Till', 'NOT_SERVING').set('shop.New', 'UNKNOWN')
    const asked = (service: string): Promise<RequestOutcome> => sender({ ...HEALTH, service })(shop.baseUrl)
    const missed = "the body misses status == 'SERVING'"
    expect(await asked('shop.Till')).toMatchObject({ good: false, code: 'OK', reason: missed, complete: true })
    expect(await asked('shop.New')).toMatchObject({ good: false, body: '{"status":"UNKNOWN"}' })
    expect(await asked('other')).toMatchObject({
      good: false,
      code: 'NOT_FOUND',
      reason: 'code NOT_FOUND',
      body: 'unknown service',
    })
  })

  it('is no job, as a call of a method may be', async () => {
    await using shop = await openShop()
    const told: (string | null)[] = []
    const asks = (job: string | null): void => void told.push(job)
    const ask = (input: Input): Promise<RequestOutcome> =>
      grpcRequest.request(grpcRequestSpec.parse(input)).send({
        ...{ baseUrl: shop.baseUrl, variables: { TOKEN: 't0ken-value' }, deadlineMs: 5_000, maxBytes: 10_000 },
        ...{ signal: new AbortController().signal, asks },
      })
    await ask(HEALTH)
    expect(told).toEqual([])
    await ask(PAY)
    expect(told).toEqual([null, null])
  })

  it('can be good in another way', async () => {
    await using shop = await openShop()
    shop.health.set('', 'NOT_SERVING')
    const good = { body_matches: "status == 'NOT_SERVING'" }
    expect(await sender({ ...HEALTH, good })(shop.baseUrl)).toMatchObject({ good: true })
  })
})

describe('a method that the server tells of', () => {
  it('takes and gives JSON, fields with defaults too', async () => {
    await using shop = await openShop()
    const good = { body_matches: "total.cents == '500' && gift == `false`" }
    const outcome = await sender({ ...PAY, good })(shop.baseUrl)
    expect(outcome).toMatchObject({ good: true, code: 'OK', reason: null })
    expect(JSON.parse(outcome.body)).toEqual({ item: 'tea', total: { cents: '500', currency: 'EUR' }, gift: false })
  })

  it('gets the metadata with variables filled in, and the deadline', async () => {
    await using shop = await openShop()
    await sender({ ...PAY, metadata: { authorization: 'Bearer ${TOKEN}' } })(shop.baseUrl)
    expect(shop.calls[0]?.metadata.get('authorization')).toEqual(['Bearer t0ken-value'])
    const unknown = sender({ ...PAY, metadata: { 'x-key': '${NONE}' } })(shop.baseUrl)
    await expect(unknown).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  it('that fails is answered by its code, which is good where it says so', async () => {
    await using shop = await openShop()
    const coffee = { ...PAY, body: { item: 'coffee' } }
    const outcome = await sender(coffee)(shop.baseUrl)
    expect(outcome).toMatchObject({ good: false, code: 'RESOURCE_EXHAUSTED', reason: 'code RESOURCE_EXHAUSTED', complete: true })
    expect(outcome.body).toBe('out of coffee ☕')
    const good = { code: ['RESOURCE_EXHAUSTED'] }
    expect(await sender({ ...coffee, good })(shop.baseUrl)).toMatchObject({ good: true, reason: null })
  })

  it.each([
    ['shop.Till/Sell', 'reflection: there is no method shop.Till/Sell'],
    ['shop.Till/Watch', 'reflection: shop.Till/Watch is no unary method'],
    ['shop.Attic/Pay', /^reflection: NOT_FOUND/],
  ])('%s: %s', async (grpc, error) => {
    await using shop = await openShop()
    const matching: unknown = typeof error === 'string' ? error : expect.stringMatching(error)
    expect(await sender({ grpc })(shop.baseUrl)).toMatchObject({
      good: false,
      error: matching,
      reason: matching,
      complete: false,
    })
  })

  it('is an error where the server has no reflection', async () => {
    await using shop = await openShop({ reflection: false })
    expect(await sender(PAY)(shop.baseUrl)).toMatchObject({ good: false, error: 'reflection: the server offers none' })
  })

  it('with a body that does not fit is a mistake of the descriptor', async () => {
    await using shop = await openShop()
    const asked = sender({ ...PAY, body: { itm: 'tea' } })(shop.baseUrl)
    await expect(asked).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/shop\.Till\/Pay is no shop\.Order: .*itm/) as string,
    })
  })

  it('is asked for once, and anew after a connection that failed', async () => {
    const toAny = sender({ ...PAY, metadata: { asleep: '${ASLEEP}' } })
    const send = (baseUrl: string, changes: Partial<SendOptions> = {}, asleep = 'no'): Promise<RequestOutcome> =>
      toAny(baseUrl, { variables: { ASLEEP: asleep }, ...changes })
    let first = await openShop()
    const { baseUrl } = first
    expect(await send(baseUrl)).toMatchObject({ good: true })
    expect(await send(baseUrl)).toMatchObject({ good: true })
    await first[Symbol.asyncDispose]()
    const port = Number(new URL(baseUrl).port)
    first = await openShop({ reflection: false, port })
    // What is known serves a server without reflection, also after an answer that came too late and one that nobody waited for.
    expect(await send(baseUrl)).toMatchObject({ good: true })
    const late = await send(baseUrl, { deadlineMs: 200 }, 'yes')
    expect(late.error).toMatch(/^deadline$|^RST_STREAM CANCEL$/)
    expect(await send(baseUrl, { signal: AbortSignal.abort() })).toMatchObject({ error: 'aborted' })
    expect(await send(baseUrl)).toMatchObject({ good: true })
    await first[Symbol.asyncDispose]()
    expect(await send(baseUrl)).toMatchObject({ error: 'ECONNREFUSED' })
    await using last = await openShop({ reflection: false, port })
    expect(await send(last.baseUrl)).toMatchObject({ error: 'reflection: the server offers none' })
  })
})

describe('no answer', () => {
  it('at the deadline', async () => {
    await using shop = await openShop()
    const outcome = await sender({ ...PAY, body: { item: 'cocoa' } })(shop.baseUrl, { deadlineMs: 300 })
    expect(outcome).toMatchObject({ good: false, status: null, complete: false })
    expect(outcome).not.toHaveProperty('code')
    // The server knows the deadline too, and may be the first to say so.
    expect(outcome.error).toMatch(/^deadline$|^RST_STREAM CANCEL$/)
    expect(outcome.totalMs).toBeLessThan(4_000)
    expect(outcome).toMatchObject({ body: '', firstByteMs: null, bytes: 0, bodyHash: null })
  })

  it('where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    expect(await sender(HEALTH)(`http://127.0.0.1:${port}`)).toMatchObject({
      error: 'ECONNREFUSED',
      reason: 'ECONNREFUSED',
    })
  })

  it('when it is aborted, and leaves no listener behind', async () => {
    await using shop = await openShop()
    const aborter = new AbortController()
    const asked = sender({ ...PAY, body: { item: 'cocoa' } })(shop.baseUrl, { signal: aborter.signal })
    await expect.poll(() => shop.calls.length).toBe(1)
    aborter.abort()
    expect(await asked).toMatchObject({ error: 'aborted' })
    expect(getEventListeners(aborter.signal, 'abort')).toEqual([])
    expect(await sender(HEALTH)(shop.baseUrl, { signal: aborter.signal })).toMatchObject({ error: 'aborted' })
  })

  it('from who speaks no HTTP/2', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await sender(HEALTH)(baseUrl)).error).toMatch(/^ERR_HTTP2_ERROR$|^GOAWAY PROTOCOL_ERROR$|^ECONNRESET$|^cut off$/)
    const request = grpcRequest.request(grpcRequestSpec.parse(HEALTH))
    await expect(request.speaks(baseUrl, AbortSignal.timeout(5_000))).rejects.toThrow()
    server.close()
  })
})

it('an entry of a descriptor is such a request', async () => {
  await using shop = await openShop()
  const request = grpcRequest.request(grpcRequestSpec.parse(HEALTH))
  expect(request).toMatchObject({ kind: 'grpc', protocol: 'gRPC', http: null })
  await request.speaks(shop.baseUrl, AbortSignal.timeout(5_000))
  expect(shop.calls).toEqual([])
  const options = { baseUrl: shop.baseUrl, variables: {}, deadlineMs: 5_000, maxBytes: 100, signal: AbortSignal.timeout(6_000) }
  expect(await request.send(options)).toMatchObject({ good: true, code: 'OK' })
  expect(await request.send(options)).toMatchObject({ good: true, code: 'OK' })
  expect(shop.calls).toHaveLength(2)
})

const SERVING = framed(Buffer.from([0x08, 0x01]))
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' }

/** Headers, these bytes, and trailers, if any. */
function says(
  bytes: Buffer,
  trailers: Record<string, string> | null,
  headers: Record<string, string | number> = HEADERS,
): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond(headers, { waitForTrailers: true })
    stream.on('wantTrailers', () => {
      if (trailers === null) stream.close()
      else stream.sendTrailers(trailers)
    })
    stream.end(bytes)
  }
}

const OK = { 'grpc-status': '0' }
const HUGE = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1])

describe('a hostile answer', () => {
  it.each<[string, (stream: ServerHttp2Stream, session: ServerHttp2Session) => void, string | RegExp]>([
    ['without trailers', says(SERVING, null), 'cut off'],
    ['with trailers that say nothing', says(SERVING, { 'x-other': '1' }), 'trailers without a grpc-status'],
    ['with a status that is no number', says(SERVING, { 'grpc-status': 'fine' }), 'trailers without a grpc-status'],
    ['with a status before which there is something', says(SERVING, { 'grpc-status': 'x0' }), 'trailers without a grpc-status'],
    ['with a status after which there is something', says(SERVING, { 'grpc-status': '0x' }), 'trailers without a grpc-status'],
    ['with OK in its headers only', says(SERVING, null, { ...HEADERS, 'grpc-status': '0' }), 'cut off'],
    ['with a message that is cut', says(SERVING.subarray(0, 6), OK), 'cut off'],
    ['with OK and no message', says(Buffer.alloc(0), OK), 'cut off'],
    ['with half a prefix', says(SERVING.subarray(0, 3), OK), 'cut off'],
    ['with two messages', says(Buffer.concat([SERVING, SERVING]), OK), 'more than one message'],
    ['with a huge message', says(HUGE, OK), 'body too large'],
    ['that is compressed', says(Buffer.concat([Buffer.from([1]), SERVING.subarray(1)]), OK), 'a compressed message'],
    ['that is none of gRPC', says(Buffer.from('<html>'), OK), 'no gRPC message'],
    [
      'of another type',
      says(SERVING, OK, { ...HEADERS, 'content-type': 'text/html' }),
      'content-type text/html and no gRPC answer',
    ],
    ['of no type', says(SERVING, OK, { ':status': 200 }), 'content-type none and no gRPC answer'],
    [
      'of a type that ends with its name',
      says(SERVING, OK, { ...HEADERS, 'content-type': 'x-application/grpc' }),
      'content-type x-application/grpc and no gRPC answer',
    ],
    [
      'of a type with a long name',
      says(SERVING, OK, { ...HEADERS, 'content-type': 'x'.repeat(200) }),
      `content-type ${'x'.repeat(80)} and no gRPC answer`,
    ],
    [
      'for the web',
      says(SERVING, OK, { ...HEADERS, 'content-type': 'application/grpc-web' }),
      /^content-type application\/grpc-web/,
    ],
    ['of a proxy', says(SERVING, OK, { ':status': 503 }), 'HTTP status 503 and no gRPC answer'],
    [
      'that is a reset',
      (stream) => {
        stream.close(constants.NGHTTP2_REFUSED_STREAM)
      },
      'RST_STREAM REFUSED_STREAM',
    ],
    [
      'that is a reset in the middle',
      (stream) => {
        stream.respond(HEADERS)
        stream.write(SERVING, () => {
          stream.destroy(new Error('broken'))
        })
      },
      'RST_STREAM INTERNAL_ERROR',
    ],
    [
      'that is the end of the connection',
      (stream, session) => {
        stream.respond(HEADERS)
        stream.write(SERVING, () => {
          session.socket.destroy()
        })
      },
      /^cut off$|^ECONNRESET$/,
    ],
    [
      'that is a GOAWAY',
      (_stream, session) => {
        session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
      },
      'GOAWAY ENHANCE_YOUR_CALM',
    ],
  ])('%s is none', async (_what, answer, error) => {
    await using server = await openHostile(answer)
    const outcome = await sender(HEALTH)(server.baseUrl)
    const matching: unknown = typeof error === 'string' ? error : expect.stringMatching(error)
    expect(outcome).toMatchObject({ good: false, status: null, error: matching, complete: false })
    expect(outcome).not.toHaveProperty('code')
  })

  it('of another message is whole and not good', async () => {
    await using server = await openHostile(says(framed(Buffer.from([0x08])), OK))
    expect(await sender(HEALTH)(server.baseUrl)).toMatchObject({
      ...{ good: false, code: 'OK', error: null, complete: true, body: '', bytes: 1 },
      reason: expect.stringMatching(/^the answer cannot be read: /) as string,
    })
  })

  it.each([
    ['14', 'UNAVAILABLE'],
    ['99', 'UNKNOWN'],
  ])('that is trailers alone tells its code: %s', async (number, code) => {
    await using server = await openHostile((stream) => {
      stream.respond({ ...HEADERS, 'grpc-status': number, 'grpc-message': '%zz' }, { endStream: true })
    })
    expect(await sender(HEALTH)(server.baseUrl)).toMatchObject({
      ...{ good: false, code, body: '%zz', complete: true, firstByteMs: null, bytes: 0 },
      bodyHash: createHash('sha256').update('').digest('hex'),
    })
  })

  it('in small pieces is put together, after a GOAWAY that lets it end too', async () => {
    await using server = await openHostile((stream, session) => {
      stream.respond(HEADERS, { waitForTrailers: true })
      stream.on('wantTrailers', () => {
        stream.sendTrailers(OK)
      })
      session.goaway(constants.NGHTTP2_NO_ERROR, stream.id)
      for (const byte of SERVING) stream.write(Buffer.from([byte]))
      stream.end()
    })
    expect(await sender(HEALTH)(server.baseUrl)).toMatchObject({ good: true, code: 'OK' })
  })

  it('to reflection is an error of the request', async () => {
    const asked = async (bytes: Buffer): Promise<string | null> => {
      await using server = await openHostile(says(framed(bytes), OK))
      return (await sender(PAY)(server.baseUrl)).error
    }
    expect(await asked(Buffer.from([0xff]))).toMatch(/^reflection: the answer cannot be read: /)
    expect(await asked(Buffer.alloc(0))).toBe('reflection: the server sends no file with shop.Till')
    expect(await asked(Buffer.from([0x22, 0x03, 0x0a, 0x01, 0xff]))).toMatch(/^reflection: the answer cannot be read: /)
  })
})

describe('what reflection told', () => {
  const files = [
    create(FileDescriptorProtoSchema, {
      ...{ name: 'till', package: 'shop', syntax: 'proto3', messageType: [{ name: 'Order' }, { name: 'Receipt' }] },
      service: [{ name: 'Till', method: [{ name: 'Pay', inputType: '.shop.Order', outputType: '.shop.Receipt' }] }],
    }),
  ]
  const PAY_NOTHING: Input = { grpc: 'shop.Till/Pay' }

  /** Tells of its method after `reflectsAfterMs`, and then answers with these bytes and this status. */
  async function till(
    answer: { bytes: Buffer; status: string },
    reflectsAfterMs = 0,
  ): Promise<AsyncDisposable & { readonly baseUrl: string; readonly asked: IncomingHttpHeaders[] }> {
    const asked: IncomingHttpHeaders[] = []
    const server = await openHostile((stream, _session, headers) => {
      asked.push(headers)
      if (String(headers[':path']).includes('Reflection'))
        setTimeout(() => {
          says(framed(fileList(files)), OK)(stream)
        }, reflectsAfterMs)
      else says(answer.bytes, { 'grpc-status': answer.status })(stream)
    })
    return { baseUrl: server.baseUrl, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  const NOTHING = framed(Buffer.alloc(0))

  it.each([
    ['answers', NOTHING, '0', 1],
    ['answers with a failure', NOTHING, '13', 1],
    ['does not know the method any more', Buffer.alloc(0), '12', 2],
    ['answers what cannot be read', framed(Buffer.from([0x08])), '0', 2],
  ])('of a server that %s', async (_what, bytes, status, timesAsked) => {
    await using server = await till({ bytes, status })
    const send = sender(PAY_NOTHING)
    await send(server.baseUrl)
    await send(server.baseUrl)
    const paths = server.asked.map((headers) => String(headers[':path']))
    expect(paths.filter((path) => path.includes('Reflection'))).toHaveLength(timesAsked)
    expect(paths.filter((path) => path === '/shop.Till/Pay')).toHaveLength(2)
  })

  it('is asked for within the deadline of the request', async () => {
    await using server = await till({ bytes: NOTHING, status: '0' }, 200)
    expect(await sender(PAY_NOTHING)(server.baseUrl)).toMatchObject({ good: true })
    const left = server.asked.map((headers) => Number.parseInt(String(headers['grpc-timeout']), 10))
    expect(left[0]).toBeGreaterThan(4_500)
    expect(left[1]).toBeLessThanOrEqual(4_801)
  })

  it('is not what a failed call says beside its code', async () => {
    await using server = await till({ bytes: framed(Buffer.from('?')), status: '13' })
    expect(await sender(PAY_NOTHING)(server.baseUrl)).toMatchObject({
      ...{ good: false, code: 'INTERNAL', reason: 'code INTERNAL', body: '', bytes: 1 },
    })
    const failing = sender({ ...PAY_NOTHING, good: { code: ['INTERNAL'] } })
    expect(await failing(server.baseUrl)).toMatchObject({ good: true, reason: null })
  })
})
