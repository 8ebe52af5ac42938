/** What can be seen of one process of a container from the host's pid namespace. */
import { readdir } from 'node:fs/promises'
import { belongsTo, readCgroupPaths, readProcFile, requireMember } from '../cgroup/membership.ts'
import { errorCode } from '../net/wire.ts'
import type { ProcessRef } from '../operations/arguments.ts'
import { parseFileLimits, parseStat, parseStatus, type ProcStat } from './text.ts'

export interface ProcessFacts {
  /** False when the process is gone, or its cgroup names another container; the rest is then null or empty. */
  readonly alive: boolean
  /** First letter of the state in /proc/PID/stat: R, S, D, T, Z. */
  readonly state: string | null
  readonly name: string | null
  /** Start time in clock ticks since boot: tells a process from a later one with the same pid. */
  readonly startTicks: number | null
  readonly uid: number | null
  readonly gid: number | null
  /** Names of the signals that wait to be delivered, `SIGTERM` for example. */
  readonly pendingSignals: readonly string[]
  /** null where this helper may not look: it needs the process's own uid. */
  readonly descriptors: DescriptorFacts | null
}

export interface DescriptorFacts {
  readonly open: number
  readonly highest: number
  readonly softLimit: number
  readonly hardLimit: number
}

const GONE: ProcessFacts = {
  alive: false,
  state: null,
  name: null,
  startTicks: null,
  uid: null,
  gid: null,
  pendingSignals: [],
  descriptors: null,
}

/** Never throws for a process that is gone or belongs elsewhere: that is what is to be told. */
export async function lookAtProcess({ pid, containerId }: ProcessRef): Promise<ProcessFacts> {
  const before = await readStat(pid)
  const paths = await readCgroupPaths(pid)
  if (before === null || paths === null || !belongsTo(paths, containerId)) return GONE
  const [status, descriptors] = await Promise.all([readProcFile(pid, 'status'), readDescriptors(pid)])
  // Another process may have got the pid while it was being read.
  const after = await sameProcess(pid, before.startTicks)
  if (status === null || after === null) return GONE
  const { state, name, startTicks } = after
  return { alive: true, state, name, startTicks, ...parseStatus(status), descriptors }
}

export async function readStat(pid: number): Promise<ProcStat | null> {
  const text = await readProcFile(pid, 'stat')
  return text === null ? null : parseStat(text)
}

/** The process that began then, as it is now; null when it has ended or is about to, whoever has its pid. */
export async function sameProcess(pid: number, startTicks: number): Promise<ProcStat | null> {
  const now = await readStat(pid)
  return now === null || now.startTicks !== startTicks || now.ending ? null : now
}

/**
 * The process is the same one before and after its cgroup is read: what is acted on is what was looked at.
 * @throws Error when it is gone, or is not one of that container.
 */
export async function requireProcess(ref: ProcessRef): Promise<ProcStat> {
  const before = await readStat(ref.pid)
  if (before === null || before.ending) throw new Error(`there is no process ${ref.pid} any more`)
  await requireMember(ref)
  return await requireSame(ref.pid, before.startTicks)
}

/** @throws Error when the process that began then is gone. */
export async function requireSame(pid: number, startTicks: number): Promise<ProcStat> {
  const now = await sameProcess(pid, startTicks)
  if (now === null) throw new Error(`there is no process ${pid} any more`)
  return now
}

/** What undoes something of a process has nothing to do once that has ended, also when it ends meanwhile. */
export async function whileItLives(pid: number, startTicks: number, work: () => Promise<boolean>): Promise<boolean> {
  if ((await sameProcess(pid, startTicks)) === null) return false
  try {
    return await work()
  } catch (error) {
    if ((await sameProcess(pid, startTicks)) === null) return false
    throw error
  }
}

/** null where this helper may not look into /proc/PID/fd, or the process is gone. */
export async function readDescriptors(pid: number): Promise<DescriptorFacts | null> {
  let names: string[]
  try {
    names = await readdir(`/proc/${pid}/fd`)
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT', 'ESRCH'].includes(errorCode(error))) return null
    throw error
  }
  const limits = await readProcFile(pid, 'limits')
  if (limits === null) return null
  const { soft, hard } = parseFileLimits(limits)
  const highest = names.reduce((most, name) => Math.max(most, Number(name)), -1)
  return { open: names.length, highest, softLimit: soft, hardLimit: hard }
}
