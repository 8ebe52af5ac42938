import { Gauge, Registry } from 'prom-client'

export function createMetrics(read: {
  active: () => number
  vramUsedBytes: () => number
  vramTotalBytes: () => number
}): Registry {
  const registry = new Registry()
  gauge(registry, 'rbee_worker_inference_active', 'Requests that are running', read.active)
  gauge(registry, 'rbee_worker_vram_used_bytes', 'Device memory in use', read.vramUsedBytes)
  gauge(registry, 'rbee_worker_vram_total_bytes', 'Device memory', read.vramTotalBytes)
  return registry
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
