import { expect, test } from 'vitest'
import { ERROR, FAILED, INCONCLUSIVE, runResult, scenarioResult, SKIPPED } from '../../report/results.fixture.ts'
import { annotationsOf } from './annotations.ts'

test('what is green has none; failures come first', () => {
  const result = runResult([scenarioResult('passed'), SKIPPED, INCONCLUSIVE, ERROR, FAILED], { reasons: ['interrupted'] })
  expect(annotationsOf(result, true).map((one) => `${one.level} ${one.title}`)).toEqual([
    'error chaos: failed',
    'error NF-001 Complete network partition: failed',
    'error WC-001 Crash during inference: error',
    'warning NF-003 Packet loss 30 %: inconclusive',
  ])
  expect(annotationsOf(runResult([INCONCLUSIVE]), false)).toMatchObject([{ level: 'error' }])
})

test('no more than the runner shows', () => {
  expect(annotationsOf(runResult(Array.from({ length: 30 }, () => FAILED)), false)).toHaveLength(10)
})
