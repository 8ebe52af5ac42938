/** What processes of containers hold: files, memory, connections that were given up, threads. Needs the host's pid namespace. */
import { readdirSync, readlinkSync } from 'node:fs'
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import { belongsTo, readCgroupPaths, readProcFile } from '../../cgroup/membership.ts'
import { parseSnmp } from '../../net/tcp-counters.ts'
import { errorCode } from '../../net/wire.ts'
import { readStat, sameProcess } from '../../proc/process.ts'
import { processRef, type ProcessRef } from '../arguments.ts'

const MOST_PROCESSES = 500

export interface Holdings {
  readonly pid: number
  readonly containerId: string
  /** Tells a process from a later one with the same pid. */
  readonly startTicks: number
  readonly threads: number
  /** Open descriptors that are no sockets; null where this helper may not look. */
  readonly files: number | null
  /** Memory of its own, KiB (RssAnon): pages of files come and go as the kernel likes. null where it is not told. */
  readonly memoryKiB: number | null
  /** Connections that the other side has closed and this one has not (CLOSE_WAIT), of all in its network; null without one. */
  readonly unclosed: number | null
  /** Connections of all in its network: established now, and begun so far from either side; null where it is not told. */
  readonly connections: { readonly open: number; readonly opened: number } | null
}

/** Of TCP in /proc/PID/net/tcp (include/net/tcp_states.h). */
const CLOSE_WAIT = '08'
const ESTABLISHED = '01'

const holdingsArgs = z.strictObject({ processes: z.array(processRef).min(1).max(MOST_PROCESSES) })

export const processHoldings = defineOperation({
  name: 'process.holdings',
  args: holdingsArgs,
  limitMs: 0,
  /** Those that are gone, or belong elsewhere, are left out. */
  run: async ({ processes }) => (await Promise.all(processes.map(holdingsOf))).filter((one) => one !== null),
})

async function holdingsOf({ pid, containerId }: ProcessRef): Promise<Holdings | null> {
  const [stat, paths] = await Promise.all([readStat(pid), readCgroupPaths(pid)])
  if (stat === null || paths === null || !belongsTo(paths, containerId)) return null
  const [states, opened] = await Promise.all([connectionStates(pid), openedSoFar(pid)])
  const inState = (wanted: string): number | null => states?.filter((state) => state === wanted).length ?? null
  const [unclosed, open] = [inState(CLOSE_WAIT), inState(ESTABLISHED)]
  const connections = open === null || opened === null ? null : { open, opened }
  const memoryKiB = memoryOf(await readProcFile(pid, 'status'))
  const files = filesOf(pid)
  // Another process may have got the pid while it was being read.
  const after = await sameProcess(pid, stat.startTicks)
  if (after === null) return null
  return { pid, containerId, startTicks: after.startTicks, threads: after.threads, files, memoryKiB, unclosed, connections }
}

function memoryOf(status: string | null): number | null {
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(status ?? '') ?? []
  return kib === undefined ? null : Number(kib)
}

const NOT_FOR_US = ['EACCES', 'EPERM', 'ENOENT', 'ESRCH']

/** At once: hundreds of promises would take ten times the CPU time of what is read. */
function filesOf(pid: number): number | null {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).filter((name) => isFile(`${folder}/${name}`)).length
  } catch (error) {
    if (NOT_FOR_US.includes(errorCode(error))) return null
    throw error
  }
}

/** One that was closed meanwhile is held no more. */
function isFile(path: string): boolean {
  try {
    return !readlinkSync(path).startsWith('socket:')
  } catch (error) {
    if (NOT_FOR_US.includes(errorCode(error))) return false
    throw error
  }
}

/** Of each connection in its network; null without one. */
async function connectionStates(pid: number): Promise<string[] | null> {
  const tables = await Promise.all([readProcFile(pid, 'net/tcp'), readProcFile(pid, 'net/tcp6')])
  if (tables.every((table) => table === null)) return null
  const lines = tables.flatMap((table) => table?.split('\n').slice(1) ?? [])
  // sl, local address, remote address, state.
  return lines.map((line) => line.trim().split(/\s+/)[3] ?? '')
}

async function openedSoFar(pid: number): Promise<number | null> {
  const text = await readProcFile(pid, 'net/snmp')
  if (text === null) return null
  const { activeOpens, passiveOpens } = parseSnmp(text)
  return activeOpens + passiveOpens
}
