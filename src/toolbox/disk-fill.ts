/** A volume of the target, filled through the same mount. */
import { lstat, open, readdir, realpath, rm, stat, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { TOOLBOX_VOLUME_PATH } from '../core/toolbox.ts'
import type { FillFacts, ToolboxOperations, VolumeFacts } from '../core/toolbox.ts'
import type { HelperState } from './helper-state.ts'
import { ON_DOCKERS_DISK } from './host-facts.ts'
import { errorCode } from './wire.ts'

type Args = ToolboxOperations['disk.fill']['args']
type Reply = ToolboxOperations['disk.fill']['reply']

const PREFIX = '.chaos_action-'
const MIB = 1024 * 1024
const ZEROS = Buffer.alloc(MIB)
/** Empty files made before the clock and the counters are looked at again. */
const INODES_PER_ROUND = 256

/** linux/magic.h, as far as volumes are made of them. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x01021994: 'tmpfs',
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlay',
  0x6969: 'nfs',
}

export class DiskFill {
  private readonly state: HelperState
  private folder: string | null = null
  private written = 0
  private files = 0

  constructor(state: HelperState) {
    this.state = state
  }

  /** Goes on where the last call ended. @throws Error for another folder than that of the first call. */
  async fill(args: Args): Promise<Reply> {
    const folder = await folderOf(args.path)
    await this.register(folder)
    const end = args.of === 'inodes' ? await this.fillInodes(args, folder) : await this.fillBytes(args, folder)
    return {
      mechanism: args.of === 'inodes' ? 'empty files in the volume' : 'files of zeros in the volume',
      filledBytes: this.written,
      end,
      volume: await lookAtVolume({ path: args.path }),
    }
  }

  private async register(folder: string): Promise<void> {
    if (this.folder === folder) return
    if (this.folder !== null) throw new Error(`this helper fills ${this.folder} already`)
    await this.state.undo.install(
      'volume filler',
      async () => {
        this.folder = null
        return await removeFiles(folder, (name) => name.startsWith(this.ownPrefix()))
      },
      () => {
        this.folder = folder
        return Promise.resolve()
      },
    )
  }

  private async fillBytes(args: Args, folder: string): Promise<FillFacts['end']> {
    const deadlineMs = performance.now() + args.limitMs
    const handle = await open(join(folder, this.nextName()), 'wx', 0o600)
    try {
      for (;;) {
        const wanted = Math.min(await this.wantedBytes(args, folder), args.limitBytes - this.written)
        if (wanted <= 0) return 'done'
        if (performance.now() > deadlineMs) throw new Error(`the volume could not be filled within ${String(args.limitMs)} ms`)
        if (!(await this.append(handle, Math.min(wanted, MIB)))) return 'full'
      }
    } finally {
      await handle.close()
    }
  }

  /** To the last block: a write that fails is tried with half as much, down to one byte. False when not even that fits. */
  private async append(handle: FileHandle, bytes: number): Promise<boolean> {
    for (let size = bytes; size >= 1; size = Math.floor(size / 2)) {
      try {
        const { bytesWritten } = await handle.write(ZEROS, 0, size)
        this.written += bytesWritten
        if (bytesWritten > 0) return true
      } catch (error) {
        if (!isFull(error)) throw error
      }
    }
    return false
  }

  private async wantedBytes({ percent, bytes }: Args, folder: string): Promise<number> {
    if (percent === null) return (bytes ?? 0) - this.written
    // To the end: other than by percent, the last block is found by being refused.
    if (percent === 100) return MIB
    const { totalBytes, freeBytes } = await figures(folder)
    return Math.floor((totalBytes * percent) / 100) - (totalBytes - freeBytes)
  }

  private async fillInodes({ percent, limitMs }: Args, folder: string): Promise<FillFacts['end']> {
    const deadlineMs = performance.now() + limitMs
    for (;;) {
      const { totalInodes, freeInodes } = await figures(folder)
      if (totalInodes === 0) throw new Error('this file system has no fixed number of inodes')
      const wanted = percent === null ? 0 : Math.floor((totalInodes * percent) / 100) - (totalInodes - freeInodes)
      if (wanted <= 0) return percent === 100 ? 'full' : 'done'
      if (performance.now() > deadlineMs) throw new Error(`the inodes could not be used up within ${String(limitMs)} ms`)
      for (let made = 0; made < Math.min(wanted, INODES_PER_ROUND); made += 1) {
        try {
          await (await open(join(folder, this.nextName()), 'wx', 0o600)).close()
        } catch (error) {
          if (isFull(error)) return 'full'
          throw error
        }
      }
    }
  }

  private ownPrefix(): string {
    return `${PREFIX}${this.state.names.word}-`
  }

  private nextName(): string {
    this.files += 1
    return `${this.ownPrefix()}${String(this.files)}`
  }
}

export async function lookAtVolume({ path }: { readonly path: string }): Promise<VolumeFacts> {
  const folder = await folderOf(path)
  const [facts, own, docker, system] = await Promise.all([figures(folder), stat(folder), stat(ON_DOCKERS_DISK), statfs(folder)])
  const type = FILE_SYSTEMS[system.type] ?? `0x${system.type.toString(16)}`
  return { type, ...facts, onHostDisk: own.dev === docker.dev }
}

/** Filler files of any helper. */
export async function findFillers({ path }: { readonly path: string }): Promise<{ found: string[] }> {
  return { found: (await readdir(await folderOf(path))).filter((name) => name.startsWith(PREFIX)) }
}

export async function sweepFillers({ path }: { readonly path: string }): Promise<{ removed: string[] }> {
  return { removed: await removeFiles(await folderOf(path), (name) => name.startsWith(PREFIX)) }
}

async function removeFiles(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const names = (await readdir(folder)).filter(wanted)
  for (const name of names) await rm(join(folder, name), { force: true })
  return names.length > 20 ? [`${String(names.length)} filler files`] : names
}

/** @throws Error for a path that leads out of the volume, or to something that is no folder. */
async function folderOf(path: string): Promise<string> {
  const folder = join(TOOLBOX_VOLUME_PATH, path)
  const real = await realpath(folder)
  if (real !== TOOLBOX_VOLUME_PATH && !real.startsWith(`${TOOLBOX_VOLUME_PATH}/`))
    throw new Error(`${path} leads out of the volume`)
  if (!(await lstat(real)).isDirectory()) throw new Error(`${path} is no folder`)
  return real
}

async function figures(folder: string): Promise<Omit<VolumeFacts, 'type' | 'onHostDisk'>> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(folder)
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail, totalInodes: files, freeInodes: ffree }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error))
}
