import { expect, test } from 'vitest'
import { declaredIn, readActionYml } from '../../../build/generate/action-yml.ts'
import { INPUT_DEFAULTS } from './inputs.ts'
import { OUTPUT_NAMES } from './outputs.ts'

const text = readActionYml()

test('action.yml and the code have the same inputs and defaults', () => {
  const declared = declaredIn(text, 'inputs').map((one) => [one.name, one.default])
  expect(declared).toEqual(Object.entries(INPUT_DEFAULTS))
})

test('action.yml and the code have the same outputs', () => {
  expect(declaredIn(text, 'outputs').map(({ name }) => name)).toEqual([...OUTPUT_NAMES])
})

test('runs on Node 24, main and post, from bundles that are built', () => {
  expect(text).toMatch(/using: node24\n\s+main: dist\/main\/index\.js\n\s+post: dist\/post\/index\.js/)
})

test('every input and output says what it is, in a line of its own', () => {
  const all = [...declaredIn(text, 'inputs'), ...declaredIn(text, 'outputs')]
  expect(all.filter(({ description }) => description.length < 20 || !description.endsWith('.'))).toEqual([])
})
