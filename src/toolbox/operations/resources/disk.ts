/** A volume of the target, filled through the same mount. */
import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { TOOLBOX_VOLUME_PATH } from '../../../core/toolbox.ts'
import { defineOperation } from '../../define-operation.ts'
import { Interruptible } from '../../fill/interruptible.ts'
import {
  FILLER_PREFIX,
  findFillers,
  lookAtVolume,
  removeFillers,
  sweepFillers,
  volumeFigures,
  volumeFolder,
  type VolumeFacts,
} from '../../fill/volume.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { errorCode } from '../../net/wire.ts'
import { bytes, fillLimitMs, percentOrBytes } from '../arguments.ts'

export type { VolumeFacts } from '../../fill/volume.ts'

/** From TOOLBOX_VOLUME_PATH. What leads out of the volume is refused by its real path. */
const path = z.string().regex(/^(?:\/[^\0]{1,1000})?$/, 'is neither empty nor a path that begins with /')
const inVolume = z.strictObject({ path })

const fillArgs = z
  .strictObject({
    path,
    of: z.enum(['bytes', 'inodes']),
    percent: z.number().min(1).max(100).nullable(),
    bytes: bytes.nullable(),
    limitBytes: bytes,
    limitMs: fillLimitMs,
  })
  .refine(...percentOrBytes)
  .refine((args) => args.of === 'bytes' || args.percent !== null, 'inodes are used up by percent')
type Args = z.output<typeof fillArgs>

export interface FillFacts {
  /** Bytes held by the filler files, by their blocks. */
  readonly filledBytes: number
  /**
   * How the last step ended: `done`, or `killed` (the writer was, as an OOM kill does), `refused` (ENOMEM: the limit is
   * reached, and whom the kernel killed for it has not given back enough yet), `full` (ENOSPC).
   */
  readonly end: 'done' | 'killed' | 'refused' | 'full'
}

export const diskOperations = [
  defineOperation({ name: 'disk.look', args: inVolume, limitMs: 0, run: (args) => lookAtVolume(args) }),
  /** Files of zeros (or empty ones, for inodes) in `path` until so much is used or written; at most `limitBytes`. Undone by deleting them. */
  defineOperation({
    name: 'disk.fill',
    args: fillArgs,
    limitMs: (args) => args.limitMs,
    run: (args, helper: Helper) => helper.get(DiskFill).fill(args),
  }),
  /** Filler files of any helper in the volume, by name. */
  defineOperation({ name: 'disk.leftovers', args: inVolume, limitMs: 0, run: (args) => findFillers(args) }),
  defineOperation({ name: 'disk.sweep', args: inVolume, limitMs: 0, run: (args) => sweepFillers(args) }),
] as const

const MIB = 1024 * 1024
const ZEROS = Buffer.alloc(MIB)
/** Empty files made before the clock and the counters are looked at again. */
const INODES_PER_ROUND = 256
const BLOCK_BYTES = 512

export class DiskFill {
  private readonly state: Pick<HelperState, 'names' | 'undo'>
  private readonly root: string
  private readonly work = new Interruptible()
  private folder = ''
  /** Since the last undo. */
  private written = 0
  private readonly byteFiles: string[] = []
  private files = 0

  constructor(state: Pick<HelperState, 'names' | 'undo'>, root = TOOLBOX_VOLUME_PATH) {
    this.state = state
    this.root = root
  }

  /** Goes on where the last call ended. @throws Error for another folder than that of the first call. */
  async fill(args: Args): Promise<FillFacts & { mechanism: string; volume: VolumeFacts }> {
    const { signal } = this.work
    const folder = await volumeFolder(args.path, this.root)
    await this.register(folder)
    return await this.work.run(signal, async () => {
      const end = await (args.of === 'inodes' ? this.fillInodes(args, folder, signal) : this.fillBytes(args, folder, signal))
      return {
        mechanism: args.of === 'inodes' ? 'empty files in the volume' : 'files of zeros in the volume',
        filledBytes: await this.filledBytes(folder),
        end,
        volume: await lookAtVolume({ path: args.path }, this.root),
      }
    })
  }

  private async register(folder: string): Promise<void> {
    if (this.work.isRegistered && this.folder !== folder) throw new Error(`this helper fills ${this.folder} already`)
    this.folder = folder
    await this.work.register(this.state.undo, 'volume filler', () => this.remove(folder))
  }

  private async remove(folder: string): Promise<string[]> {
    this.written = 0
    this.byteFiles.length = 0
    return await removeFillers(folder, this.ownPrefix())
  }

  private async fillBytes(args: Args, folder: string, signal: AbortSignal): Promise<FillFacts['end']> {
    const deadlineMs = performance.now() + args.limitMs
    const handle = await this.openFiller(folder)
    if (handle === null) return 'full'
    try {
      for (;;) {
        signal.throwIfAborted()
        const wanted = Math.min(await this.wantedBytes(args, folder), args.limitBytes - this.written)
        if (wanted <= 0) return 'done'
        if (performance.now() > deadlineMs) throw new Error(`the volume could not be filled within ${args.limitMs} ms`)
        if (!(await this.append(handle, Math.min(wanted, MIB)))) return 'full'
      }
    } finally {
      await handle.close()
    }
  }

  /** The file of the last call, so that topping up takes no inode; another one when the system has removed it. null: full. */
  private async openFiller(folder: string): Promise<FileHandle | null> {
    const last = this.byteFiles.at(-1)
    try {
      if (last !== undefined)
        return await open(join(folder, last), constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
    try {
      const name = this.nextName()
      const handle = await open(join(folder, name), 'wx', 0o600)
      this.byteFiles.push(name)
      return handle
    } catch (error) {
      // The name of a file takes room as well.
      if (isFull(error)) return null
      throw error
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
    const { totalBytes, freeBytes } = await volumeFigures(folder)
    if (totalBytes === 0) throw new Error('this file system has no size of its own, so that there is no share of it to fill')
    // To the end: the last block is found by being refused.
    if (percent === 100) return MIB
    return Math.floor((totalBytes * percent) / 100) - (totalBytes - freeBytes)
  }

  private async fillInodes({ percent, limitMs }: Args, folder: string, signal: AbortSignal): Promise<FillFacts['end']> {
    const deadlineMs = performance.now() + limitMs
    for (;;) {
      const { totalInodes, freeInodes } = await volumeFigures(folder)
      if (totalInodes === 0) throw new Error('this file system has no fixed number of inodes')
      const wanted = percent === null ? 0 : Math.floor((totalInodes * percent) / 100) - (totalInodes - freeInodes)
      if (wanted <= 0) return percent === 100 ? 'full' : 'done'
      if (performance.now() > deadlineMs) throw new Error(`the inodes could not be used up within ${limitMs} ms`)
      for (let made = 0; made < Math.min(wanted, INODES_PER_ROUND); made += 1) {
        signal.throwIfAborted()
        try {
          await (await open(join(folder, this.nextName()), 'wx', 0o600)).close()
        } catch (error) {
          if (isFull(error)) return 'full'
          throw error
        }
      }
    }
  }

  /** By blocks, and of what is still there. */
  private async filledBytes(folder: string): Promise<number> {
    let bytes = 0
    for (const name of this.byteFiles) {
      try {
        bytes += (await lstat(join(folder, name))).blocks * BLOCK_BYTES
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error
      }
    }
    return bytes
  }

  private ownPrefix(): string {
    return `${FILLER_PREFIX}${this.state.names.word}-`
  }

  private nextName(): string {
    this.files += 1
    return `${this.ownPrefix()}${this.files}`
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error))
}
