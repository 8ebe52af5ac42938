/** The machine under the containers: memory is not namespaced, and one file of every container lies on Docker's disk. */
import { readFile, statfs } from 'node:fs/promises'
import type { HostFacts } from '../core/toolbox.ts'

/** Bind-mounted by Docker from its data folder. */
export const ON_DOCKERS_DISK = '/etc/hostname'

export async function readHostFacts(): Promise<HostFacts> {
  const [memory, disk] = await Promise.all([readFile('/proc/meminfo', 'utf8'), statfs(ON_DOCKERS_DISK)])
  return {
    memAvailableBytes: parseMeminfo(memory, 'MemAvailable'),
    memTotalBytes: parseMeminfo(memory, 'MemTotal'),
    diskFreeBytes: disk.bavail * disk.bsize,
  }
}

/** @throws Error when the line is missing: an absent figure must not read as plenty, or as nothing. */
export function parseMeminfo(text: string, key: string): number {
  const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`/proc/meminfo has no ${key}`)
  return Number(kib) * 1024
}
