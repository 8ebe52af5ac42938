/** Which cgroups a process of the host is in, and whether that makes it part of a given container. */
import type { ProcessRef } from '../operations/arguments.ts'
import { readUnless } from '../proc/read.ts'

/** Controllers of a hierarchy (`cpu,cpuacct`; empty for cgroup v2) → path of the process in it, as the host sees it. */
export type CgroupPaths = ReadonlyMap<string, string>

/** One line per hierarchy: `4:memory:/docker/ID`, `0::/system.slice/docker-ID.scope`. */
export function parseCgroupPaths(text: string): CgroupPaths {
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const match = /^\d+:([^:]*):(.*)$/.exec(line)
      if (match === null) throw new Error(`not a line of /proc/PID/cgroup: ${line.slice(0, 200)}`)
      return [match[1] ?? '', match[2] ?? '']
    }),
  )
}

/** null when there is no such process. */
export async function readCgroupPaths(pid: number): Promise<CgroupPaths | null> {
  const text = await readProcFile(pid, 'cgroup')
  return text === null ? null : parseCgroupPaths(text)
}

/** Docker names a container's cgroups after its id, with whatever driver. */
export function belongsTo(paths: CgroupPaths, containerId: string): boolean {
  return [...paths.values()].some((path) => path.includes(containerId))
}

/** Their counters are read: those of the root would be the whole machine's. */
const COUNTED = ['memory', 'cpu', 'cpuacct']

/** A process that ends leaves its hierarchies of version 1 one after the other, each for its root. */
export function isLeaving(paths: CgroupPaths): boolean {
  return [...paths].some(([key, path]) => path === '/' && key.split(',').some((controller) => COUNTED.includes(controller)))
}

/** @throws Error when the process is gone, is about to go, or is not one of that container: pids are used again. */
export async function requireMember({ pid, containerId }: ProcessRef): Promise<CgroupPaths> {
  const paths = await readCgroupPaths(pid)
  if (paths === null) throw new Error(`there is no process ${pid} any more`)
  if (belongsTo(paths, containerId) && isLeaving(paths)) throw new Error(`process ${pid} is ending: it leaves its cgroups`)
  if (belongsTo(paths, containerId)) return paths
  const seen = [...new Set(paths.values())].join(', ').slice(0, 300)
  throw new Error(`process ${pid} does not belong to container ${containerId.slice(0, 12)}: its cgroups are ${seen}`)
}

/** A file of /proc/PID; null when the process is gone, also when it goes while being read. */
export function readProcFile(pid: number, name: string): Promise<string | null> {
  return readUnless(['ENOENT', 'ESRCH'], `/proc/${pid}/${name}`)
}
