import type { ToolboxOperation, ToolboxOperations } from '../core/toolbox.ts'
import { readCapabilities } from './capabilities.ts'
import type { HelperState } from './helper-state.ts'
import { HoldGroups } from './hold.ts'
import type { Lease } from './lease.ts'
import { findLeftovers, sweepOwn } from './leftovers.ts'
import { Loss } from './loss.ts'
import { Marker } from './marker.ts'
import { probeHttp } from './probe-http.ts'
import { probeTransfer } from './probe-transfer.ts'
import { Resets } from './resets.ts'
import { readTcpCounters, tcpSince } from './tcp-counters.ts'
import type { TcpCounters } from './tcp-counters.ts'

/** What is run for each operation, on arguments that were checked. */
export type Operations = {
  readonly [O in ToolboxOperation]: (
    args: ToolboxOperations[O]['args'],
  ) => Promise<ToolboxOperations[O]['reply']> | ToolboxOperations[O]['reply']
}

export function createOperations(state: HelperState, lease: Lease, tcpAtStart: TcpCounters): Operations {
  const hold = new HoldGroups()
  const loss = new Loss(state)
  const resets = new Resets(state)
  const marker = new Marker(state)
  return {
    capabilities: () => readCapabilities(state),
    'probe.http': probeHttp,
    'probe.transfer': probeTransfer,
    'hold.open': (args) => hold.open(args),
    'hold.try': (args) => hold.try(args),
    'hold.close': ({ id }) => hold.close(id),
    'loss.install': (args) => loss.install(args),
    'loss.read': () => loss.read(),
    'resets.arm': (args) => resets.arm(args),
    'resets.read': () => resets.read(),
    'tcp.read': async () => tcpSince(tcpAtStart, await readTcpCounters()),
    'marker.install': (args) => marker.install(args),
    'marker.read': () => marker.read(),
    leftovers: async () => ({ found: await findLeftovers() }),
    undo: async () => ({ undone: [...(await state.undo.undoAll()), ...(await sweepOwn(state.names))] }),
    renew: () => lease.renew(),
  }
}
