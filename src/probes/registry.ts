import type { Probe } from '../core/ports.ts'
import { canaryExpectation } from './canary-expectation.ts'
import { logGapsExpectation } from './log-gaps.ts'
import { requestExpectation } from './request.ts'

/** All probes by the kind of `expect` clause that they judge. */
export function probeRegistry(): ReadonlyMap<string, Probe> {
  const probes: Probe[] = [canaryExpectation, requestExpectation, logGapsExpectation]
  return new Map(probes.map((probe) => [probe.kind, probe]))
}
