/** Connections of a network with others, in the words of /proc/net. Pure. */
/** Texts of /proc/net/tcp and tcp6, of udp and udp6, and of unix. */
export interface PeerTables {
  readonly tcp: readonly string[]
  readonly udp: readonly string[]
  readonly unix: string
}

/** A port that a process listens on, and what it passes its connections on to: a proxy's place. */
export interface Passage {
  readonly port: number
  readonly to: { readonly addresses: readonly string[]; readonly port: number } | null
}

/** Of TCP (include/net/tcp_states.h). */
const LISTEN = '0A'
/** Of a Unix socket (include/uapi/linux/net.h): SS_CONNECTED. */
const CONNECTED = '03'

/**
 * @param passage - Only connections with its port, or with what it passes them on to; null takes all, and where there is no
 *   TCP, sockets of other kinds that somebody may speak through.
 */
export function countPeers(tables: PeerTables, passage: Passage | null, ours: readonly string[]): number {
  const foreign = tables.tcp.flatMap(rowsOf).filter(({ state, remote }) => state !== LISTEN && !isOurs(remote, ours))
  if (passage !== null) return foreign.filter((row) => isOf(row, passage)).length
  const datagrams = tables.udp.flatMap(rowsOf).filter(({ local }) => !isLoopback(local.address))
  return foreign.length + datagrams.length + connectedUnix(tables.unix)
}

interface Place {
  /** IPv4 in dots; what is IPv6 alone as it stands there. */
  readonly address: string
  readonly port: number
}

interface Row {
  readonly local: Place
  readonly remote: Place
  readonly state: string
}

/** `sl local_address rem_address st …`. */
function rowsOf(table: string): Row[] {
  return table.split('\n').flatMap((line) => {
    const [, local, remote, state] = line.trim().split(/\s+/)
    const [from, to] = [placeOf(local), placeOf(remote)]
    return from === null || to === null || state === undefined ? [] : [{ local: from, remote: to, state }]
  })
}

/** Alone, or mapped into IPv6. */
const IPV4 = /^(?:0{16}FFFF0000)?([0-9A-F]{8})$/

/** `0100007F:1F90`: each four bytes in the order of the machine, which is the little end first on all that Docker runs on here. */
function placeOf(text = ''): Place | null {
  const [, hex = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text) ?? []
  if (hex === '') return null
  const [, four] = IPV4.exec(hex) ?? []
  const bytes = four
    ?.match(/../g)
    ?.reverse()
    .map((byte) => Number.parseInt(byte, 16))
  return { address: bytes?.join('.') ?? hex, port: Number.parseInt(port, 16) }
}

/** ::1 as the kernel writes it. */
const LOOPBACK_6 = '00000000000000000000000001000000'

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === LOOPBACK_6
}

function isOurs({ address }: Place, ours: readonly string[]): boolean {
  return isLoopback(address) || ours.includes(address)
}

function isOf({ local, remote }: Row, { port, to }: Passage): boolean {
  return local.port === port || (to !== null && remote.port === to.port && to.addresses.includes(remote.address))
}

/** `Num RefCount Protocol Flags Type St Inode Path`. */
function connectedUnix(table: string): number {
  return table.split('\n').filter((line) => line.trim().split(/\s+/)[5] === CONNECTED).length
}
