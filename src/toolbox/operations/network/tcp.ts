/** What the kernel counts of the TCP connections of this network namespace. */
import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper } from '../../helper.ts'
import { readTcpCounters, tcpSince } from '../../net/tcp-counters.ts'
import { readUnless } from '../../proc/read.ts'
import { none, port, side } from '../arguments.ts'

const ESTABLISHED = '01'

const countArgs = z.strictObject({ port, side })

export const tcpOperations = [
  /** Counters since the helper started. */
  defineOperation({
    name: 'tcp.read',
    args: none,
    limitMs: 0,
    run: async (_, { tcpAtStart }: Helper) => tcpSince(tcpAtStart, await readTcpCounters()),
  }),
  /** Established connections on a port, by /proc/net/tcp and tcp6. `side` as for loss. */
  defineOperation({ name: 'tcp.count', args: countArgs, limitMs: 0, run: countConnections }),
] as const

export async function countConnections(args: z.output<typeof countArgs>): Promise<{ established: number }> {
  // A kernel without IPv6 has no such file, and no such connections.
  const [ipv4, ipv6] = await Promise.all([readFile('/proc/net/tcp', 'utf8'), readUnless(['ENOENT'], '/proc/net/tcp6')])
  return { established: countEstablished(ipv4, args) + countEstablished(ipv6 ?? '', args) }
}

/** `sl local_address rem_address st …` with addresses as `0100007F:1F90`. */
export function countEstablished(text: string, leg: z.output<typeof countArgs>): number {
  const suffix = `:${leg.port.toString(16).toUpperCase().padStart(4, '0')}`
  return text
    .split('\n')
    .slice(1)
    .filter((line) => {
      const [, local, remote, state] = line.trim().split(/\s+/)
      return state === ESTABLISHED && (leg.side === 'server' ? local : remote)?.endsWith(suffix) === true
    }).length
}
