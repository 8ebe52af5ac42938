/** Established connections on a port, by the kernel's own list. */
import { readFile } from 'node:fs/promises'
import type { ToolboxOperations } from '../core/toolbox.ts'

const ESTABLISHED = '01'
const FILES = ['/proc/net/tcp', '/proc/net/tcp6']

export async function countConnections({ port, side }: ToolboxOperations['tcp.count']['args']): Promise<{ established: number }> {
  const texts = await Promise.all(FILES.map((file) => readFile(file, 'latin1')))
  return { established: texts.reduce((sum, text) => sum + countEstablished(text, port, side), 0) }
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
