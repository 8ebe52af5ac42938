import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runToEnd } from '../programs/run-to-end.ts'
import { COULD_NOT_JOIN, joining } from './join.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'join-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

async function run(folders: readonly string[], program: readonly string[]) {
  const { file, argv } = joining(folders, program)
  return await runToEnd(file, argv, 5_000, new AbortController().signal)
}

describe('a joining child', () => {
  it('moves itself into every folder, and then becomes the program', async () => {
    // What a shell would make something of.
    const folders = [join(root, 'one two'), join(root, '$(touch oops);`id`')]
    for (const folder of folders) await mkdir(folder)
    const { exitCode, output } = await run(folders, ['printf', '%s|', 'a b', '$HOME', '--', '*'])
    expect([exitCode, output]).toEqual([0, 'a b|$HOME|--|*|'])
    for (const folder of folders) expect(await readFile(join(folder, 'cgroup.procs'), 'utf8')).toBe('0\n')
  })

  it('that cannot join one of them does not become the program', async () => {
    const { exitCode, output } = await run([root, join(root, 'gone')], ['echo', 'ran'])
    expect(exitCode).toBe(COULD_NOT_JOIN)
    expect(output).toContain('gone/cgroup.procs')
    expect(output).not.toContain('ran')
  })

  it('ends as the program does', async () => {
    expect(await run([root], ['sh', '-c', 'exit 7'])).toMatchObject({ exitCode: 7, signal: null })
    expect(await run([root], ['sh', '-c', 'kill -KILL $$'])).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })
})
