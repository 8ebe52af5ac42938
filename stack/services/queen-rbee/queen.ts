/** queen-rbee put together from its parts. */
import type { AddressInfo } from 'node:net'
import { Admission, type AdmissionLimits } from '../shared/admission.ts'
import { errorText, unavailable } from '../shared/failure.ts'
import { openIntake, type IntakePolicy } from '../shared/intake.ts'
import type { RunningService } from '../shared/lifecycle.ts'
import type { Logger } from '../shared/log.ts'
import { createServer, LISTEN_BACKLOG } from '../shared/server.ts'
import { TaskDispatcher } from './dispatcher.ts'
import { createMetrics } from './metrics.ts'
import type { UpstreamPolicy } from './policy.ts'
import { addTasksRoute } from './tasks-route.ts'
import { WarmPool } from './warm-pool.ts'

export interface QueenOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly token: string
  readonly hiveOrigin: string
  readonly warmConnections: number
  readonly admission: AdmissionLimits
  readonly policy: UpstreamPolicy
  readonly intake: IntakePolicy
  readonly log: Logger
}

/** More idle connections than this are closed after a rush. */
const MAX_IDLE_CONNECTIONS = 256
const OPEN_LIMIT_MS = 800

export async function startQueen(options: QueenOptions): Promise<RunningService & { readonly port: number }> {
  const { log, policy, token } = options
  const admission = new Admission(options.admission)
  const pool = new WarmPool(
    {
      origin: options.hiveOrigin,
      target: options.warmConnections,
      maxIdle: MAX_IDLE_CONNECTIONS,
      probePath: '/v1/health',
      openLimitMs: OPEN_LIMIT_MS,
    },
    log,
  )
  const metrics = createMetrics({
    active: () => admission.active,
    waiting: () => admission.waiting,
    idleConnections: () => pool.idle,
  })
  const dispatcher = new TaskDispatcher(pool, policy, log, (failure) => {
    metrics.attemptFailures.inc({ reason: failure.reason })
  })
  const server = createServer({
    token,
    log,
    metrics: metrics.registry,
    health: () => ({ service: 'queen-rbee' }),
    ready: async () => {
      await pool.probe().catch((error: unknown) => {
        throw unavailable('HIVE_UNREACHABLE', `the hive does not answer: ${errorText(error)}`)
      })
      return { warm_connections: pool.idle }
    },
  })
  const intake = openIntake(options.intake, log)
  addTasksRoute(server, { intake, admission, dispatcher, policy, metrics, token, log })
  pool.start()
  await server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG })
  return {
    port: (server.server.address() as AddressInfo).port,
    close: async () => {
      intake.close()
      await server.close()
      await pool.close()
    },
  }
}
