/** The files of a process's cgroups, of either version, under the host's tree that is mounted into this helper. */
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { TOOLBOX_CGROUP_PATH } from '../../core/toolbox.ts'
import { errorCode } from '../net/wire.ts'
import type { ProcessRef } from '../operations/arguments.ts'
import { readUnless } from '../proc/read.ts'
import { requireMember, type CgroupPaths } from './membership.ts'

/** linux/magic.h, CGROUP2_SUPER_MAGIC. */
const CGROUP2_MAGIC = 0x63677270

type Controller = 'memory' | 'cpu' | 'cpuacct'

export interface CgroupFolders {
  readonly version: 1 | 2
  /** The memory controller's path on v1. */
  readonly path: string
  /** null when this machine has no such controller. On v2 all are one folder. */
  folder(controller: Controller): string | null
}

export async function cgroupVersion(root: string): Promise<1 | 2> {
  return (await statfs(root)).type === CGROUP2_MAGIC ? 2 : 1
}

/** @throws Error when the process is not one of the container, or the tree is not mounted here. */
export async function cgroupFolders(ref: ProcessRef, root = TOOLBOX_CGROUP_PATH): Promise<CgroupFolders> {
  const paths = await requireMember(ref)
  const version = await cgroupVersion(root).catch((error: unknown) => {
    throw new Error(`${root} cannot be looked at (${errorCode(error)}): this helper was started without the cgroup tree`)
  })
  return version === 2 ? unifiedFolders(paths, root) : await splitFolders(paths, root)
}

export function unifiedFolders(paths: CgroupPaths, root: string): CgroupFolders {
  const path = paths.get('')
  if (path === undefined) throw new Error('the process is in no cgroup of version 2')
  return { version: 2, path, folder: () => join(root, path) }
}

/** A hierarchy may carry several controllers and be mounted under any order of their names, or under one of them. */
export async function splitFolders(paths: CgroupPaths, root: string): Promise<CgroupFolders> {
  const found = new Map<Controller, string>()
  for (const controller of ['memory', 'cpu', 'cpuacct'] as const) {
    const hierarchy = [...paths.keys()].find((key) => key.split(',').includes(controller))
    if (hierarchy === undefined) continue
    const path = paths.get(hierarchy) ?? ''
    const names = [hierarchy, hierarchy.split(',').reverse().join(','), ...hierarchy.split(',')]
    for (const name of names) {
      const folder = join(root, name, path)
      if (!found.has(controller) && (await isFolder(folder))) found.set(controller, folder)
    }
  }
  const memory = [...paths.keys()].find((key) => key.split(',').includes('memory'))
  return { version: 1, path: paths.get(memory ?? '') ?? '', folder: (controller) => found.get(controller) ?? null }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** A file with one number; null for `max`, for a file that is not there, and for v1's number that means no limit. */
export async function readNumber(folder: string | null, file: string): Promise<number | null> {
  const text = await readText(folder, file)
  if (text === null) return null
  const value = Number(text.trim())
  return Number.isFinite(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER ? value : null
}

/** A file of lines `name value`. Empty when it is not there. */
export async function readKeyed(folder: string | null, file: string): Promise<ReadonlyMap<string, number>> {
  const text = await readText(folder, file)
  const lines = (text ?? '').split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => line.split(' ')).map(([name, value]) => [name ?? '', Number(value)]))
}

export async function readText(folder: string | null, file: string): Promise<string | null> {
  // ENODEV: the cgroup was removed while it was being read.
  return folder === null ? null : await readUnless(['ENOENT', 'ENODEV'], join(folder, file))
}
