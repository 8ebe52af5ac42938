import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { INPUT_DEFAULTS } from './inputs.ts'
import { OUTPUT_NAMES } from './outputs.ts'

const text = readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8')

/** The keys of one block of the file with their `default`; action.yml keeps to two spaces and one-line scalars. */
function block(name: string): Record<string, string | undefined> {
  const [, body = ''] = text.split(new RegExp(`^${name}:\\n`, 'm'))
  const lines = (body.split(/^\S/m)[0] ?? '').split('\n')
  const entries: Record<string, string | undefined> = {}
  let current = ''
  for (const line of lines) {
    const key = /^ {2}([\w-]+):/.exec(line)?.[1]
    if (key !== undefined) {
      current = key
      entries[key] = undefined
    }
    const value = /^ {4}default: (.*)$/.exec(line)?.[1]
    if (value !== undefined) entries[current] = value.replace(/^'(.*)'$/, '$1')
  }
  return entries
}

test('action.yml and the code have the same inputs and defaults', () => {
  expect(block('inputs')).toEqual(INPUT_DEFAULTS)
})

test('action.yml and the code have the same outputs', () => {
  expect(Object.keys(block('outputs'))).toEqual([...OUTPUT_NAMES])
})

test('runs on Node 24, main and post, from bundles that are built', () => {
  expect(text).toMatch(/using: node24\n\s+main: dist\/main\/index\.js\n\s+post: dist\/post\/index\.js/)
})
