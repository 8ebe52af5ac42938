import type { Fault } from '../core/ports.ts'
import { connectionResetsFault } from './connection-resets.ts'
import { connectionsFault } from './connections.ts'
import { containerActionFault } from './container-action.ts'
import { cpuFault } from './cpu.ts'
import { crashFault } from './crash.ts'
import { diskFault } from './disk.ts'
import { fileDescriptorsFault } from './file-descriptors.ts'
import { memoryFault } from './memory.ts'
import { nameSequence } from './names.ts'
import { packetLossFault } from './packet-loss.ts'
import { toxicFault } from './toxic.ts'
import { unansweredStopFault } from './unanswered-stop.ts'
import { vramFault } from './vram.ts'

/** All faults by kind. One registry serves one run; a cleanup makes its own and needs nothing but the plans. */
export function faultRegistry(): ReadonlyMap<string, Fault> {
  const names = nameSequence()
  const faults: Fault[] = [
    toxicFault(names),
    packetLossFault(names),
    connectionResetsFault(names),
    crashFault(names),
    unansweredStopFault(names),
    containerActionFault(names),
    memoryFault(names),
    cpuFault(names),
    diskFault(names),
    fileDescriptorsFault(names),
    connectionsFault(names),
    vramFault(names),
  ]
  return new Map(faults.map((fault) => [fault.kind, fault]))
}
