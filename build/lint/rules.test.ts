/** A linter that reads no types, or whose rules are off, finds nothing, and looks like one that found nothing wrong. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')
const LIMIT_MS = 60_000

const TOO_LONG = Array.from({ length: 71 }, (_, index) => `  console.log(${index})`).join('\n')

/** Each file breaks one rule, and no other. */
const BAD: Readonly<Record<string, readonly [rule: string, text: string]>> = {
  'src/core/floating.ts': ['no-floating-promises', 'export function f(): void {\n  Promise.resolve(1)\n}\n'],
  'src/core/misused.ts': [
    'no-misused-promises',
    "export function f(): void {\n  process.on('exit', async () => {\n    await Promise.resolve()\n  })\n}\n",
  ],
  'src/core/any.ts': ['no-explicit-any', 'export type Whatever = any\n'],
  'src/core/unsafe.ts': ['no-unsafe-return', "export const f = (): number => JSON.parse('1')\n"],
  'src/core/exhaustive.ts': [
    'switch-exhaustiveness-check',
    "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n",
  ],
  'src/core/never.ts': ['no-unnecessary-condition', 'export const f = (x: { y: number }): number => x?.y\n'],
  'src/core/template.ts': ['restrict-template-expressions', 'export const f = (x: boolean): string => `${x}`\n'],
  'src/core/equal.ts': ['eqeqeq', 'export const f = (x: number, y: number): boolean => x == y\n'],
  'src/core/console.ts': ['no-console', "console.log('')\nexport {}\n"],
  'src/core/types.ts': ['consistent-type-imports', "import { Stats } from 'node:fs'\nexport type S = Stats\n"],
  'src/app/function.ts': ['max-lines-per-function', `export function f(): void {\n${TOO_LONG}\n}\n`],
  'src/app/file.ts': ['max-lines', Array.from({ length: 301 }, (_, i) => `export const a${i} = 0`).join('\n')],
  'src/core/loose.js': ['prefer-const', 'let a = 1\nexport default a\n'],
}

/** Allowed where they are. */
const GOOD: Readonly<Record<string, string>> = {
  'src/app/console.ts': "console.log('')\nexport {}\n",
  'src/core/long.test.ts': `export function f(): void {\n${TOO_LONG.replaceAll('console.log', 'String')}\n}\n`,
  'src/core/untyped.js': "export default JSON.parse('1')\n",
}

const folder = mkdtempSync(join(tmpdir(), 'chaos-lint-'))
const files = { ...GOOD, ...Object.fromEntries(Object.entries(BAD).map(([file, [, text]]) => [file, text])) }
let found: ReadonlyMap<string, readonly string[]> = new Map()

beforeAll(() => {
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(join(REPOSITORY, name), join(folder, name))
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  found = lint()
}, LIMIT_MS)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function lint(): Map<string, string[]> {
  const program = join(REPOSITORY, 'node_modules/oxlint/bin/oxlint')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, '--format', 'json', 'src'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })
  if (status !== 1) throw new Error(`oxlint ended with ${String(status)}: ${stdout}${stderr}`)
  const { diagnostics, number_of_files: looked } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string }[]
    number_of_files: number
  }
  // What was not looked at is accepted, too.
  expect(looked).toBe(Object.keys(files).length)
  const byFile = new Map<string, string[]>()
  for (const { code, filename } of diagnostics) byFile.set(filename, [...(byFile.get(filename) ?? []), code])
  return byFile
}

test.each(Object.entries(BAD))('%s breaks its rule and no other', (file, [rule]) => {
  expect(found.get(file)?.map((code) => /\((.*)\)/.exec(code)?.[1])).toEqual([rule])
})

test.each(Object.keys(GOOD))('%s is accepted', (file) => {
  expect(found.get(file)).toBeUndefined()
})
