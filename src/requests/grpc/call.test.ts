import { once } from 'node:events'
import { connect, constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { expect, it } from 'vitest'
import { call, type GrpcAnswer, type GrpcCall } from './call.ts'
import { overConnection, Unanswered } from './connection.ts'
import { framed } from './message-reader.ts'
import { openHostile } from './server.fixture.ts'

const CALL: GrpcCall = { path: '/shop.Till/Pay', metadata: {}, message: new Uint8Array(), deadlineMs: 1_500, maxBytes: 100 }
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' }

async function called(baseUrl: string, changes: Partial<GrpcCall> = {}): Promise<GrpcAnswer> {
  const options = { baseUrl, deadlineMs: 5_000, signal: new AbortController().signal }
  return overConnection(options, (connection) => call(connection, { ...CALL, ...changes }))
}

function ends(stream: ServerHttp2Stream, trailers: Record<string, string>, message = framed(Buffer.from('hi'))): void {
  stream.respond(HEADERS, { waitForTrailers: true })
  stream.on('wantTrailers', () => {
    stream.sendTrailers(trailers)
  })
  stream.end(message)
}

it.each([
  [1_500, '1500m'],
  [0.2, '1m'],
  [10.1, '11m'],
  [-3, '1m'],
])('tells the server the deadline of %d ms', async (deadlineMs, told) => {
  let asked: IncomingHttpHeaders = {}
  await using server = await openHostile((stream, _session, headers) => {
    asked = headers
    ends(stream, { 'grpc-status': '0' })
  })
  await called(server.baseUrl, { deadlineMs, metadata: { 'x-key': 'a' } })
  expect(asked).toMatchObject({
    ...{ ':method': 'POST', ':path': '/shop.Till/Pay', 'content-type': 'application/grpc', te: 'trailers' },
    ...{ 'grpc-timeout': told, 'x-key': 'a' },
  })
})

it.each([
  [{ 'grpc-status': '13', 'grpc-message': 'a%20b' }, 'INTERNAL', 'a b'],
  [{ 'grpc-status': '8' }, 'RESOURCE_EXHAUSTED', ''],
  [{ 'grpc-status': '16', 'grpc-message': 'x'.repeat(2_000) }, 'UNAUTHENTICATED', 'x'.repeat(1_000)],
  [{ 'grpc-status': '999' }, 'UNKNOWN', ''],
])('%j is code %s', async (trailers, code, said) => {
  await using server = await openHostile((stream) => {
    ends(stream, trailers)
  })
  expect(await called(server.baseUrl)).toMatchObject({ code, said, message: Buffer.from('hi') })
})

it('a status of four digits is none', async () => {
  await using server = await openHostile((stream) => {
    ends(stream, { 'grpc-status': '1000' })
  })
  await expect(called(server.baseUrl)).rejects.toThrow(new Unanswered('trailers without a grpc-status'))
})

it('has its answer when the server has given it, though it has not read all of the message', async () => {
  await using server = await openHostile((stream) => {
    stream.pause()
    ends(stream, { 'grpc-status': '0' })
  })
  const message = Buffer.alloc(1_000_000)
  expect(await called(server.baseUrl, { message })).toMatchObject({ code: 'OK', message: Buffer.from('hi') })
})

it('is told what ended the connection, which is known after the end of the call only', async () => {
  await using server = await openHostile(
    (stream) => {
      stream.respond(HEADERS)
      stream.write(framed(Buffer.from('hi')).subarray(0, 6))
    },
    (session, socket) => {
      session.on('stream', () => setTimeout(() => socket.resetAndDestroy(), 20))
    },
  )
  await expect(called(server.baseUrl)).rejects.toThrow(new Unanswered('ECONNRESET'))
})

it.each([
  ['closed', null, 'cut off'],
  ['closed', 'GOAWAY ENHANCE_YOUR_CALM', 'GOAWAY ENHANCE_YOUR_CALM'],
  ['destroyed', null, 'cut off'],
  ['destroyed', 'ECONNRESET', 'ECONNRESET'],
])('is not begun on a connection that is %s (%s)', async (how, failure, why) => {
  let streams = 0
  await using server = await openHostile(() => (streams += 1))
  const session = connect(server.baseUrl)
  await once(session, 'remoteSettings')
  // A stream that is open keeps a closed connection from being destroyed.
  const open = session.request({ ':path': '/', ':method': 'POST' }).on('error', () => undefined)
  await expect.poll(() => streams).toBe(1)
  if (how === 'closed') session.close()
  else session.destroy()
  await expect(call({ session, failure }, CALL)).rejects.toThrow(new Unanswered(why))
  expect(streams).toBe(1)
  open.close(constants.NGHTTP2_CANCEL)
  session.destroy()
})
