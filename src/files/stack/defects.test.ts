import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadScenarios } from '../scenarios/files.ts'
import { checkDefects } from './defects.ts'
import { loadDescriptor } from './file.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/scenarios')
const descriptor = loadDescriptor(join(FIXTURES, 'stack/stack.json'))
const { scenarios } = loadScenarios([join(FIXTURES, 'stack/stress/all-keys.json')])

it('finds scenarios that are in no file', () => {
  const locate = (): { line: number; column: number } => ({ line: 7, column: 3 })
  expect(checkDefects(scenarios, descriptor, locate)).toEqual([])
  expect(checkDefects([{ id: 'X-2' }], descriptor, locate)).toEqual([
    {
      file: descriptor.file,
      line: 7,
      column: 3,
      key: 'defects.known.no-retry.fails[0]',
      message: 'there is no scenario "X-1"; did you mean "X-2"? (known: X-2)',
    },
  ])
})

it('finds a clause of a scenario that the defect does not fail', () => {
  const known = { 'no-retry': { fails: ['X-1'], clauses: { 'X-2': { text: 'canary' } }, mayFail: [], blinds: [], text: 'x' } }
  const locate = (): { line: number; column: number } => ({ line: 7, column: 3 })
  expect(checkDefects(scenarios, { ...descriptor, defects: { variable: 'DEFECTS', known } }, locate)).toEqual([
    {
      file: descriptor.file,
      line: 7,
      column: 3,
      key: 'defects.known.no-retry.clauses.X-2',
      message: 'says what is missed in X-2, which is not among the scenarios that it fails',
    },
  ])
})
