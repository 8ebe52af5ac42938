import { expect, test } from 'vitest'
import { runResult, scenarioResult } from '../../report/results.fixture.ts'
import { verdictOf } from './report.ts'

const job = (verdict: 'passed' | 'failed' | 'inconclusive') => ({ slug: verdict, result: runResult([scenarioResult(verdict)]) })
const refused = { slug: 'x', why: 'it is no zip file' }

test('a job that could not be read, was not looked at, or is not there is no green', () => {
  expect(verdictOf([job('passed'), job('passed')], 0)).toBe('passed')
  expect(verdictOf([job('passed'), refused], 0)).toBe('error')
  expect(verdictOf([job('passed')], 1)).toBe('error')
  expect(verdictOf([], 0)).toBe('error')
})

test('a failure comes before what is not known', () => {
  expect(verdictOf([job('failed'), refused, job('inconclusive')], 3)).toBe('failed')
  expect(verdictOf([job('inconclusive'), job('passed')], 0)).toBe('inconclusive')
})
