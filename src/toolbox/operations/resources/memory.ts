/**
 * Memory charged to a container's cgroup from outside. The kernel charges a page of a memory file system to the task that
 * touches it first: a short-lived writer joins the target's cgroup and writes into this helper's own file system, and the
 * charge stays when the writer has ended. The writer is tiny, so when the limit is reached it is the target that is killed.
 */
import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { TOOLBOX_FILL_PATH } from '../../../core/toolbox.ts'
import { defineOperation } from '../../define-operation.ts'
import { cgroupFacts } from '../../cgroup/facts.ts'
import { cgroupFolders, type CgroupFolders } from '../../cgroup/files.ts'
import { COULD_NOT_JOIN, joining } from '../../cgroup/join.ts'
import { Interruptible } from '../../fill/interruptible.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { errorCode } from '../../net/wire.ts'
import { runToEnd } from '../../programs/run-to-end.ts'
import { bytes, fillLimitMs, percentOrBytes, processRef } from '../arguments.ts'
import type { FillFacts } from './disk.ts'

const fillArgs = processRef
  .extend({ percent: z.number().min(1).max(100).nullable(), bytes: bytes.nullable(), limitMs: fillLimitMs })
  .refine(...percentOrBytes)
type Args = z.output<typeof fillArgs>
type Filled = FillFacts & { mechanism: string; usageBytes: number | null; limitBytes: number | null }

/** Adds files until the cgroup's usage is at `percent` of its limit, or by `bytes` whatever that leads to. Undone by deleting them. */
export const memoryFill = defineOperation({
  name: 'memory.fill',
  args: fillArgs,
  limitMs: (args) => args.limitMs,
  run: (args, helper: Helper) => helper.get(MemoryFill).fill(args, helper),
})

const MIB = 1024 * 1024
const PAGE_BYTES = 4_096
const LARGEST_CHUNK_BYTES = 16 * MIB
/** Nearer than this share of the limit counts as there: the target's own use moves by more. */
const CLOSE_ENOUGH = 0.003
const WRITER_LIMIT_MS = 10_000

interface Figures {
  readonly usageBytes: number
  readonly limitBytes: number
}

class MemoryFill {
  private readonly work = new Interruptible()
  private files = 0

  /**
   * With `percent`, until so much of the limit is used. With `bytes`, so many whatever that leads to.
   * @throws Error when the container has no limit: then there is nothing to be exhausted but the machine.
   */
  async fill(args: Args, { undo }: HelperState): Promise<Filled> {
    const { signal } = this.work
    const folders = await cgroupFolders(args)
    const memory = folders.folder('memory')
    if (memory === null) throw new Error('the container has no cgroup for memory')
    const before = await figures(folders)
    await this.work.register(undo, 'memory filler', removeChunks)
    return await this.work.run(signal, async () => {
      const end = await this.write(args, folders, { memory, before, signal })
      const now = await figures(folders).catch(() => null)
      return {
        mechanism: `tmpfs pages charged to the target's cgroup (v${folders.version})`,
        filledBytes: await filledBytes(),
        end,
        usageBytes: now?.usageBytes ?? null,
        limitBytes: now?.limitBytes ?? before.limitBytes,
      }
    })
  }

  private async write(
    args: Args,
    folders: CgroupFolders,
    { memory, before, signal }: { readonly memory: string; readonly before: Figures; readonly signal: AbortSignal },
  ): Promise<FillFacts['end']> {
    const deadlineMs = performance.now() + args.limitMs
    let left = args.bytes ?? 0
    while (performance.now() < deadlineMs) {
      signal.throwIfAborted()
      const missing = args.percent === null ? left : missingBytes(await figures(folders), args.percent)
      if (missing < PAGE_BYTES || (args.percent !== null && missing < before.limitBytes * CLOSE_ENOUGH)) return 'done'
      const chunk = chunkBytes(missing, args.percent !== null)
      const end = await this.writeChunk(memory, chunk, signal)
      if (end !== 'done') return end
      left -= chunk
    }
    throw new Error(`the memory could not be filled within ${args.limitMs} ms`)
  }

  private async writeChunk(memory: string, chunk: number, stop: AbortSignal): Promise<FillFacts['end']> {
    this.files += 1
    const path = join(TOOLBOX_FILL_PATH, `chunk-${this.files}`)
    // Made here, so that the writer's only work is to fill it.
    await (await open(path, 'w')).close()
    const { file, argv } = joining([memory], ['fallocate', '--length', String(chunk), path])
    const { exitCode, signal, output } = await runToEnd(file, argv, WRITER_LIMIT_MS, stop)
    if (exitCode === 0) return 'done'
    if (signal === 'SIGKILL') return 'killed'
    if (exitCode === COULD_NOT_JOIN) throw new Error(`the target's cgroup could not be joined: ${output}`)
    if (/no space left/i.test(output)) return 'full'
    if (/cannot allocate memory/i.test(output)) return 'refused'
    throw new Error(`the filler exited with ${String(exitCode)}: ${output || 'it said nothing'}`)
  }
}

/** Towards a percentage the last steps are small, as the target goes on using memory meanwhile. */
export function chunkBytes(missing: number, towardsPercent: boolean): number {
  const step = towardsPercent && missing > 2 * MIB ? missing * 0.75 : missing
  return Math.max(PAGE_BYTES, Math.floor(Math.min(step, LARGEST_CHUNK_BYTES) / PAGE_BYTES) * PAGE_BYTES)
}

export function missingBytes({ usageBytes, limitBytes }: Figures, percent: number): number {
  return Math.floor((limitBytes * percent) / 100) - usageBytes
}

async function figures(folders: CgroupFolders): Promise<Figures> {
  const { memoryUsageBytes, memoryLimitBytes } = await cgroupFacts(folders)
  if (memoryUsageBytes === null) throw new Error('the memory that the container uses cannot be read')
  if (memoryLimitBytes === null) throw new Error('the container has no memory limit, so there is none to reach')
  return { usageBytes: memoryUsageBytes, limitBytes: memoryLimitBytes }
}

async function filledBytes(): Promise<number> {
  const names = await readdir(TOOLBOX_FILL_PATH)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(TOOLBOX_FILL_PATH, name))).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function removeChunks(): Promise<string[]> {
  const filled = await filledBytes()
  for (const name of await readdir(TOOLBOX_FILL_PATH)) {
    await rm(join(TOOLBOX_FILL_PATH, name)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error
    })
  }
  return filled === 0 ? [] : [`${filled} bytes of filler`]
}
