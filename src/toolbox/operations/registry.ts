/** All operations of the toolbox. One line for each file. */
import type { OperationsOf } from '../define-operation.ts'
import { capabilities } from './capabilities.ts'
import { cgroupRead } from './resources/cgroup.ts'
import { cpuOperations } from './resources/cpu.ts'
import { diskOperations } from './resources/disk.ts'
import { dnsOperations } from './network/dns.ts'
import { fetchOperation } from './requests/fetch.ts'
import { floodOperations } from './requests/flood.ts'
import { helperOperations } from './helper.ts'
import { holdOperations } from './requests/hold.ts'
import { processHoldings } from './processes/holdings.ts'
import { processPeers } from './processes/peers.ts'
import { hostRead } from './resources/host.ts'
import { lossOperations } from './network/loss.ts'
import { markerOperations } from './network/marker.ts'
import { memoryFill } from './resources/memory.ts'
import { nofileOperations } from './processes/nofile.ts'
import { probeHttp } from './requests/probe-http.ts'
import { probeTransfer } from './requests/probe-transfer.ts'
import { processOperations } from './processes/process.ts'
import { resetsOperations } from './network/resets.ts'
import { tcpOperations } from './network/tcp.ts'
import { vramOperations } from './resources/vram.ts'

export const OPERATIONS = [
  capabilities,
  probeHttp,
  probeTransfer,
  ...holdOperations,
  ...lossOperations,
  ...resetsOperations,
  ...markerOperations,
  ...tcpOperations,
  ...dnsOperations,
  fetchOperation,
  ...floodOperations,
  ...processOperations,
  ...nofileOperations,
  processHoldings,
  processPeers,
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
