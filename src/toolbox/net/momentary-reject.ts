import { systemClock } from '../../core/time/clock.ts'
import type { HelperState } from '../helper.ts'
import { applyNft, counterOf, nftTable, readCounters, refusedByNft, removeTable } from './nft.ts'

/** Long enough for a busy connection to send something: only a packet that arrives is answered with a reset. */
const WINDOW_MS = 100

/**
 * For kernels that cannot close sockets: for a moment every packet of an established connection is answered with a
 * reset, which closes the peer's socket. The reset does not come from a socket of this namespace, so OutRsts does not
 * count it; the rule's own counter does, and the peer's EstabResets.
 */
export async function rejectForAMoment(state: HelperState, port: number, side: 'client' | 'server'): Promise<number> {
  const table = state.names.table('resets')
  await applyNft(commands(table, port, side))
  try {
    await systemClock.sleep(WINDOW_MS)
    return counterOf(await readCounters(table), 'rejected')
  } finally {
    await removeTable(table)
  }
}

/** Why the kernel could not, or null. */
export function rejectRefusal(state: HelperState): Promise<string | null> {
  return refusedByNft(state, commands(state.names.table('check'), 1, 'server'))
}

function commands(table: string, port: number, side: 'client' | 'server'): string[] {
  const match = `iifname != "lo" tcp ${side === 'client' ? 'sport' : 'dport'} ${port}`
  // Packets that open a connection pass: a refused connect is another fault.
  const rule = `${match} tcp flags & (syn | rst) == 0 counter name "rejected" reject with tcp reset`
  return nftTable(table, 'filter', ['rejected'], { input: [rule] })
}
