import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { composeTexts, pathsIn } from './used-names.ts'

describe('what a compose stack names', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaos-names-'))
    await mkdir(join(folder, 'sub/deep'), { recursive: true })
    const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text)
    await write('compose.yml', 'include:\n  - sub/app.yml\n  - path: ["sub/${STAGE:-dev}.yml"]\n')
    await write('sub/app.yml', 'services: { app: { extends: { file: deep/base.yml }, env_file: [app.env, "vars:ro"] } }')
    await write('sub/dev.yml', 'IN_DEV')
    await write('sub/live.yml', 'IN_LIVE')
    await write('sub/deep/base.yml', 'IN_BASE ../../compose.yml')
    await write('sub/app.env', 'IN_ENV_FILE=1')
    await write('vars', 'OF_THE_PROJECT=1')
    await write('.env', 'OF_ALL=1')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is what its files lead to, each read once', async () => {
    const texts = await composeTexts([join(folder, 'compose.yml')], {})
    expect(texts.slice(1).toSorted()).toEqual(
      [
        'IN_BASE ../../compose.yml',
        'IN_DEV',
        'IN_ENV_FILE=1',
        'OF_ALL=1',
        'OF_THE_PROJECT=1',
        expect.stringContaining('extends'),
      ].toSorted(),
    )
  })

  it('has the variables of the environment filled in', async () => {
    const texts = await composeTexts([join(folder, 'compose.yml')], { STAGE: 'live' })
    expect(texts).toContain('IN_LIVE')
    expect(texts).not.toContain('IN_DEV')
  })

  it('must be there', async () => {
    await expect(composeTexts([join(folder, 'none.yml')], {})).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })
})

it.each([
  ['env_file: app.env', ['.env', 'env_file:', 'env_file', 'app.env']],
  ['[a.yml,"b.yml"]', ['.env', 'a.yml', 'b.yml']],
  ['./src:/srv:ro', ['.env', './src:/srv:ro', './src', '/srv', 'ro']],
  ['${DIR}/a ${OTHER-b} $DIR', ['.env', 'x/a', 'b', 'x']],
])('paths that stand in %j', (text, paths) => {
  expect(pathsIn(text, { DIR: 'x' })).toEqual(paths)
})
