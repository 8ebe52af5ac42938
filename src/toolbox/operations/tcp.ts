/** Established connections on a port, by the kernel's own list. */
import { readFile } from 'node:fs/promises'
import type { ToolboxOperations } from '../../core/toolbox.ts'
import { errorCode } from '../net/wire.ts'

const ESTABLISHED = '01'

export async function countConnections({ port, side }: ToolboxOperations['tcp.count']['args']): Promise<{ established: number }> {
  const texts = await Promise.all([readFile('/proc/net/tcp', 'latin1'), readIfThere('/proc/net/tcp6')])
  return { established: texts.reduce((sum, text) => sum + countEstablished(text, port, side), 0) }
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
export function countEstablished(text: string, port: number, side: 'client' | 'server'): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text
    .split('\n')
    .slice(1)
    .filter((line) => {
      const [, local, remote, state] = line.trim().split(/\s+/)
      return state === ESTABLISHED && (side === 'server' ? local : remote)?.endsWith(suffix) === true
    }).length
}
