import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runValidate } from './validate.ts'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/scenarios')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaos-validate-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function validate(...paths: string[]): { code: number; lines: string[] } {
  let output = ''
  const code = runValidate(paths, (text) => {
    output += text
  })
  expect(output.endsWith('\n')).toBe(true)
  return { code, lines: output.slice(0, -1).split('\n') }
}

it('accepts files, folders and a stack with its scenario files', () => {
  expect(validate(join(FIXTURES, 'chaos/plain.json'))).toEqual({ code: 0, lines: ['valid: 15 scenarios in 1 file'] })
  expect(validate(join(FIXTURES, 'chaos'), join(FIXTURES, 'stack/stack.json'))).toEqual({
    code: 0,
    lines: ['valid: 16 scenarios and 1 stack in 3 files'],
  })
})

it('takes a manifest of load patterns for what it is, with the scripts beside it', () => {
  const load = join(folder, 'load')
  mkdirSync(load)
  const entry = { id: 'LT-001', name: 'One', script: 'one.js', expected_behavior: 'Fast.' }
  for (const name of ['one.js', 'two.js']) writeFileSync(join(load, name), 'export default function () {}')
  const write = (pattern: object): void => {
    writeFileSync(join(load, 'load.json'), JSON.stringify({ name: 'Load', patterns: [pattern] }))
  }
  write(entry)
  expect(validate(load)).toEqual({ code: 0, lines: ['valid: 0 scenarios, 2 load patterns in 1 file'] })
  write({ ...entry, scrpt: 'one.js' })
  expect(validate(load).lines[0]).toMatch(/load\.json:1:\d+: patterns\[0\]\.scrpt: unknown key.*did you mean "script"/)
})

it('accepts the default stack with its scenarios and load patterns', () => {
  expect(validate(join(import.meta.dirname, '../../stack/stack.json'))).toEqual({
    code: 0,
    lines: ['valid: 21 scenarios, 4 load patterns and 1 stack in 6 files'],
  })
})

it('tells every mistake on a line of its own, counts them, and exits 2', () => {
  const { code, lines } = validate(join(FIXTURES, 'mistakes.json'), join(FIXTURES, 'absent.json'), join(FIXTURES, 'chaos'))
  expect(code).toBe(2)
  expect(lines.slice(0, -1).every((line) => /^\S+\.json:\d+:\d+: /.test(line))).toBe(true)
  expect(lines.at(-1)).toBe(`${lines.length - 1} mistakes in 2 files; 3 files checked`)
  expect(lines.some((line) => line.endsWith('absent.json:1:1: there is no such file'))).toBe(true)
})

it('counts the mistakes that it does not tell', () => {
  const keys = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`key${index}`, 0]))
  const file = join(folder, 'many.json')
  writeFileSync(file, JSON.stringify({ name: 'x', scenarios: [{ ...keys }] }))
  const { lines } = validate(file)
  expect(lines).toHaveLength(102)
  // 150 unknown keys, four missing ones.
  expect(lines.at(-1)).toBe('154 mistakes in 1 file; 1 file checked')
})

it('holds the scenarios and the defects of a stack against it', () => {
  const stack = join(folder, 'stack')
  cpSync(join(FIXTURES, 'stack'), stack, { recursive: true })
  const file = join(stack, 'stack.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"X-1"', '"X-9"').replaceAll('"large"', '"big"'))
  const { code, lines } = validate(file)
  expect(code).toBe(2)
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/all-keys\.json:\d+:\d+: scenarios\[0\]\.expect\[1\]\.request\.name: there is no request "large"/)
  expect(lines[1]).toMatch(/stack\.json:\d+:\d+: defects\.known\.no-retry\.fails\[0\]: there is no scenario "X-9"/)
})

it('is never content with nothing', () => {
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  expect(validate().code).toBe(2)
  expect(validate(empty)).toEqual({ code: 2, lines: [`nothing to validate: there is no .json file in ${empty}`] })
})
