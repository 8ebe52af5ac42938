import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cgroupFolders, readKeyed, readNumber, readText, splitFolders, unifiedFolders } from './files.ts'
import { parseCgroupPaths } from './membership.ts'

const ID = '3f2a'.repeat(16)
const V1 = parseCgroupPaths(
  `9:pids:/docker/${ID}\n4:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`,
)
const V2 = parseCgroupPaths(`0::/system.slice/docker-${ID}.scope\n`)

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroup-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

const make = (name: string, path = `/docker/${ID}`) => mkdir(join(root, name, path), { recursive: true })

describe('version 1', () => {
  it.each(['cpu,cpuacct', 'cpuacct,cpu', 'cpu', 'cpuacct'])('finds a hierarchy mounted as %s', async (name) => {
    await make(name)
    await make('memory')
    const folders = await splitFolders(V1, root)
    expect(folders).toMatchObject({ version: 1, path: `/docker/${ID}` })
    expect(folders.folder('cpu')).toBe(join(root, name, 'docker', ID))
    expect(folders.folder('cpuacct')).toBe(join(root, name, 'docker', ID))
    expect(folders.folder('memory')).toBe(join(root, 'memory', 'docker', ID))
  })

  it('takes the mount itself rather than the links to it', async () => {
    await make('cpu,cpuacct')
    await symlink('cpu,cpuacct', join(root, 'cpu'))
    expect((await splitFolders(V1, root)).folder('cpu')).toBe(join(root, 'cpu,cpuacct', 'docker', ID))
  })

  it('keeps controllers apart that have a hierarchy each', async () => {
    await make('cpu', '/a')
    await make('cpuacct', '/b')
    const folders = await splitFolders(parseCgroupPaths('3:cpu:/a\n5:cpuacct:/b\n'), root)
    expect([folders.folder('cpu'), folders.folder('cpuacct')]).toEqual([join(root, 'cpu/a'), join(root, 'cpuacct/b')])
  })

  it('has no folder for a controller that the machine lacks, or that is mounted elsewhere', async () => {
    await make('cpu,cpuacct')
    expect((await splitFolders(V1, root)).folder('memory')).toBeNull()
    const without = await splitFolders(parseCgroupPaths('1:name=systemd:/docker/a\n'), root)
    expect([without.path, without.folder('memory'), without.folder('cpu')]).toEqual(['', null, null])
  })

  it('does not take a controller for another whose name begins like it', async () => {
    await make('cpuset')
    expect((await splitFolders(parseCgroupPaths(`2:cpuset:/docker/${ID}\n`), root)).folder('cpu')).toBeNull()
  })
})

describe('version 2', () => {
  it('has one folder for all', () => {
    const folders = unifiedFolders(V2, root)
    expect(folders).toMatchObject({ version: 2, path: `/system.slice/docker-${ID}.scope` })
    for (const controller of ['cpu', 'cpuacct', 'memory'] as const)
      expect(folders.folder(controller)).toBe(join(root, `system.slice/docker-${ID}.scope`))
  })

  it('is not what a process of version 1 is in', () => {
    expect(() => unifiedFolders(V1, root)).toThrow('in no cgroup of version 2')
  })
})

describe('the folders of a process', () => {
  it('are not given for one that belongs elsewhere', async () => {
    await expect(cgroupFolders({ pid: process.pid, containerId: ID }, root)).rejects.toThrow(
      `process ${process.pid} does not belong to container ${ID.slice(0, 12)}`,
    )
  })
})

describe('a file', () => {
  it.each([
    ['12345\n', 12_345],
    ['0\n', 0],
    ['max\n', null],
    ['-1\n', null],
    // What version 1 says where there is no limit.
    ['9223372036854771712\n', null],
  ])('of the number %j says %j', async (text, value) => {
    await writeFile(join(root, 'file'), text)
    expect(await readNumber(root, 'file')).toBe(value)
  })

  it('of names gives each its number', async () => {
    await writeFile(join(root, 'file'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')
    expect(Object.fromEntries(await readKeyed(root, 'file'))).toEqual({ oom_kill_disable: 0, under_oom: 0, oom_kill: 3 })
  })

  it('that is not there, or in no folder, says nothing', async () => {
    for (const folder of [root, null]) {
      expect(await readText(folder, 'none')).toBeNull()
      expect(await readNumber(folder, 'none')).toBeNull()
      expect((await readKeyed(folder, 'none')).size).toBe(0)
    }
  })

  it('that cannot be read is an error', async () => {
    await mkdir(join(root, 'folder'))
    await expect(readText(root, 'folder')).rejects.toThrow('EISDIR')
  })
})
