import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ESLint } from 'eslint'
import parser from '@typescript-eslint/parser'
import { expect, test } from 'vitest'
import { GUARDED_PACKAGES, importWalls, LOAD_MAY_IMPORT, MAY_IMPORT, TYPES_OF_OPERATIONS, WIRING } from './walls.ts'

const repository = join(import.meta.dirname, '../..')
const fixtures = join(repository, 'test/fixtures/walls')
const folders = [...Object.keys(MAY_IMPORT), WIRING]

const eslint = new ESLint({
  cwd: fixtures,
  overrideConfigFile: true,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser } }, ...importWalls(fixtures)],
})

async function brokenRules(file: string, text: string): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath: join(fixtures, file) })
  return results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message))
}

test.each<[file: string, rule: string]>([
  ...folders.map((folder): [string, string] => [`src/${folder}/bad.ts`, 'import-x/no-restricted-paths']),
  ...Object.keys(LOAD_MAY_IMPORT).map((folder): [string, string] => [
    `src/load/${folder}/bad.ts`,
    'import-x/no-restricted-paths',
  ]),
  ['stack/services/bad.ts', 'import-x/no-restricted-paths'],
  ['src/core/bad-package.ts', 'no-restricted-imports'],
  ['src/engine/bad-dockerode.ts', 'no-restricted-imports'],
  ['src/faults/bad-child-process.ts', 'no-restricted-imports'],
  ['src/report/bad-actions.ts', 'no-restricted-imports'],
  ['src/stack/bad-operation.ts', 'no-restricted-syntax'],
])('%s breaks exactly %s', async (file, rule) => {
  const [result] = await eslint.lintFiles([file])
  expect(result?.messages.map((message) => message.ruleId)).toEqual([rule])
})

test.each([
  ['src', MAY_IMPORT, folders],
  ['src/load', LOAD_MAY_IMPORT, Object.keys(LOAD_MAY_IMPORT)],
])('every pair of folders of %s is either allowed or refused, as its table says', async (root, table, all) => {
  for (const folder of Object.keys(table)) {
    for (const other of all) {
      const rules = await brokenRules(`${root}/${folder}/probe.ts`, `export * from '../${other}/leaf.ts'\n`)
      const open = other === folder || table[folder]?.includes(other) === true
      expect({ from: folder, to: other, rules }).toEqual({
        from: folder,
        to: other,
        rules: open ? [] : ['import-x/no-restricted-paths'],
      })
    }
  }
})

test('a type import does not slip through a wall', async () => {
  const rules = await brokenRules(
    'src/engine/probe.ts',
    "import type { stack } from '../stack/leaf.ts'\nexport type X = typeof stack\n",
  )
  expect(rules).toEqual(['import-x/no-restricted-paths'])
})

const OPERATION = '../toolbox/operations/leaf.ts'
const AS_TYPES = [
  `import type { leaf } from '${OPERATION}'\nexport type X = typeof leaf\n`,
  `export type { leaf } from '${OPERATION}'\n`,
]
const AS_CODE = [
  `import { leaf } from '${OPERATION}'\nexport const x = leaf\n`,
  `import { type leaf } from '${OPERATION}'\nexport type X = typeof leaf\n`,
  `import '${OPERATION}'\n`,
  `export { leaf } from '${OPERATION}'\n`,
  `export * from '${OPERATION}'\n`,
  `export const late = import('${OPERATION}')\n`,
]

test.each([...TYPES_OF_OPERATIONS, WIRING])('%s may import types of the operations, and none of their code', async (folder) => {
  for (const text of AS_TYPES) expect(await brokenRules(`src/${folder}/probe.ts`, text)).toEqual([])
  for (const text of AS_CODE) expect(await brokenRules(`src/${folder}/probe.ts`, text)).toEqual(['no-restricted-syntax'])
})

test('the toolbox alone runs operations, and some know nothing of them', async () => {
  for (const text of [...AS_TYPES, ...AS_CODE]) expect(await brokenRules('src/toolbox/probe.ts', text)).toEqual([])
  for (const folder of Object.keys(MAY_IMPORT).filter((name) => name !== 'toolbox' && !TYPES_OF_OPERATIONS.includes(name))) {
    for (const text of AS_TYPES)
      expect(await brokenRules(`src/${folder}/probe.ts`, text)).toEqual(['import-x/no-restricted-paths'])
  }
})

test('src/core may import zod, for the shape of the result, and no other package', async () => {
  const rules = (name: string): Promise<string[]> => brokenRules('src/core/probe.ts', `export * from '${name}'\n`)
  expect(await rules('zod')).toEqual([])
  for (const name of ['zod/mini', 'zodiac', 'undici', 'node:path']) expect(await rules(name)).toEqual(['no-restricted-imports'])
  expect(await brokenRules('src/core/probe.ts', "export const late = import('undici')\n")).toEqual(['no-restricted-syntax'])
})

test('of the folder that wires, action alone may import src/github', async () => {
  const github = (path: string): string => `export * from '${path}/github/leaf.ts'\n`
  for (const name of ['main', 'post', 'report'])
    expect(await brokenRules(`src/${WIRING}/action/${name}.ts`, github('../..'))).toEqual([])
  for (const name of ['cli/run', 'run/run', 'load/run'])
    expect(await brokenRules(`src/${WIRING}/${name}.ts`, github('../..'))).toEqual(['import-x/no-restricted-paths'])
  expect(await brokenRules(`src/${WIRING}/files.ts`, github('..'))).toEqual(['import-x/no-restricted-paths'])
})

test.each([
  ['dockerode', 'src/stack'],
  ['dockerode/lib/container.js', 'src/stack'],
  ['node:child_process', 'src/stack'],
  ['child_process', 'src/toolbox'],
  ['@actions/core', 'src/github'],
  ['@octokit/plugin-retry', 'src/github'],
])('%s is open to %s and to nobody else, by import() neither', async (name, home) => {
  for (const text of [`export * from '${name}'\n`, `export const late = import('${name}')\n`]) {
    expect(await brokenRules(`${home}/probe.ts`, text)).toEqual([])
    expect(await brokenRules('src/engine/probe.ts', text)).toHaveLength(1)
    expect(await brokenRules(`src/${WIRING}/probe.ts`, text)).toHaveLength(1)
  }
  expect(GUARDED_PACKAGES.some((guard) => new RegExp(guard.regex).test(name) && guard.folders.includes(home))).toBe(true)
})

test('every folder of src has its wall, and the real configuration carries the rules', async () => {
  const real = readdirSync(join(repository, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  expect([...real].sort().filter((name) => !folders.includes(name))).toEqual([])
  const ofLoad = readdirSync(join(repository, 'src/load'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(
    ofLoad
      .map((entry) => entry.name)
      .filter((name) => name !== 'golden')
      .sort(),
  ).toEqual(Object.keys(LOAD_MAY_IMPORT).sort())
  const lint = new ESLint({ cwd: repository })
  for (const folder of real) {
    const config = (await lint.calculateConfigForFile(join(repository, `src/${folder}/some.ts`))) as {
      rules: Record<string, unknown>
    }
    expect(config.rules['import-x/no-restricted-paths']).toMatchObject([2, { basePath: repository }])
    expect(config.rules['no-restricted-imports']).toMatchObject([2, {}])
  }
})
