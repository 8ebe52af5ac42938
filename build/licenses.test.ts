import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BUNDLES } from './bundles.ts'
import { licencesOf } from './licenses.ts'

const root = mkdtempSync(join(tmpdir(), 'chaos-licences-'))

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

function add(path: string, content: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

function pack(folder: string, facts: object): void {
  add(`${folder}/package.json`, JSON.stringify(facts))
}

describe('licences of a bundle', () => {
  it('are those of each package once, the innermost one, with all its texts', () => {
    pack('node_modules/b', { name: 'b', version: '2.0.0', license: 'ISC' })
    add('node_modules/b/LICENCE.md', 'text of b\r\nin two lines\n')
    pack('node_modules/@s/a', { name: '@s/a', version: '1.0.0', license: 'MIT' })
    add('node_modules/@s/a/LICENSE', 'text of a\n')
    add('node_modules/@s/a/NOTICE', 'notice of a\n')
    pack('node_modules/b/node_modules/@s/a', { name: '@s/a', version: '0.9.0', license: 'MIT' })
    const files = ['node_modules/b/x.js', 'node_modules/b/lib/y.js', 'node_modules/@s/a/z.js', 'src/own.js']
    const text = licencesOf([...files, 'node_modules/b/node_modules/@s/a/z.js'].map((file) => join(root, file)))
    const rule = '-'.repeat(80)
    expect(text).toBe(
      `@s/a 0.9.0\nMIT\n${rule}\n\n@s/a 1.0.0\nMIT\n\ntext of a\n\nnotice of a\n${rule}\n\nb 2.0.0\nISC\n\ntext of b\nin two lines\n`,
    )
  })

  it('are taken from the README where they stand there alone', () => {
    pack('node_modules/told', { name: 'told', version: '1.0.0', license: 'MIT' })
    add('node_modules/told/README.md', '# told\n\nUse it.\n\n## License\n\nMIT, by Ada\n')
    expect(licencesOf([join(root, 'node_modules/told/x.js')])).toBe('told 1.0.0\nMIT\n\n## License\n\nMIT, by Ada\n')
  })

  it('must be named', () => {
    pack('node_modules/silent', { name: 'silent', version: '1.0.0' })
    expect(() => licencesOf([join(root, 'node_modules/silent/x.js')])).toThrow('silent 1.0.0: its package.json names no licence')
  })

  it.each(BUNDLES.map(({ name }) => name))('of %s tell of what is in any of its files', (name) => {
    const folder = join(import.meta.dirname, '../dist', name)
    const text = readFileSync(join(folder, 'licenses.txt'), 'utf8')
    const needed = NEEDED[name] ?? []
    expect(needed).not.toEqual([])
    for (const one of needed) expect(text).toMatch(new RegExp(`^${one} \\d`, 'm'))
  })
})

/** Known to be in the bundle, some of them in a file that is loaded late. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  main: ['@actions/core', '@actions/exec', '@actions/artifact', '@octokit/core', 'dockerode', 'zod'],
  post: ['@octokit/core', 'dockerode', 'zod'],
  cli: ['commander', 'dockerode', 'zod'],
  toolbox: ['zod'],
  'stack/queen-rbee': ['fastify', 'undici', 'prom-client'],
  'stack/rbee-hive': ['fastify', 'undici', 'prom-client'],
  'stack/mock-worker': ['fastify', 'undici', 'prom-client'],
}
