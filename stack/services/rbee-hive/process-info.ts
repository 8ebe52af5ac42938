/** Processes of the shared pid namespace, told apart from later ones that got the same number. */
import { readFileSync } from 'node:fs'
import { errorCode } from '../shared/failure.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from boot to the start of the process: with the pid, unique until the next boot. */
  readonly startTicks: string
}

/**
 * The process that a worker says it is. null when there is none of that number here, or when it belongs to another
 * container: then nobody may signal it. @throws Error when the system does not tell, for want of descriptors for example.
 */
export function identifyProcess(pid: number, container: string, procRoot = '/proc'): ProcessIdentity | null {
  const startTicks = liveStartTicks(pid, procRoot)
  if (startTicks === null) return null
  const environment = readOrNull(`${procRoot}/${pid}/environ`)
  if (environment?.split('\0').includes(`HOSTNAME=${container}`) !== true) return null
  return { pid, startTicks }
}

/**
 * False for a zombie too: it has ended and only waits to be reaped. True while the system does not tell: whoever runs out
 * of descriptors must not take all others for dead.
 */
export function isAlive(identity: ProcessIdentity, procRoot = '/proc'): boolean {
  try {
    return liveStartTicks(identity.pid, procRoot) === identity.startTicks
  } catch {
    return true
  }
}

function liveStartTicks(pid: number, procRoot: string): string | null {
  const stat = readOrNull(`${procRoot}/${pid}/stat`)
  if (stat === null) return null
  // The name in parentheses may hold anything; after it come the state (field 3) and, as field 22, the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  if (state === 'Z' || state === 'X') return null
  return fields[19] ?? null
}

/** Gone, or another user's: either way not a process that may be signalled. */
const NOT_OURS: readonly string[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM']

/** @throws Error when the file could not be read for a reason that says nothing of the process. */
function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (NOT_OURS.includes(errorCode(error))) return null
    throw error
  }
}
