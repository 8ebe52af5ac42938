import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namedIn, scriptFiles, seenAt } from './script-files.ts'

describe('what a script names', () => {
  it.each([
    [`import { a } from '../lib/a.js'`, ['../lib/a.js'], []],
    [`const x = open("./data.csv"); require(\`../b.cjs\`)`, ['./data.csv', '../b.cjs'], []],
    ["open('../data/' + name); open(`../other/${name}.csv`)", ['../data/', '../other/'], []],
    [`import x from "https://jslib.k6.io/a.js"; import 'http://b/c.js'`, [], ['https://jslib.k6.io/a.js', 'http://b/c.js']],
    [`http.get('https://system/api'); const path = '/a/b'`, [], []],
  ])('%s', (source, paths, remote) => {
    expect(namedIn(source)).toEqual({ paths, remote })
  })
})

describe('files that a script needs', () => {
  let root = ''
  const at = (path: string): string => join(root, path)
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'chaos-files-'))
    const write = async (path: string, text = ''): Promise<void> => {
      await mkdir(dirname(at(path)), { recursive: true })
      await writeFile(at(path), text)
    }
    await write('work/load/plain.js', `import './own.js'; open('./own.csv')`)
    await write('work/load/own.js')
    await write('work/load/up.js', `import { a } from '../lib/a.js'; open('../data/' + x); open('../.git/config')`)
    await write('work/lib/a.js', `import './deep/b.js'; import '../load/far.js'; import 'https://there/c.js'`)
    await write('work/lib/deep/b.js', `open('../../../outside/secret.txt')`)
    await write('work/load/far.js', `open('../../work/words.txt')`)
    await write('work/words.txt')
    await write('work/data/users.csv')
    await write('work/.git/config')
    await write('outside/secret.txt')
    await symlink(at('outside/secret.txt'), at('work/link.txt'))
    await write('work/load/linked.js', `open('../link.txt'); open('../')`)
    await write('work/load/missing.js', `import '../none/a.js'`)
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('lie in its own folder, and that is all', async () => {
    const own = { root: at('work/load'), shown: [at('work/load')], remote: [] }
    expect(await scriptFiles(at('work/load/plain.js'), at('work'))).toEqual(own)
    // A link out of the workspace, and the folder around its own.
    expect(await scriptFiles(at('work/load/linked.js'), at('work'))).toEqual(own)
    expect(await scriptFiles(at('work/load/missing.js'), at('work'))).toEqual(own)
  })

  it('are those that it and its modules name, within the workspace, but for what a dot hides', async () => {
    const found = await scriptFiles(at('work/load/up.js'), at('work'))
    expect(found.root).toBe(at('work'))
    expect(found.shown[0]).toBe(at('work/load'))
    expect(found.shown.slice(1).toSorted()).toEqual(
      [at('work/data'), at('work/lib/a.js'), at('work/lib/deep/b.js'), at('work/words.txt')].toSorted(),
    )
    expect(found.remote).toEqual(['https://there/c.js'])
  })

  it('may lie beside its folder wherever the workspace is', async () => {
    const { shown } = await scriptFiles(at('work/load/up.js'), tmpdir())
    expect(shown).toContain(at('work/lib/a.js'))
    const elsewhere = await scriptFiles(at('work/load/up.js'), at('outside'))
    expect(elsewhere.shown).toContain(at('work/lib/a.js'))
  })
})

it('a path is seen where its root is shown', () => {
  expect([seenAt('/scripts', '/work', '/work/load/a.js'), seenAt('/scripts', '/work', '/work')]).toEqual([
    '/scripts/load/a.js',
    '/scripts',
  ])
})
