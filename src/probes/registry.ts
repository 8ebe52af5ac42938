import type { Probe } from '../core/ports.ts'
import { canaryExpectation } from './canary-expectation.ts'
import { containerExpectation } from './container.ts'
import { heldLoadExpectation } from './held-load.ts'
import { logGapsExpectation } from './log-gaps.ts'
import { logExpectation } from './log.ts'
import { metricExpectation } from './metric.ts'
import { newConnectionsExpectation } from './new-connections.ts'
import { poolExpectation } from './pool.ts'
import { requestExpectation } from './request.ts'
import { workloadExpectation } from './workload.ts'

/** All probes by the kind of `expect` clause that they judge. */
export function probeRegistry(): ReadonlyMap<string, Probe> {
  const probes: Probe[] = [
    canaryExpectation,
    requestExpectation,
    logGapsExpectation,
    containerExpectation,
    poolExpectation,
    workloadExpectation,
    metricExpectation,
    logExpectation,
    newConnectionsExpectation,
    heldLoadExpectation,
  ]
  return new Map(probes.map((probe) => [probe.kind, probe]))
}
