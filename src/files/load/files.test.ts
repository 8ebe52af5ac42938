import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLoadFolders } from './files.ts'
import { formatMistake } from '../mistakes.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const SCRIPT = 'export default function () {}'
const ENTRY = { id: 'LT-001', name: 'Inference', script: 'inference.js', expected_behavior: 'Fast.' }

async function write(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
}

function told(): string[] {
  return readLoadFolders([folder]).mistakes.map((mistake) => formatMistake(mistake).replaceAll(folder, '…'))
}

describe('a folder of load patterns', () => {
  it('gives the entries of its manifest, and each script that none of them names', async () => {
    const scales = { quick: { duration_seconds: 26, users: 100, gate_users: 40 }, smoke: { users: 5 } }
    const first = { ...ENTRY, gate_users: 1_000, measure: ['breaking_point'], think_seconds: 1.25, profiles: scales }
    await write({
      'load.json': { name: 'Load', patterns: [first, { ...ENTRY, id: 'LT-002', model: 'open', on_demand: true }] },
      'inference.js': SCRIPT,
      'my-own.js': SCRIPT,
      'another.ts': `${SCRIPT}\n// export const options = { vus: 2 }\nexport const options = { duration: '3s' /* each */ }`,
      'notes.md': '',
    })
    await mkdir(join(folder, 'lib'))
    await write({ 'lib/shared.js': SCRIPT })
    const { patterns, mistakes } = readLoadFolders([folder, `${folder}/`])
    expect(mistakes).toEqual([])
    expect(patterns.map(({ id, script }) => [id, script.slice(folder.length + 1)])).toEqual([
      ['LT-001', 'inference.js'],
      ['LT-002', 'inference.js'],
      ['another', 'another.ts'],
      ['my-own', 'my-own.js'],
    ])
    expect(patterns[0]).toMatchObject({
      gateUsers: 1_000,
      measure: ['breaking_point'],
      model: 'closed',
      thinkSeconds: 1.25,
      answerSeconds: null,
      onDemand: false,
      thresholds: null,
      scales: { quick: { durationSeconds: 26, users: 100, gateUsers: 40 }, smoke: { users: 5 } },
      source: { file: join(folder, 'load.json'), line: 1 },
    })
    expect(patterns[2]?.scriptOptions).toEqual({ duration: '3s' })
    expect(patterns[1]).toMatchObject({ model: 'open', onDemand: true, gateUsers: null })
    expect(patterns[3]).toMatchObject({ name: 'my-own', scales: {}, measure: [], scriptOptions: null })
  })

  it.each([
    ['export default function () {}', true],
    ['export default () => 1', true],
    ['export const options = { vus: 1 }', true],
    ['function run() {}\nexport { run as default }', true],
    ["export { options, buy } from './other.js'", true],
    ["export * from './other.js'", true],
    ['module.exports = { options: {} }', true],
    ['export const base = 1', false],
    ['/* export default 1 */ // export default 2\nexport function options_of() {}', false],
    ["export const url = 'http://a//b'", false],
    ['', false],
  ])('takes a script for a pattern when it exports what k6 runs: %j', async (text, isPattern) => {
    await write({ 'a.js': text, 'sure.js': SCRIPT })
    expect(readLoadFolders([folder]).patterns.map(({ id }) => id)).toEqual(isPattern ? ['a', 'sure'] : ['sure'])
  })

  it('with nothing but what others import has no pattern', async () => {
    await write({ 'lib.js': 'export const base = 1' })
    expect(told()).toEqual([expect.stringContaining('there is no k6 script in this folder')])
  })

  it('needs no manifest', async () => {
    await write({ 'a.js': SCRIPT })
    expect(readLoadFolders([folder]).patterns.map(({ id }) => id)).toEqual(['a'])
  })

  it('with mistakes tells all of them with their places, and runs no script past its entry', async () => {
    await write({
      'load.json': {
        name: 'Load',
        patern: 1,
        patterns: [
          { ...ENTRY, gate_user: 5 },
          { ...ENTRY, id: 'LT-002', script: 'nowhere.js' },
          { ...ENTRY, id: 'LT-003', measure: ['breaking_point', 'breaking_point'] },
          { ...ENTRY, id: 'LT-004', profiles: { quick: {}, fast: {} }, environment: { 'A-B': 'x' } },
          { ...ENTRY, id: 'LT-005', script: '/etc/passwd' },
        ],
      },
      'inference.js': SCRIPT,
    })
    const text = told().join('\n')
    expect(text).toContain('patern: unknown key')
    expect(text).toContain('patterns[0].gate_user: unknown key')
    expect(text).toContain('did you mean "gate_users"')
    expect(text).toContain('patterns[1].script: there is no file nowhere.js beside load.json')
    expect(text).toContain('patterns[2].measure: names one twice')
    expect(text).toContain('patterns[3].profiles.quick: says nothing')
    expect(text).toContain('patterns[3].profiles.fast: unknown key')
    expect(text).toContain('is no name for a variable')
    expect(text).toContain('patterns[4].script: must be the relative path of a k6 script')
    expect(readLoadFolders([folder]).patterns).toEqual([])
  })

  it('whose ids are not unique tells where the first one is', async () => {
    await write({
      'load.json': { name: 'Load', patterns: [ENTRY, ENTRY, { ...ENTRY, id: 'other' }] },
      'inference.js': SCRIPT,
      'other.js': SCRIPT,
    })
    const lines = told()
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/patterns\[1\]\.id: "LT-001" is taken by …\/load\.json:1:\d+: ids are unique over all patterns$/)
    expect(lines[1]).toMatch(/^…\/other\.js:1:1: "other" is taken by …\/load\.json/)
  })

  it.each([
    ['without a script', {}, /there is no k6 script in this folder/],
    ['with a script that cannot have an id', { 'mine (2).js': SCRIPT }, /"mine \(2\)" cannot be a pattern's id/],
    ['with a manifest that is no JSON', { 'load.json': '{', 'a.js': SCRIPT }, /load\.json:1:1: the file ends before/],
  ])('%s is a mistake', async (_what, files, message) => {
    await write(files)
    expect(told().join('\n')).toMatch(message)
  })

  it('that is not there is a mistake', () => {
    expect(readLoadFolders([join(folder, 'none')]).mistakes[0]?.message).toBe('this folder cannot be read')
  })
})
