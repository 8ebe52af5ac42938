/** What the kernel counts of the TCP connections of this network namespace. */
import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper } from '../../helper.ts'
import { readTcpCounters, tcpSince } from '../../net/tcp-counters.ts'
import { errorCode } from '../../net/wire.ts'
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
  const texts = await Promise.all([readFile('/proc/net/tcp', 'latin1'), readIfThere('/proc/net/tcp6')])
  return { established: texts.reduce((sum, text) => sum + countEstablished(text, args), 0) }
}

/** A kernel without IPv6 has no such file, and no such connections. */
async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
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
