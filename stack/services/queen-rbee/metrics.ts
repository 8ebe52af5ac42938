import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface QueenMetrics {
  readonly registry: Registry
  readonly tasks: Counter<'outcome'>
  readonly attemptFailures: Counter<'reason'>
  readonly seconds: Histogram
}

/** `read` is asked when the page is, so that the gauges cost nothing in between. */
export function createMetrics(read: {
  active: () => number
  waiting: () => number
  idleConnections: () => number
}): QueenMetrics {
  const registry = new Registry()
  const registers = [registry]
  gauge(registry, 'rbee_queen_tasks_active', 'Tasks that are being worked on', read.active)
  gauge(registry, 'rbee_queen_tasks_waiting', 'Tasks that wait for a place', read.waiting)
  gauge(registry, 'rbee_queen_warm_connections', 'Idle connections to the hive', read.idleConnections)
  return {
    registry,
    tasks: new Counter({ name: 'rbee_queen_tasks_total', help: 'Tasks by outcome', labelNames: ['outcome'], registers }),
    attemptFailures: new Counter({
      name: 'rbee_queen_attempt_failures_total',
      help: 'Failed attempts at the hive by reason',
      labelNames: ['reason'],
      registers,
    }),
    seconds: new Histogram({
      name: 'rbee_queen_task_seconds',
      help: 'Time from the arrival of a task to its whole answer',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
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
