import { expect, test } from 'vitest'
import { runResult, scenarioResult } from '../report/results.fixture.ts'
import { verdictOf } from './action-report.ts'

const leg = (verdict: 'passed' | 'failed' | 'inconclusive') => ({ slug: verdict, result: runResult([scenarioResult(verdict)]) })
const refused = { slug: 'x', why: 'it is no zip file' }

test('a leg that could not be read, was not looked at, or is not there is no green', () => {
  expect(verdictOf([leg('passed'), leg('passed')], 0)).toBe('passed')
  expect(verdictOf([leg('passed'), refused], 0)).toBe('error')
  expect(verdictOf([leg('passed')], 1)).toBe('error')
  expect(verdictOf([], 0)).toBe('error')
})

test('a failure comes before what is not known', () => {
  expect(verdictOf([leg('failed'), refused, leg('inconclusive')], 3)).toBe('failed')
  expect(verdictOf([leg('inconclusive'), leg('passed')], 0)).toBe('inconclusive')
})
