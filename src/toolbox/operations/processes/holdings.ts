/** What processes of containers hold: how many descriptors and threads. Needs the host's pid namespace. */
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import { belongsTo, readCgroupPaths } from '../../cgroup/membership.ts'
import { readDescriptors, readStat, sameProcess } from '../../proc/process.ts'
import { processRef, type ProcessRef } from '../arguments.ts'

const MOST_PROCESSES = 500

export interface Holdings {
  readonly pid: number
  readonly containerId: string
  /** Tells a process from a later one with the same pid. */
  readonly startTicks: number
  readonly threads: number
  /** Open ones, sockets among them; null where this helper may not look. */
  readonly descriptors: number | null
}

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
  const descriptors = await readDescriptors(pid)
  // Another process may have got the pid while it was being read.
  const after = await sameProcess(pid, stat.startTicks)
  if (after === null) return null
  return { pid, containerId, startTicks: after.startTicks, threads: after.threads, descriptors: descriptors?.open ?? null }
}
