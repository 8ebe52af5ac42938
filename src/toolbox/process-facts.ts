/** What can be seen of one process of a container from the host's pid namespace. */
import { readdir } from 'node:fs/promises'
import type { DescriptorFacts, ProcessFacts, ProcessRef } from '../core/toolbox.ts'
import { belongsTo, readCgroupPaths, readProcFile } from './cgroup-membership.ts'
import { parseFileLimits, parseStat, parseStatus } from './proc-text.ts'
import type { ProcStat } from './proc-text.ts'
import { errorCode } from './wire.ts'

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
  const after = await readStat(pid)
  // Another process may have got the pid while it was being read.
  if (status === null || after?.startTicks !== before.startTicks) return GONE
  const { uid, gid, pendingSignals } = parseStatus(status)
  return {
    alive: after.state !== 'Z',
    state: after.state,
    name: after.name,
    startTicks: after.startTicks,
    uid,
    gid,
    pendingSignals,
    descriptors,
  }
}

export async function readStat(pid: number): Promise<ProcStat | null> {
  const text = await readProcFile(pid, 'stat')
  return text === null ? null : parseStat(text)
}

/** null where this helper may not look into /proc/PID/fd, or the process is gone. */
export async function readDescriptors(pid: number): Promise<DescriptorFacts | null> {
  let names: string[]
  try {
    names = await readdir(`/proc/${String(pid)}/fd`)
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT', 'ESRCH'].includes(errorCode(error))) return null
    throw error
  }
  const limits = await readProcFile(pid, 'limits')
  if (limits === null) return null
  const { soft, hard } = parseFileLimits(limits)
  return { open: names.length, highest: Math.max(-1, ...names.map(Number)), softLimit: soft, hardLimit: hard }
}
