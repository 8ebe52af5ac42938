import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LagMeter } from '../../ports/lag-meter.ts'

const RESOLUTION_MS = 20

/** Node's own histogram. The resolution is part of each of its values, and taken off. */
export function eventLoopLag(): LagMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return {
    p99Ms: () => Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
    stop: () => void histogram.disable(),
  }
}
