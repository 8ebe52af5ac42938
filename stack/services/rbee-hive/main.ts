/** rbee-hive: keeps the pool of workers and gets jobs done by them. */
import { randomUUID } from 'node:crypto'
import { readInteger, readText } from '../shared/env.ts'
import { unavailable } from '../shared/failure.ts'
import { runService } from '../shared/lifecycle.ts'
import type { RunningService, ServiceContext } from '../shared/lifecycle.ts'
import { createServer } from '../shared/server.ts'
import { addInferenceRoutes } from './inference-routes.ts'
import { JobService } from './job-service.ts'
import { JobTable } from './job-table.ts'
import { Journal } from './journal.ts'
import { createMetrics } from './metrics.ts'
import { startMonitor } from './monitor.ts'
import { HIVE_POLICY } from './policy.ts'
import { identifyProcess, isAlive } from './process-info.ts'
import { WorkerRegistry } from './registry.ts'
import { JobRunner } from './runner.ts'
import { WorkerStopper } from './stopper.ts'
import { HttpWorkerLink } from './worker-link.ts'
import { addWorkerRoutes } from './worker-routes.ts'

const MIB = 1024 * 1024

async function start({ env, log, token }: ServiceContext): Promise<RunningService> {
  const port = readInteger(env, 'LLORCH_HIVE_PORT', 9201, { minimum: 1, maximum: 65_535 })
  const folder = readText(env, 'HIVE_DATA_DIR', '/data')
  const { journal, unfinished } = await Journal.open({ folder, compactBytes: 8 * MIB, completedBytes: 16 * MIB }, log)
  const registry = new WorkerRegistry<HttpWorkerLink>({
    policy: HIVE_POLICY,
    newId: () => `reg-${randomUUID()}`,
    openLink: (claim) => new HttpWorkerLink(claim, token),
    isAlive,
    events: {
      failed: (member, reason) => {
        log.warn({ event: 'worker_failed', registration: member.id, worker: member.claim.workerId, reason })
      },
      removed: (member, reason) => {
        metrics.removed.inc({ reason })
        log.warn({ event: 'worker_removed', registration: member.id, worker: member.claim.workerId, reason })
      },
    },
  })
  const table = new JobTable(HIVE_POLICY)
  const metrics = createMetrics({
    workers: () => countStates(registry),
    openJobs: () => table.open,
    journalWritable: () => journal.writable,
  })
  const runner = new JobRunner(registry, HIVE_POLICY, log, () => {
    metrics.failovers.inc()
  })
  const events = {
    ended: (outcome: string): void => {
      metrics.jobs.inc({ outcome })
    },
  }
  const jobs = new JobService(table, journal, runner, events, log)
  const stopper = new WorkerStopper(
    registry,
    { policy: HIVE_POLICY, isAlive, kill: (pid, signal) => process.kill(pid, signal) },
    log,
  )
  const server = createServer({
    token,
    log,
    metrics: metrics.registry,
    health: () => ({ service: 'rbee-hive' }),
    ready: () => {
      const ready = registry.candidates().length
      if (ready === 0) throw unavailable('NO_WORKER', 'no worker is ready')
      return { workers_total: registry.list().length, workers_ready: ready }
    },
  })
  addInferenceRoutes(server, jobs, journal.completedFile)
  addWorkerRoutes(server, { registry, stopper, identify: identifyProcess, log })
  const stopMonitor = startMonitor(registry)
  jobs.resume(unfinished)
  await server.listen({ host: '0.0.0.0', port, backlog: 4_096 })
  return {
    close: async () => {
      stopMonitor()
      stopper.close()
      await server.close()
      await journal.close()
    },
  }
}

function countStates(registry: WorkerRegistry<HttpWorkerLink>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const member of registry.list()) counts.set(member.state, (counts.get(member.state) ?? 0) + 1)
  return counts
}

runService('rbee-hive', start)
