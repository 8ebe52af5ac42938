/** Counters and limits of the cgroup of a process, in the same words for both versions. */
import type { ProcessRef } from '../operations/arguments.ts'
import { cgroupFolders, readKeyed, readNumber, readText, type CgroupFolders } from './files.ts'

/** Counters of the cgroup that a process is in; null where the controller or the limit is missing. */
export interface CgroupFacts {
  readonly version: 1 | 2
  /** Path of the memory controller's cgroup (v1) or of the cgroup (v2), as the host sees it. */
  readonly path: string
  readonly memoryUsageBytes: number | null
  readonly memoryLimitBytes: number | null
  readonly oomKills: number | null
  readonly cpuUsageUs: number | null
  /** CPU time allowed per period, and the period; null without a quota. */
  readonly cpuQuotaUs: number | null
  readonly cpuPeriodUs: number | null
  readonly throttledPeriods: number | null
  readonly throttledUs: number | null
}

const NS_PER_US = 1_000

export async function readCgroup(ref: ProcessRef): Promise<CgroupFacts> {
  return await cgroupFacts(await cgroupFolders(ref))
}

export async function cgroupFacts(folders: CgroupFolders): Promise<CgroupFacts> {
  const { version, path } = folders
  return { version, path, ...(version === 2 ? await unified(folders) : await split(folders)) }
}

type Figures = Omit<CgroupFacts, 'version' | 'path'>

async function unified(folders: CgroupFolders): Promise<Figures> {
  const folder = folders.folder('memory')
  const [usage, limit, events, stat, max] = await Promise.all([
    readNumber(folder, 'memory.current'),
    readNumber(folder, 'memory.max'),
    readKeyed(folder, 'memory.events'),
    readKeyed(folder, 'cpu.stat'),
    readText(folder, 'cpu.max'),
  ])
  const [quota, period] = (max ?? 'max').trim().split(' ')
  return {
    memoryUsageBytes: usage,
    memoryLimitBytes: limit,
    oomKills: events.get('oom_kill') ?? null,
    cpuUsageUs: stat.get('usage_usec') ?? null,
    cpuQuotaUs: quota === 'max' ? null : Number(quota),
    cpuPeriodUs: quota === 'max' ? null : Number(period),
    throttledPeriods: stat.get('nr_throttled') ?? null,
    throttledUs: stat.get('throttled_usec') ?? null,
  }
}

async function split(folders: CgroupFolders): Promise<Figures> {
  const memory = folders.folder('memory')
  const cpu = folders.folder('cpu')
  const [usage, limit, oom, used, quota, period, stat] = await Promise.all([
    readNumber(memory, 'memory.usage_in_bytes'),
    readNumber(memory, 'memory.limit_in_bytes'),
    readKeyed(memory, 'memory.oom_control'),
    readNumber(folders.folder('cpuacct'), 'cpuacct.usage'),
    // −1 without a quota.
    readNumber(cpu, 'cpu.cfs_quota_us'),
    readNumber(cpu, 'cpu.cfs_period_us'),
    readKeyed(cpu, 'cpu.stat'),
  ])
  const throttledNs = stat.get('throttled_time')
  return {
    memoryUsageBytes: usage,
    memoryLimitBytes: limit,
    oomKills: oom.get('oom_kill') ?? null,
    cpuUsageUs: used === null ? null : used / NS_PER_US,
    cpuQuotaUs: quota,
    cpuPeriodUs: quota === null ? null : period,
    throttledPeriods: stat.get('nr_throttled') ?? null,
    throttledUs: throttledNs === undefined ? null : throttledNs / NS_PER_US,
  }
}
