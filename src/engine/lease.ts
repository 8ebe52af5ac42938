/**
 * Who holds a run. The holder listens on a socket in the run's folder for as long as it lives, and only the kernel can say
 * that nobody listens any more: a pid would tell that neither from another pid namespace (runners in containers that share
 * a state folder) nor once it is used again.
 */
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ChaosError, systemErrorCode } from '../core/errors.ts'

const leaseSchema = z.strictObject({
  runId: z.string(),
  /** Pid and host are for people: nothing is decided by the pid. */
  pid: z.number().int(),
  host: z.string(),
  /** Differs from one start of a kernel to the next. A socket of another kernel cannot be asked. */
  bootId: z.string(),
  startedAt: z.string(),
})

type Lease = z.infer<typeof leaseSchema>

/**
 * `alive`: its process answers. `gone`: it cannot be alive. `elsewhere`: it was signed on another machine, which alone can
 * tell. `unsigned`: nobody answers and nothing says who would; it may be starting.
 */
export type Holder = 'alive' | 'gone' | 'elsewhere' | 'unsigned'

const LEASE_FILE = 'lease.json'
const SOCKET_FILE = 'holder.sock'
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id'
const ANSWER_LIMIT_MS = 2_000
/** sockaddr_un has 108 bytes on Linux and 104 elsewhere, the last of them 0. */
const LONGEST_SOCKET_PATH = 103

export interface HeldLease {
  /** Takes the signature back, while the socket still answers: what is unsigned and young is taken for a run that begins. */
  withdraw(): Promise<void>
  /** From here on the run counts as left by its process. Harmless when repeated. */
  end(): Promise<void>
}

/**
 * Signs for the run whose folder this is, until `end` or the end of the process, however that comes.
 * @throws LEDGER_FAILED where no socket can be made, as on some network file systems.
 */
export async function holdLease(folder: string, runId: string, startedAt: string): Promise<HeldLease> {
  const server = createServer((visitor) => visitor.destroy())
  const socket = await socketIn(folder)
  try {
    await listen(server, socket.path)
  } catch (error) {
    await socket.done()
    throw new ChaosError('LEDGER_FAILED', `could not make the socket that says this run is alive in ${folder}`, {
      cause: error,
      hint: 'Nothing was started. Set CHAOS_STATE_DIR to a folder on a local disk.',
    })
  }
  // A visitor that could not be let in, for want of descriptors, has its answer all the same.
  server.on('error', () => undefined)
  server.unref()
  // Last: what is signed and not answered for is gone.
  const lease: Lease = { runId, pid: process.pid, host: hostname(), bootId: await readBootId(), startedAt }
  const file = join(folder, LEASE_FILE)
  await writeFile(file, JSON.stringify(lease), { mode: 0o600 })
  return {
    withdraw: () => rm(file, { force: true }),
    end: async () => {
      await new Promise<void>((ended) => {
        server.close(() => {
          ended()
        })
      })
      await socket.done()
    },
  }
}

/** Whether the run whose folder this is has a live holder. */
export async function findHolder(folder: string): Promise<Holder> {
  if (await answers(folder)) return 'alive'
  const lease = await readLease(folder)
  if (lease === null) return 'unsigned'
  // One that names this host and another start of its kernel ended with that.
  if (lease.bootId === (await readBootId()) || lease.host === hostname()) return 'gone'
  return 'elsewhere'
}

async function readLease(folder: string): Promise<Lease | null> {
  let text: string
  try {
    text = await readFile(join(folder, LEASE_FILE), 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null
    throw error
  }
  try {
    return leaseSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Where there is no such file there is but one kernel to ask: a laptop without Linux. */
async function readBootId(): Promise<string> {
  try {
    return (await readFile(BOOT_ID_FILE, 'utf8')).trim()
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 'unknown'
    throw error
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed)
    server.listen(path, () => {
      server.off('error', failed)
      listening()
    })
  })
}

async function answers(folder: string): Promise<boolean> {
  try {
    const socket = await socketIn(folder)
    try {
      return await knock(socket.path)
    } finally {
      await socket.done()
    }
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return false
    throw error
  }
}

function knock(path: string): Promise<boolean> {
  return new Promise((answered, failed) => {
    const socket = connect(path)
    // A listener too busy to answer is one all the same: the kernel refuses at once where there is none.
    socket.setTimeout(ANSWER_LIMIT_MS, () => {
      socket.destroy()
      answered(true)
    })
    socket.once('connect', () => {
      socket.destroy()
      answered(true)
    })
    socket.once('error', (error) => {
      if (systemErrorCode(error) === 'EAGAIN') answered(true)
      else failed(error)
    })
  })
}

/**
 * A path too long for a socket address is shortened by way of a descriptor of its folder, which Linux alone has. `done` after
 * the last use, and the closing of a server, which removes its file by this path, is one.
 */
async function socketIn(folder: string): Promise<{ readonly path: string; done(): Promise<void> }> {
  const path = join(folder, SOCKET_FILE)
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, done: () => Promise.resolve() }
  const directory = await open(folder, 'r')
  return { path: `/proc/self/fd/${String(directory.fd)}/${SOCKET_FILE}`, done: () => directory.close() }
}
