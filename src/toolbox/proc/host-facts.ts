/** The machine under the containers: memory is not namespaced, and one file of every container lies on Docker's disk. */
import { readFile, statfs } from 'node:fs/promises'

export interface HostFacts {
  readonly memAvailableBytes: number
  readonly memTotalBytes: number
  /** Of the file system that holds Docker's data. */
  readonly diskFreeBytes: number
  /** Time of all its CPUs since it started, and how much of it they had nothing to do, in the kernel's ticks. */
  readonly cpuTotalTicks: number
  readonly cpuIdleTicks: number
  /** Wanted by this machine, and given to another one by the host that it is a guest of. 0 where the host does not tell. */
  readonly cpuStolenTicks: number
  readonly cpus: number
}

/** Bind-mounted by Docker from its data folder. */
export const ON_DOCKERS_DISK = '/etc/hostname'

export async function readHostFacts(): Promise<HostFacts> {
  const [memory, disk, stat] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    statfs(ON_DOCKERS_DISK),
    readFile('/proc/stat', 'utf8'),
  ])
  return {
    memAvailableBytes: parseMeminfo(memory, 'MemAvailable'),
    memTotalBytes: parseMeminfo(memory, 'MemTotal'),
    diskFreeBytes: disk.bavail * disk.bsize,
    ...parseCpuTicks(stat),
  }
}

/** @throws Error when the line is missing: an absent figure must not read as plenty, or as nothing. */
export function parseMeminfo(text: string, key: string): number {
  const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`/proc/meminfo has no ${key}`)
  return Number(kib) * 1024
}

/** `cpu  user nice system idle iowait irq softirq steal …` (proc_stat(5)); what guests use is in user already. */
export function parseCpuTicks(text: string): Pick<HostFacts, 'cpuTotalTicks' | 'cpuIdleTicks' | 'cpuStolenTicks' | 'cpus'> {
  const ticks = /^cpu +((?:\d+ ?){8,})/m.exec(text)?.[1]?.trim().split(' ').slice(0, 8).map(Number)
  const cpus = text.match(/^cpu\d+ /gm)?.length ?? 0
  if (ticks === undefined || cpus === 0) throw new Error('/proc/stat tells no CPU time')
  const [, , , idle = 0, ioWait = 0, , , steal = 0] = ticks
  const cpuTotalTicks = ticks.reduce((sum, each) => sum + each, 0)
  return { cpuTotalTicks, cpuIdleTicks: idle + ioWait, cpuStolenTicks: steal, cpus }
}
