import type { Fault } from '../core/ports.ts'
import { connectionResetsFault } from './connection-resets.ts'
import { nameSequence } from './names.ts'
import { packetLossFault } from './packet-loss.ts'
import { toxicFault } from './toxic.ts'

/** All faults by kind. One registry serves one run; a cleanup makes its own and needs nothing but the plans. */
export function faultRegistry(): ReadonlyMap<string, Fault> {
  const names = nameSequence()
  const faults: Fault[] = [toxicFault(names), packetLossFault(names), connectionResetsFault(names)]
  return new Map(faults.map((fault) => [fault.kind, fault]))
}
