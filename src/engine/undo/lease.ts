/**
 * Who holds a run. The holder listens on a socket in the run's folder for as long as it lives, and only the kernel can say
 * that nobody listens any more: a pid would tell that neither from another pid namespace (runners in containers that share
 * a state folder) nor once it is used again.
 */
import { msBetween, wallAt, type Wall } from '../../core/time/moment.ts'
import { once } from 'node:events'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ChaosError, systemErrorCode } from '../../core/errors.ts'
import { parseAs } from '../../core/json.ts'

const leaseSchema = z.strictObject({
  runId: z.string(),
  /** For people: nothing is decided by it. */
  pid: z.number().int(),
  host: z.string(),
  /** Empty where a machine, or a container, has none. */
  machineId: z.string(),
  /** Differs from one start of a kernel to the next. A socket of another kernel cannot be asked. Empty without Linux. */
  bootId: z.string(),
  startedAt: z.string(),
})

type Lease = z.infer<typeof leaseSchema>
type Machine = Pick<Lease, 'host' | 'machineId' | 'bootId'>

/**
 * `alive`: its process answers. `starting`: its folder is young, and nobody has signed yet. `gone`: its process has ended for
 * certain. `unknown`: it cannot be asked from here, as it was signed on another machine, or by a user whose folder is closed.
 * `missing`: there is no such folder.
 */
export type Holder = 'alive' | 'starting' | 'gone' | 'unknown' | 'missing'

const LEASE_FILE = 'lease.json'
const SOCKET_FILE = 'holder.sock'
const MACHINE_ID_FILE = '/etc/machine-id'
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id'
const ANSWER_LIMIT_MS = 2_000
/** From the making of a folder to the signature; a network file system and a busy machine included. */
const STARTING_LIMIT_MS = 60_000
/** sockaddr_un has 108 bytes on Linux and 104 elsewhere, the last of them 0. */
const LONGEST_SOCKET_PATH = 103

export interface HeldLease {
  /** From here on the run counts as left by its process. Harmless when repeated. */
  end(): Promise<void>
}

/**
 * Signs for the run whose folder this is, until `end` or the end of the process, however that comes.
 * @throws LEDGER_FAILED where no socket can be made, as on some network file systems. Then nothing listens.
 */
export async function holdLease(folder: string, runId: string, startedAt: string): Promise<HeldLease> {
  let end = (): Promise<void> => Promise.resolve()
  try {
    const socket = await socketIn(folder)
    const server = createServer((visitor) => visitor.destroy())
    end = async () => {
      // One that does not listen is closed already.
      await server[Symbol.asyncDispose]()
      await socket.done()
    }
    server.listen(socket.path)
    await once(server, 'listening')
    // A visitor that could not be let in, for want of descriptors, has its answer all the same.
    server.on('error', () => undefined)
    server.unref()
    // Last: what is signed and not answered for is gone.
    const lease: Lease = { runId, pid: process.pid, ...(await thisMachine()), startedAt }
    await writeFile(join(folder, LEASE_FILE), JSON.stringify(lease), { mode: 0o600 })
  } catch (error) {
    await end()
    throw new ChaosError('LEDGER_FAILED', `could not make the socket that says this run is alive in ${folder}`, {
      cause: error,
      hint: 'Nothing was started. Set CHAOS_STATE_DIR to a folder on a local disk that can be written.',
    })
  }
  return { end }
}

/** Whether the run whose folder this is has a live holder. */
export async function findHolder(folder: string, nowWallMs: Wall): Promise<Holder> {
  try {
    // Before the question: of a run that signs just now, a signature read after it would be one that nobody answers for.
    const lease = await readLease(folder)
    if (await answers(folder)) return 'alive'
    if (lease !== null) return isOver(lease, await thisMachine()) ? 'gone' : 'unknown'
    return msBetween(wallAt((await stat(folder)).mtimeMs), nowWallMs) > STARTING_LIMIT_MS ? 'gone' : 'starting'
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT') return 'missing'
    if (code === 'EACCES' || code === 'EPERM') return 'unknown'
    throw error
  }
}

/** Nobody answers, so a lease of this kernel is over, and so is one of this machine before it was started anew. */
function isOver(lease: Machine, here: Machine): boolean {
  const named = lease.host === here.host && lease.machineId === here.machineId
  if (lease.bootId === here.bootId) return here.bootId !== '' || named
  return named && here.machineId !== ''
}

/** Null for one that is torn, of another form, or not there. */
async function readLease(folder: string): Promise<Lease | null> {
  return parseAs(leaseSchema, await readIfThere(join(folder, LEASE_FILE)))
}

async function thisMachine(): Promise<Machine> {
  const [machineId, bootId] = await Promise.all([readIfThere(MACHINE_ID_FILE), readIfThere(BOOT_ID_FILE)])
  return { host: hostname(), machineId: machineId.trim(), bootId: bootId.trim() }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return ''
    throw error
  }
}

async function answers(folder: string): Promise<boolean> {
  let socket: SocketPath | null = null
  try {
    socket = await socketIn(folder)
    return await knock(socket.path)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false
    throw error
  } finally {
    await socket?.done()
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

interface SocketPath {
  readonly path: string
  /** After the last use, and the closing of a server, which removes its file by this path, is one. Harmless when repeated. */
  done(): Promise<void>
}

/** A path too long for a socket address is shortened by way of a descriptor of its folder, which Linux alone has. */
async function socketIn(folder: string): Promise<SocketPath> {
  const path = join(folder, SOCKET_FILE)
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, done: () => Promise.resolve() }
  const directory = await open(folder, 'r')
  return { path: `/proc/self/fd/${directory.fd}/${SOCKET_FILE}`, done: () => directory.close() }
}
