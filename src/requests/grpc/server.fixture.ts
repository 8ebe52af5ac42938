/** A gRPC server by somebody else (grpc-js, and its reflection), and servers that answer HTTP/2 as a test says. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type Metadata,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'

const PROTOS = join(import.meta.dirname, '../../../test/fixtures/grpc')

interface Order {
  readonly item: string
  readonly count: number
}

export interface Shop extends AsyncDisposable {
  readonly baseUrl: string
  /** Methods in the order in which they were called, with what the client sent beside the message. */
  readonly calls: { readonly path: string; readonly metadata: Metadata }[]
  /** What the health service says of a service; undefined: it does not know it. */
  readonly health: Map<string, string>
}

/** Sells tea for 250 cents; is out of coffee, and asleep when it is asked for cocoa, or by somebody who says so. */
export async function openShop({ reflection = true, port = 0 } = {}): Promise<Shop> {
  const server = new Server()
  const calls: Shop['calls'] = []
  const health = new Map([['', 'SERVING']])
  const definition = loadSync(['shop.proto', 'health.proto'], {
    includeDirs: [PROTOS],
    enums: String,
    longs: Number,
    defaults: true,
  })
  const pay: handleUnaryCall<Order, object> = (called, answer) => {
    const { request } = called
    calls.push({ path: called.getPath(), metadata: called.metadata })
    if (request.item === 'coffee') answer({ code: status.RESOURCE_EXHAUSTED, details: 'out of coffee ☕' })
    else if (request.item !== 'cocoa' && !called.metadata.get('asleep').includes('yes'))
      answer(null, { item: request.item, total: { cents: 250 * request.count, currency: 'EUR' } })
  }
  const check: handleUnaryCall<{ readonly service: string }, object> = (called, answer) => {
    calls.push({ path: called.getPath(), metadata: called.metadata })
    const is = health.get(called.request.service)
    if (is === undefined) answer({ code: status.NOT_FOUND, details: 'unknown service' })
    else answer(null, { status: is })
  }
  const loaded = loadPackageDefinition(definition)
  const service = (name: string): ServiceDefinition => {
    const [root = '', ...rest] = name.split('.')
    const found = rest.reduce<unknown>((at, part) => Reflect.get(Object(at) as object, part), loaded[root])
    return Reflect.get(Object(found) as object, 'service') as ServiceDefinition
  }
  server.addService(service('shop.Till'), { Pay: pay, Watch: () => undefined })
  server.addService(service('grpc.health.v1.Health'), { Check: check })
  if (reflection) new ReflectionService(definition).addToServer(server)
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at)
      else reject(error)
    })
  })
  return {
    baseUrl: `http://127.0.0.1:${bound}`,
    calls,
    health,
    [Symbol.asyncDispose]() {
      server.forceShutdown()
      return Promise.resolve()
    },
  }
}

export interface Hostile extends AsyncDisposable {
  readonly baseUrl: string
}

/** `begin` hears of each connection, with its socket. */
export async function openHostile(
  answer: (stream: ServerHttp2Stream, session: ServerHttp2Session, headers: IncomingHttpHeaders) => void,
  begin: (session: ServerHttp2Session, socket: Socket) => void = () => undefined,
): Promise<Hostile> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  // Before the session of it, which Node's own listener begins.
  let socket: Socket
  server.prependListener('connection', (connection: Socket) => (socket = connection))
  server.on('session', (session) => {
    sessions.add(session)
    begin(session, socket)
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      answer(stream, session, headers)
    })
  })
  server.on('sessionError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      server.close()
      return Promise.resolve()
    },
  }
}
