/** Memory of the GPU that this worker was given, as the driver tells it: what others take of it is not free. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface DeviceMemory {
  readonly totalBytes: number
  /** As told last, a quarter of a second ago. */
  freeBytes(): number
  close(): void
}

interface Reading {
  readonly totalBytes: number
  readonly freeBytes: number
}

const MIB = 1_024 * 1_024
const EVERY_MS = 250
const FIRST_LIMIT_MS = 10_000
/** NVIDIA's container runtime puts the tool into every container that has a GPU. The first of several is the worker's. */
const TOOL = 'nvidia-smi'
const ARGV = ['--id=0', '--query-gpu=memory.total,memory.free', '--format=csv,noheader,nounits', `--loop-ms=${EVERY_MS}`]

/** `24576, 16384`, in MiB, is what the tool prints. null for a line that it does not print. */
export function parseReading(line: string): Reading | null {
  const [, total, free] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(line) ?? []
  return total === undefined || free === undefined ? null : { totalBytes: Number(total) * MIB, freeBytes: Number(free) * MIB }
}

/**
 * Resolves with the first reading; null where there is no such tool, so no GPU. `onLost` is called when the tool ends
 * later, as nothing is known of the device then. @throws Error when the tool is there and tells nothing.
 */
export async function openDeviceMemory(onLost: (why: string) => void, tool: string = TOOL): Promise<DeviceMemory | null> {
  const child = spawn(tool, ARGV, { stdio: ['ignore', 'pipe', 'ignore'] })
  let last: Reading | null = null
  let closed = false
  const first = Promise.withResolvers<Reading | null>()
  const limit = setTimeout(() => {
    first.reject(new Error(`${tool} told no memory within ${FIRST_LIMIT_MS} ms`))
  }, FIRST_LIMIT_MS)
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = parseReading(line) ?? last
    if (last !== null) first.resolve(last)
  })
  child.once('error', (error) => {
    if ('code' in error && error.code === 'ENOENT') first.resolve(null)
    else first.reject(error)
  })
  child.once('close', (code, signal) => {
    const why = `${tool} ended (${signal ?? String(code)})`
    first.reject(new Error(`${why} before it told the memory of a GPU`))
    if (last !== null && !closed) onLost(why)
  })
  const close = (): void => {
    closed = true
    child.kill('SIGTERM')
  }
  try {
    const reading = await first.promise
    if (reading === null) return null
    return { totalBytes: reading.totalBytes, freeBytes: () => (last ?? reading).freeBytes, close }
  } catch (error) {
    close()
    throw error
  } finally {
    clearTimeout(limit)
  }
}
