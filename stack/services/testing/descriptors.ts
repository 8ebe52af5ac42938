/** Takes all descriptors of another process, as a flood of silent clients would. */
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { limitProcess, openDescriptors, type ServiceProcess } from './processes.ts'
import { eventually, TOKEN, type Cleanup } from './support.ts'

const SPARE = 16
const PLENTY = 4_096

/** Resolves when not one is free. Returns what frees them again. */
export async function exhaustDescriptors(service: ServiceProcess, cleanup: Cleanup): Promise<() => Promise<void>> {
  const limit = Math.max(...(await openDescriptors(service.pid))) + SPARE
  await limitProcess(service.pid, { nofile: limit })
  const port = Number(new URL(service.url).port)
  const sockets = Array.from({ length: limit + SPARE }, () => silentSocket(port))
  const release = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  cleanup.add(release)
  await eventually(
    'the last descriptor',
    async () => (await openDescriptors(service.pid)).length,
    (open) => open >= limit,
  )
  return async () => {
    release()
    await limitProcess(service.pid, { nofile: PLENTY })
  }
}

/** An agent whose one connection is kept. */
export function keptConnection(cleanup: Cleanup): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanup.add(() => {
    agent.destroy()
  })
  return agent
}

/** The status, or the error code of a connection that was not served; and how long that took. `false` connects anew. */
export function look(url: string, through: Agent | false): Promise<{ outcome: number | string; tookMs: number }> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const done = (outcome: number | string): void => {
      resolve({ outcome, tookMs: performance.now() - startedMs })
    }
    get(url, { agent: through, headers: { authorization: `Bearer ${TOKEN}` }, timeout: 5_000 }, (response) => {
      response.resume().on('end', () => {
        done(response.statusCode ?? 0)
      })
    })
      .on('timeout', () => {
        done('timeout')
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        done(error.code ?? error.message)
      })
  })
}

function silentSocket(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  // It may be turned away: that is what it is for.
  socket.on('error', () => undefined)
  return socket
}
