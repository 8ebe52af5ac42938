import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFillers, lookAtVolume, sweepFillers, volumeFolder } from './volume.ts'

let outside: string
let root: string

beforeEach(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'volume-')))
  root = join(outside, 'volume')
  await mkdir(join(root, 'sub/deeper'), { recursive: true })
  await mkdir(join(outside, 'volume-beside'))
})

afterEach(async () => {
  await rm(outside, { recursive: true })
})

describe('a path', () => {
  it.each([
    ['', ''],
    ['/sub', '/sub'],
    ['/sub/deeper', '/sub/deeper'],
    ['/sub/../sub', '/sub'],
  ])('%j is in the volume', async (path, real) => {
    expect(await volumeFolder(path, root)).toBe(`${root}${real}`)
  })

  it('by a link within the volume is in it', async () => {
    await symlink('sub/deeper', join(root, 'short'))
    expect(await volumeFolder('/short', root)).toBe(join(root, 'sub/deeper'))
  })

  it.each(['/..', '/../volume-beside', '/sub/../../volume-beside'])('%j leads out of it', async (path) => {
    await expect(volumeFolder(path, root)).rejects.toThrow(`${path} leads out of the volume`)
  })

  it('by a link leads out of it, whoever made that', async () => {
    await symlink('/etc', join(root, 'absolute'))
    await symlink('../volume-beside', join(root, 'relative'))
    await symlink('/', join(root, 'sub/all'))
    for (const path of ['/absolute', '/relative', '/sub/all', `/sub/all${root}-beside`])
      await expect(volumeFolder(path, root)).rejects.toThrow(`${path} leads out of the volume`)
  })

  it('to nothing, or to a file, is told', async () => {
    await writeFile(join(root, 'file'), '')
    await expect(volumeFolder('/none', root)).rejects.toThrow('/none cannot be entered in the volume: ENOENT')
    await expect(volumeFolder('/file', root)).rejects.toThrow('/file is no folder')
  })
})

describe('the figures of a volume', () => {
  it('are those of its file system', async () => {
    const facts = await lookAtVolume({ path: '/sub' }, root)
    expect(facts.type).toMatch(/^[a-z0-9]+$/)
    expect(facts.totalBytes).toBeGreaterThan(facts.freeBytes)
    expect(facts.freeBytes).toBeGreaterThan(0)
  })

  it('name a file system by its number in the kernel', async () => {
    expect(await lookAtVolume({ path: '' }, '/dev/shm')).toMatchObject({ type: 'tmpfs', onHostDisk: false })
    // The root of a file system may be asked for as well; this one has a number that no volume has.
    expect((await lookAtVolume({ path: '' }, '/proc')).type).toBe('0x9fa0')
  })
})

describe('filler files', () => {
  it('of any helper are found and removed, and nothing else is', async () => {
    const ours = ['.chaos_action-one-1', '.chaos_action-two-7']
    const others = ['.chaos_action', 'chaos_action-one-1', 'journal', '.chaos_actions-1']
    for (const name of [...ours, ...others]) await writeFile(join(root, 'sub', name), '')
    expect((await findFillers({ path: '/sub' }, root)).found.sort()).toEqual(ours)
    expect(await findFillers({ path: '' }, root)).toEqual({ found: [] })
    expect((await sweepFillers({ path: '/sub' }, root)).removed.sort()).toEqual(ours)
    expect(await sweepFillers({ path: '/sub' }, root)).toEqual({ removed: [] })
    expect((await readdir(join(root, 'sub'))).sort()).toEqual(['deeper', ...others].sort())
  })

  it('that are many are counted', async () => {
    for (let n = 0; n < 25; n += 1) await writeFile(join(root, `.chaos_action-one-${n}`), '')
    expect(await sweepFillers({ path: '' }, root)).toEqual({ removed: ['25 filler files'] })
  })
})
