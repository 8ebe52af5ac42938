import { Counter, Gauge, Registry } from 'prom-client'

export interface HiveMetrics {
  readonly registry: Registry
  readonly jobs: Counter<'outcome'>
  readonly failovers: Counter
  readonly removed: Counter<'reason'>
}

export interface HiveGauges {
  /** Number of members in each state. */
  workers: () => ReadonlyMap<string, number>
  openJobs: () => number
  journalWritable: () => boolean
}

const STATES = ['registering', 'ready', 'stopping', 'failed'] as const

export function createMetrics(read: HiveGauges): HiveMetrics {
  const registry = new Registry()
  const registers = [registry]
  const workers = new Gauge({
    name: 'rbee_hive_workers_total',
    help: 'Registered workers by state',
    labelNames: ['state'],
    registers,
    collect: () => {
      const counts = read.workers()
      for (const state of STATES) workers.set({ state }, counts.get(state) ?? 0)
    },
  })
  gauge(registry, 'rbee_hive_jobs_open', 'Accepted jobs that have not ended', read.openJobs)
  gauge(registry, 'rbee_hive_journal_writable', '1 while jobs can be stored', () => (read.journalWritable() ? 1 : 0))
  return {
    registry,
    jobs: new Counter({ name: 'rbee_hive_jobs_total', help: 'Jobs by outcome', labelNames: ['outcome'], registers }),
    failovers: new Counter({ name: 'rbee_hive_failovers_total', help: 'Runs that a worker broke off', registers }),
    removed: new Counter({
      name: 'rbee_hive_workers_removed_total',
      help: 'Workers that left the pool',
      labelNames: ['reason'],
      registers,
    }),
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const metric = new Gauge({
    name,
    help,
    registers: [registry],
    collect: () => {
      metric.set(read())
    },
  })
}
