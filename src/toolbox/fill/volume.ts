/** The target's volume as it is mounted in this helper: its folder, its figures, and filler files in it. */
import { lstat, readdir, realpath, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { TOOLBOX_VOLUME_PATH } from '../../core/toolbox.ts'
import { errorCode } from '../net/wire.ts'
import { ON_DOCKERS_DISK } from '../proc/host-facts.ts'

/** Of every filler file of every helper. */
export const FILLER_PREFIX = '.chaos_action-'

/** More names than these are told by their number. */
const MOST_NAMES = 20

/** linux/magic.h, as far as volumes are made of them. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x01021994: 'tmpfs',
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlay',
  0x6969: 'nfs',
}

export interface VolumeFacts {
  /** Name of the file system's type: tmpfs, ext4, overlay. */
  readonly type: string
  readonly totalBytes: number
  readonly freeBytes: number
  readonly totalInodes: number
  readonly freeInodes: number
  /** It lies on the same device as Docker's data, that is on the machine's own disk. */
  readonly onHostDisk: boolean
}

interface InVolume {
  /** From the root of the volume, beginning with a slash; empty for the root itself. */
  readonly path: string
}

/** What is free and what there is, as an ordinary user may have it. */
export async function lookAtVolume({ path }: InVolume, root = TOOLBOX_VOLUME_PATH): Promise<VolumeFacts> {
  const folder = await volumeFolder(path, root)
  const [facts, own, docker, system] = await Promise.all([
    volumeFigures(folder),
    stat(folder),
    stat(ON_DOCKERS_DISK),
    statfs(folder),
  ])
  const type = FILE_SYSTEMS[system.type] ?? `0x${system.type.toString(16)}`
  return { type, ...facts, onHostDisk: own.dev === docker.dev }
}

/** Filler files of any helper. */
export async function findFillers({ path }: InVolume, root = TOOLBOX_VOLUME_PATH): Promise<{ found: string[] }> {
  const folder = await volumeFolder(path, root)
  return { found: (await readdir(folder)).filter((name) => name.startsWith(FILLER_PREFIX)) }
}

/** Removes filler files of any helper. */
export async function sweepFillers({ path }: InVolume, root = TOOLBOX_VOLUME_PATH): Promise<{ removed: string[] }> {
  return { removed: await removeFillers(await volumeFolder(path, root), FILLER_PREFIX) }
}

/** The names that were removed, or their number when they are many. @throws Error for one that is no file. */
export async function removeFillers(folder: string, prefix: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix))
  for (const name of names) await rm(join(folder, name), { force: true })
  return names.length > MOST_NAMES ? [`${names.length} filler files`] : names
}

/** @throws Error for a path that leads out of the volume, links included, or to something that is no folder. */
export async function volumeFolder(path: string, root = TOOLBOX_VOLUME_PATH): Promise<string> {
  const real = await realpath(join(root, path)).catch((error: unknown) => {
    throw new Error(`${path} cannot be entered in the volume: ${errorCode(error)}`, { cause: error })
  })
  if (real !== root && !real.startsWith(`${root}/`)) throw new Error(`${path} leads out of the volume`)
  if (!(await lstat(real)).isDirectory()) throw new Error(`${path} is no folder`)
  return real
}

export async function volumeFigures(folder: string): Promise<Omit<VolumeFacts, 'type' | 'onHostDisk'>> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(folder)
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail, totalInodes: files, freeInodes: ffree }
}
