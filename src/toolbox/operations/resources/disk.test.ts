import { lstat, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { volumeFigures } from '../../fill/volume.ts'
import { objectNames } from '../../net/names.ts'
import { UndoStack } from '../../undo-stack.ts'
import { DiskFill } from './disk.ts'

const MIB = 1024 * 1024

let root: string
let undo: UndoStack
let disk: DiskFill

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'disk-')))
  undo = new UndoStack()
  disk = new DiskFill({ names: objectNames('word'), undo }, root)
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

const bytes = (count: number, limitBytes = 64 * MIB) =>
  ({ path: '', of: 'bytes', percent: null, bytes: count, limitBytes, limitMs: 10_000 }) as const
/** More than any test may use: this is broken off. */
const inodes = { path: '', of: 'inodes', percent: 100, bytes: null, limitBytes: MIB, limitMs: 10_000 } as const

async function sizes(): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const name of await readdir(root)) found[name] = (await lstat(join(root, name))).size
  return found
}

describe('bytes', () => {
  it('are written as they were asked for, and those of the last call are counted', async () => {
    const first = await disk.fill(bytes(MIB + 1_000))
    expect(first).toMatchObject({ end: 'done', mechanism: 'files of zeros in the volume' })
    expect(first.filledBytes).toBeGreaterThanOrEqual(MIB + 1_000)
    expect(await sizes()).toEqual({ '.chaos_action-word-1': MIB + 1_000 })
    await disk.fill(bytes(3 * MIB))
    expect(await sizes()).toEqual({ '.chaos_action-word-1': 3 * MIB })
    await disk.fill(bytes(2 * MIB))
    expect(await sizes()).toEqual({ '.chaos_action-word-1': 3 * MIB })
  })

  it('end at the limit, whatever was asked for', async () => {
    expect((await disk.fill(bytes(32 * MIB, 2 * MIB + 5))).end).toBe('done')
    const percent = { ...bytes(1, 2 * MIB + 5), bytes: null, percent: 100 } as const
    expect((await disk.fill(percent)).end).toBe('done')
    expect(await sizes()).toEqual({ '.chaos_action-word-1': 2 * MIB + 5 })
  })

  it('are not written where more than the share is in use', async () => {
    const { totalBytes, freeBytes } = await volumeFigures(root)
    const percent = Math.floor(((totalBytes - freeBytes) / totalBytes) * 100)
    expect((await disk.fill({ ...bytes(1), bytes: null, percent })).end).toBe('done')
    expect(await sizes()).toEqual({ '.chaos_action-word-1': 0 })
  })

  it('whose file the system has removed go into another one', async () => {
    await disk.fill(bytes(MIB))
    await rm(join(root, '.chaos_action-word-1'))
    expect((await disk.fill(bytes(2 * MIB))).filledBytes).toBeGreaterThanOrEqual(MIB)
    expect(await sizes()).toEqual({ '.chaos_action-word-2': MIB })
  })

  it('never go where a link in the place of our file points to', async () => {
    await disk.fill(bytes(MIB))
    await writeFile(join(root, 'precious'), 'x')
    await rm(join(root, '.chaos_action-word-1'))
    await symlink('precious', join(root, '.chaos_action-word-1'))
    await expect(disk.fill(bytes(2 * MIB))).rejects.toThrow('ELOOP')
    await undo.undoAll()
    expect(await sizes()).toEqual({ precious: 1 })
  })

  it('of two calls at once are those of one after the other', async () => {
    await Promise.all([disk.fill(bytes(2 * MIB)), disk.fill(bytes(3 * MIB))])
    expect(await sizes()).toEqual({ '.chaos_action-word-1': 3 * MIB })
  })

  it('go into one folder for each helper', async () => {
    await mkdir(join(root, 'sub'))
    await disk.fill(bytes(1))
    await expect(disk.fill({ ...bytes(1), path: '/sub' })).rejects.toThrow(`this helper fills ${root} already`)
  })
})

describe('an undo', () => {
  it('removes what this helper wrote and nothing else, once, and a fill may come after it', async () => {
    await writeFile(join(root, '.chaos_action-other-1'), '')
    await writeFile(join(root, 'precious'), '')
    await disk.fill(bytes(MIB))
    expect(await undo.undoAll()).toEqual(['.chaos_action-word-1'])
    expect(await undo.undoAll()).toEqual([])
    expect((await readdir(root)).sort()).toEqual(['.chaos_action-other-1', 'precious'])
    // What was written before counts no more.
    expect((await disk.fill(bytes(MIB, MIB))).end).toBe('done')
    expect((await sizes())['.chaos_action-word-2']).toBe(MIB)
  })

  it.each([
    ['bytes', tmpdir(), bytes(512 * MIB, 512 * MIB)],
    // Not every file system counts its inodes; one in memory does.
    ['inodes', '/dev/shm', inodes],
  ])('in the middle of a fill of %s ends that, and leaves nothing', async (_what, where, args) => {
    const folder = await realpath(await mkdtemp(join(where, 'disk-')))
    try {
      const filling = new DiskFill({ names: objectNames('word'), undo }, folder).fill(args)
      const ended = expect(filling).rejects.toThrow('was undone')
      while ((await readdir(folder)).length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      expect((await undo.undoAll()).length).toBeGreaterThan(0)
      await ended
      expect(await readdir(folder)).toEqual([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('that could not remove everything is tried again', async () => {
    await disk.fill(bytes(1))
    // No file of ours, but in its place.
    await rm(join(root, '.chaos_action-word-1'))
    await mkdir(join(root, '.chaos_action-word-1'))
    await expect(undo.undoAll()).rejects.toThrow('volume filler')
    await rm(join(root, '.chaos_action-word-1'), { recursive: true })
    expect(await undo.undoAll()).toEqual([])
  })
})
