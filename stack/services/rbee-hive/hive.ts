/** rbee-hive put together from its parts. */
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { unavailable } from '../shared/failure.ts'
import { openIntake } from '../shared/intake.ts'
import type { RunningService } from '../shared/lifecycle.ts'
import type { Logger } from '../shared/log.ts'
import { createServer, LISTEN_BACKLOG } from '../shared/server.ts'
import { addInferenceRoutes } from './inference-routes.ts'
import { JobService, type JobOutcome } from './job-service.ts'
import { JobTable } from './job-table.ts'
import { Journal } from './journal.ts'
import { createMetrics, type HiveMetrics } from './metrics.ts'
import { startMonitor } from './monitor.ts'
import type { HivePolicy } from './policy.ts'
import { identifyProcess, isAlive } from './process-info.ts'
import { WorkerRegistry } from './registry.ts'
import { JobRunner } from './runner.ts'
import { WorkerStopper } from './stopper.ts'
import { HttpWorkerLink } from './worker-link.ts'
import { addWorkerRoutes } from './worker-routes.ts'

export interface HiveOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly token: string
  readonly folder: string
  readonly policy: HivePolicy
  readonly log: Logger
}

const MIB = 1024 * 1024

export async function startHive(options: HiveOptions): Promise<RunningService & { readonly port: number }> {
  const { folder, log, policy, token } = options
  const { reserveBytes, tornBytes } = policy
  const { journal, unfinished } = await Journal.open(
    { folder, reserveBytes, tornBytes, compactBytes: 8 * MIB, completedBytes: 16 * MIB },
    log,
  )
  const table = new JobTable(policy)
  const metrics = createMetrics({
    workers: () => countStates(registry),
    openJobs: () => table.open,
    journalWritable: () => journal.writable,
  })
  const registry = createRegistry(options, metrics)
  const runner = new JobRunner(registry, policy, log, () => {
    metrics.failovers.inc()
  })
  const events = {
    ended: (outcome: JobOutcome) => {
      metrics.jobs.inc({ outcome })
    },
  }
  const jobs = new JobService({ table, journal, runner, policy, events, log })
  const stopper = new WorkerStopper(registry, { policy, isAlive, kill: (pid, signal) => process.kill(pid, signal) }, log)
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
  const intake = openIntake(policy.intake, log)
  addInferenceRoutes(server, { jobs, intake, completed: journal.completed })
  addWorkerRoutes(server, { registry, stopper, identify: identifyProcess, log })
  const stopMonitor = startMonitor(registry)
  jobs.resume(unfinished)
  await server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG })
  return {
    port: (server.server.address() as AddressInfo).port,
    close: async () => {
      stopMonitor()
      stopper.close()
      intake.close()
      await server.close()
      // First the journal: what is unfinished now is not to be recorded as failed, but taken up after the restart.
      await journal.close()
      jobs.close()
      for (const member of registry.list()) member.link.close('the hive ends')
    },
  }
}

function createRegistry({ log, policy, token }: HiveOptions, metrics: HiveMetrics): WorkerRegistry<HttpWorkerLink> {
  return new WorkerRegistry<HttpWorkerLink>({
    policy,
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
}

function countStates(registry: WorkerRegistry<HttpWorkerLink>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const member of registry.list()) counts.set(member.state, (counts.get(member.state) ?? 0) + 1)
  return counts
}
