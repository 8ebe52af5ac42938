/** queen-rbee: takes tasks from clients and gets them done by the hive. */
import { Admission } from '../shared/admission.ts'
import { readInteger, readUrl } from '../shared/env.ts'
import { errorText, unavailable } from '../shared/failure.ts'
import { runService } from '../shared/lifecycle.ts'
import type { RunningService, ServiceContext } from '../shared/lifecycle.ts'
import { createServer } from '../shared/server.ts'
import { TaskDispatcher } from './dispatcher.ts'
import { createMetrics } from './metrics.ts'
import { upstreamPolicy } from './policy.ts'
import { addTasksRoute } from './tasks-route.ts'
import { WarmPool } from './warm-pool.ts'

async function start({ env, log, token, defects }: ServiceContext): Promise<RunningService> {
  const port = readInteger(env, 'LLORCH_QUEEN_PORT', 8081, { minimum: 1, maximum: 65_535 })
  const origin = readUrl(env, 'LLORCH_HIVE_URL', 'http://toxiproxy:9200')
  const target = readInteger(env, 'QUEEN_WARM_CONNECTIONS', 24, { minimum: 0, maximum: 256 })
  const admission = new Admission({
    active: readInteger(env, 'QUEEN_MAX_ACTIVE', 1024, { minimum: 1, maximum: 100_000 }),
    waiting: readInteger(env, 'QUEEN_MAX_WAITING', 4096, { minimum: 0, maximum: 100_000 }),
  })
  const policy = upstreamPolicy(defects)
  const pool = new WarmPool({ origin, target, maxIdle: 256, probePath: '/v1/health', openLimitMs: 800 }, log)
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
  addTasksRoute(server, { admission, dispatcher, policy, metrics, token, log })
  pool.start()
  await server.listen({ host: '0.0.0.0', port, backlog: 4_096 })
  return {
    close: async () => {
      await server.close()
      await pool.close()
    },
  }
}

runService('queen-rbee', start)
