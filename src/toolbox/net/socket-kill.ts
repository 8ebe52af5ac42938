import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { mustRun } from '../programs/run-program.ts'
import { hasNetAdmin } from './net-admin.ts'

/** Loopback is never touched: a health check inside the container is no traffic of the leg. */
const NOT_LOOPBACK = ['and', 'not', 'dst', '127.0.0.0/8', 'and', 'not', 'dst', '[::1]']

/**
 * Has the kernel abort the leg's established sockets of this namespace, as their owner would with a reset.
 * Answers with how many: ss prints the sockets that it closed, and none where the kernel lacks SOCK_DESTROY.
 */
export async function killSockets(port: number, side: 'client' | 'server'): Promise<number> {
  const own = side === 'server' ? 'sport' : 'dport'
  return countLines(await runKill([own, '=', `:${port}`, ...NOT_LOOPBACK]))
}

/**
 * Tries it on a connection of our own: a kernel without INET_DIAG_DESTROY reports success and closes nothing, so nothing
 * less tells.
 */
export async function canKillSockets(): Promise<boolean> {
  if (!(await hasNetAdmin())) return false
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ host: '127.0.0.1', port })
  client.on('error', () => undefined)
  try {
    await once(client, 'connect')
    const killed = countLines(await runKill(['dport', '=', `:${port}`, 'and', 'dst', '127.0.0.1']))
    return killed === 1 && (await closedSoon(client))
  } finally {
    client.destroy()
    server.close()
  }
}

async function runKill(filter: readonly string[]): Promise<string> {
  return await mustRun('ss', ['-K', '-H', '-t', '-n', '-O', 'state', 'established', ...filter])
}

function countLines(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}

const CLOSED_WITHIN_MS = 500

function closedSoon(socket: Socket): Promise<boolean> {
  if (socket.destroyed) return Promise.resolve(true)
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false)
    }, CLOSED_WITHIN_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
