import type { ToolboxOperation, ToolboxOperations } from '../../core/toolbox.ts'
import { readCapabilities } from './capabilities.ts'
import { readCgroup } from '../cgroup/facts.ts'
import { CpuBurn } from './cpu.ts'
import { DiskFill } from './disk.ts'
import { fetchPage } from './fetch.ts'
import { Floods } from './flood.ts'
import type { HelperState } from '../helper.ts'
import { HoldGroups } from './hold.ts'
import { readHostFacts } from '../proc/host-facts.ts'
import type { Lease } from '../lease.ts'
import { findLeftovers, sweepOwn } from '../net/leftovers.ts'
import { Loss } from './loss.ts'
import { Marker } from './marker.ts'
import { MemoryFill } from './memory.ts'
import { lowerLimit, restoreLimit } from './nofile.ts'
import { probeHttp } from './probe-http.ts'
import { probeTransfer } from './probe-transfer.ts'
import { lookAtProcess } from '../proc/process.ts'
import { signalProcess } from './process.ts'
import { Resets } from './resets.ts'
import { countConnections } from './tcp.ts'
import { readTcpCounters, tcpSince } from '../net/tcp-counters.ts'
import type { TcpCounters } from '../net/tcp-counters.ts'
import { findFillers, lookAtVolume, sweepFillers } from '../fill/volume.ts'
import { VramHold } from './vram.ts'
import { lookAtGpus } from '../gpu/look.ts'

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
  const floods = new Floods()
  const cpu = new CpuBurn(state)
  const memory = new MemoryFill(state)
  const disk = new DiskFill(state)
  const vram = new VramHold(state)
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
    'tcp.count': countConnections,
    fetch: fetchPage,
    'flood.open': (args) => floods.open(args),
    'flood.read': ({ id }) => floods.read(id),
    'flood.close': ({ id }) => floods.close(id),
    'process.look': lookAtProcess,
    'process.signal': (args) => signalProcess(state, args),
    'nofile.lower': (args) => lowerLimit(state, args),
    'nofile.restore': async (args) => (await restoreLimit(args)) ?? { previousSoft: null },
    'host.read': readHostFacts,
    'cgroup.read': readCgroup,
    'cpu.burn': (args) => cpu.burn(args),
    'cpu.read': () => cpu.read(),
    'memory.fill': (args) => memory.fill(args),
    'disk.look': (args) => lookAtVolume(args),
    'disk.fill': (args) => disk.fill(args),
    'disk.leftovers': (args) => findFillers(args),
    'disk.sweep': (args) => sweepFillers(args),
    'vram.look': lookAtGpus,
    'vram.open': (args) => vram.open(args),
    'vram.fill': (args) => vram.fill(args),
    'vram.read': () => vram.read(),
    leftovers: async () => ({ found: await findLeftovers() }),
    undo: async () => ({ undone: [...(await state.undo.undoAll()), ...(await sweepOwn(state.names))] }),
    renew: () => lease.renew(),
  }
}
