/** What the three HTTP servers have in common: auth, health pages, metrics, and errors as JSON. */
import type { ServerResponse } from 'node:http'
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Registry } from 'prom-client'
import { bearerCheck } from './auth.ts'
import { errorBody, ServiceError } from './failure.ts'
import type { Logger } from './log.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a token. */
    public?: boolean
  }
}

export interface ServerOptions {
  readonly token: string
  readonly log: Logger
  readonly metrics: Registry
  /** What `/health` says beside its status. Throws a ServiceError while the service cannot work at all. */
  health(): Record<string, unknown>
  /** Throws a ServiceError while the service should get no work. */
  ready(): Promise<Record<string, unknown>> | Record<string, unknown>
}

const BODY_LIMIT_BYTES = 1024 * 1024
/** Longer than any client here keeps an idle connection, so that it is the client who closes and no request meets a FIN. */
const KEEP_ALIVE_MS = 120_000

/** Connections that wait to be accepted: a rush of a thousand must not meet a full queue. */
export const LISTEN_BACKLOG = 4_096

const PUBLIC = { config: { public: true } } as const

export function createServer(options: ServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
  })
  const checkBearer = bearerCheck(options.token)
  // Also for paths that do not exist: without a token nobody learns which ones do.
  server.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.public !== true) checkBearer(request.headers.authorization)
    done()
  })
  server.setNotFoundHandler((_request, reply) => sendError(reply, new ServiceError(404, 'NOT_FOUND', 'no such route')))
  server.setErrorHandler<FastifyError>((error, _request, reply) => sendError(reply, toServiceError(error, options.log)))
  addHealthRoutes(server, options)
  closeWithLastAnswer(server)
  return server
}

/**
 * A connection outlives its last request, and some never carry one: left alone, each would hold up the close until it
 * times out. So once the close has begun all of them go with the last answer.
 */
function closeWithLastAnswer(server: FastifyInstance): void {
  let closing = false
  let open = 0
  const closeIfLast = (): void => {
    if (closing && open === 0) server.server.closeAllConnections()
  }
  server.addHook('onRequest', (_request, reply, done) => {
    open += 1
    whenClosed(reply.raw, () => {
      open -= 1
      closeIfLast()
    })
    done()
  })
  server.addHook('preClose', (done) => {
    closing = true
    closeIfLast()
    done()
  })
}

function addHealthRoutes(server: FastifyInstance, options: ServerOptions): void {
  const alive = (): Record<string, unknown> => ({ status: 'ok', ...options.health() })
  for (const path of ['/health', '/v1/health', '/health/live']) server.get(path, PUBLIC, alive)
  server.get('/health/ready', PUBLIC, async () => ({ status: 'ready', ...(await options.ready()) }))
  server.get('/metrics', PUBLIC, async (_request, reply) => {
    void reply.type(options.metrics.contentType)
    return options.metrics.metrics()
  })
}

/** Calls `then` when the answer is out or the client is gone, which may be so already. */
export function whenClosed(response: ServerResponse, then: () => void): void {
  if (response.closed) then()
  else response.once('close', then)
}

/** Resolves when the response takes more, or never will. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    if (response.closed) resolve()
    else response.on('drain', done).on('close', done)
  })
}

export function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  if (error.retryAfterS !== null) void reply.header('retry-after', String(error.retryAfterS))
  return reply.code(error.status).type('application/json; charset=utf-8').send(errorBody(error.code, error.message))
}

function toServiceError(error: FastifyError | ServiceError, log: Logger): ServiceError {
  if (error instanceof ServiceError) return error
  const status = error.statusCode ?? 500
  if (status < 500) return new ServiceError(status, error.code, error.message)
  log.error({ event: 'request_error', error: error.stack ?? error.message })
  return new ServiceError(500, 'INTERNAL', 'internal error')
}
