import type { FastifyInstance } from 'fastify'
import { errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { asRecord, number, text } from '../shared/task.ts'
import type { ProcessIdentity } from './process-info.ts'
import type { Member, WorkerClaim, WorkerRegistry } from './registry.ts'
import type { WorkerStopper } from './stopper.ts'

export interface WorkerRoutesOptions {
  readonly registry: WorkerRegistry
  readonly stopper: WorkerStopper
  identify(pid: number, container: string): ProcessIdentity | null
  readonly log: Logger
}

const MAX_ID_LENGTH = 128
const MAX_URL_LENGTH = 256
const MAX_PID = 2 ** 22
const BYTES = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, integer: true } as const

/** What workers say to the hive, and what people ask about workers. */
export function addWorkerRoutes(server: FastifyInstance, options: WorkerRoutesOptions): void {
  const { registry, stopper, log } = options
  server.post('/v1/workers/register', async (request, reply) => {
    const claim = parseClaim(request.body, options)
    const member = registry.register(claim, performance.now())
    log.info({ event: 'worker_registered', registration: member.id, worker: claim.workerId, pid: claim.process?.pid ?? null })
    return reply.code(201).send({ registration: member.id })
  })
  server.post('/v1/workers/ready', (request) => {
    const id = text(asRecord(request.body), 'registration', MAX_ID_LENGTH)
    if (!registry.ready(id, performance.now())) throw unknownRegistration()
    log.info({ event: 'worker_ready', registration: id })
    return { message: 'Worker registered as ready' }
  })
  server.post('/v1/heartbeat', (request) => {
    const fields = asRecord(request.body)
    const id = text(fields, 'registration', MAX_ID_LENGTH)
    const report = { stopping: fields['state'] === 'stopping', vramUsedBytes: number(fields, 'vram_used_bytes', 0, BYTES) }
    if (!registry.heartbeat(id, report, performance.now())) throw unknownRegistration()
    return { message: 'ok' }
  })
  server.get('/v1/workers/list', () => ({ workers: registry.list().map(describe) }))
  server.post<{ Params: { id: string } }>('/v1/workers/:id/stop', (request, reply) => {
    const member = registry.find(request.params.id)
    if (member === undefined) throw new ServiceError(404, 'NO_SUCH_WORKER', 'no worker of that id is registered')
    stopper.stop(member)
    return reply.code(202).send(describe(member))
  })
}

/** A ready worker with requests is busy; `stopping` and `failed` stay what they are. */
function describe(member: Member): Record<string, unknown> {
  return {
    id: member.id,
    registration: member.id,
    worker_id: member.claim.workerId,
    url: member.claim.url,
    state: member.state === 'ready' && member.inFlight > 0 ? 'busy' : member.state,
    reason: member.reason,
    container: member.claim.container,
    pid: member.claim.process?.pid ?? null,
    in_flight: member.inFlight,
    vram_bytes: member.claim.vramBytes,
    vram_used_bytes: member.vramUsedBytes,
  }
}

function parseClaim(body: unknown, options: WorkerRoutesOptions): WorkerClaim {
  const fields = asRecord(body)
  const container = text(fields, 'container', MAX_ID_LENGTH)
  const pid = number(fields, 'pid', null, { minimum: 1, maximum: MAX_PID, integer: true })
  return {
    workerId: text(fields, 'worker_id', MAX_ID_LENGTH),
    url: parseUrl(text(fields, 'url', MAX_URL_LENGTH)),
    container,
    vramBytes: number(fields, 'vram_bytes', 0, BYTES),
    process: identify(pid, container, options),
  }
}

/** @throws ServiceError 503 while the system does not tell: the worker asks again. */
function identify(pid: number, container: string, options: WorkerRoutesOptions): ProcessIdentity | null {
  try {
    return options.identify(pid, container)
  } catch (error) {
    throw unavailable('PROCESS_UNREADABLE', `the process of the worker cannot be looked at: ${errorText(error)}`)
  }
}

function parseUrl(url: string): string {
  if (URL.canParse(url) && new URL(url).protocol === 'http:') return new URL(url).origin
  throw new ServiceError(422, 'BAD_FIELD', 'url must be of the form http://host:port')
}

function unknownRegistration(): ServiceError {
  return new ServiceError(404, 'UNKNOWN_REGISTRATION', 'register first')
}
