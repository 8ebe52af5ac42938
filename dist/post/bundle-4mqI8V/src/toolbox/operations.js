import { readCapabilities } from "./capabilities.js";
import { HoldGroups } from "./hold.js";
import { findLeftovers, sweepOwn } from "./leftovers.js";
import { Loss } from "./loss.js";
import { Marker } from "./marker.js";
import { probeHttp } from "./probe-http.js";
import { probeTransfer } from "./probe-transfer.js";
import { Resets } from "./resets.js";
import { readTcpCounters, tcpSince } from "./tcp-counters.js";
export function createOperations(state, lease, tcpAtStart) {
    const hold = new HoldGroups();
    const loss = new Loss(state);
    const resets = new Resets(state);
    const marker = new Marker(state);
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
    };
}
