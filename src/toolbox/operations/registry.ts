/** All operations of the toolbox. One line for each file. */
import type { OperationsOf } from '../../kinds/define-operation.ts'
import { capabilities } from './capabilities.ts'
import { cgroupRead } from './cgroup.ts'
import { cpuOperations } from './cpu.ts'
import { diskOperations } from './disk.ts'
import { fetchOperation } from './fetch.ts'
import { floodOperations } from './flood.ts'
import { helperOperations } from './helper.ts'
import { holdOperations } from './hold.ts'
import { hostRead } from './host.ts'
import { lossOperations } from './loss.ts'
import { markerOperations } from './marker.ts'
import { memoryFill } from './memory.ts'
import { nofileOperations } from './nofile.ts'
import { probeHttp } from './probe-http.ts'
import { probeTransfer } from './probe-transfer.ts'
import { processOperations } from './process.ts'
import { resetsOperations } from './resets.ts'
import { tcpOperations } from './tcp.ts'
import { vramOperations } from './vram.ts'

export const OPERATIONS = [
  capabilities,
  probeHttp,
  probeTransfer,
  ...holdOperations,
  ...lossOperations,
  ...resetsOperations,
  ...markerOperations,
  ...tcpOperations,
  fetchOperation,
  ...floodOperations,
  ...processOperations,
  ...nofileOperations,
  hostRead,
  cgroupRead,
  ...cpuOperations,
  memoryFill,
  ...diskOperations,
  ...vramOperations,
  ...helperOperations,
] as const

/** What each operation takes and answers, by name. */
type ToolboxOperations = OperationsOf<(typeof OPERATIONS)[number]>

export type ToolboxOperation = keyof ToolboxOperations
export type ArgumentsOf<O extends ToolboxOperation> = ToolboxOperations[O]['args']
export type ReplyOf<O extends ToolboxOperation> = ToolboxOperations[O]['reply']
