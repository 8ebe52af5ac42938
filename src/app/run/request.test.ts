import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { SUITES } from '../../core/model.ts'
import { ownStackFile } from '../paths.ts'
import { runRequestOf } from './request.ts'

const LEAST = { profile: 'quick', strict: false, noInject: false, out: 'results/latest' } as const

test('where nothing is asked, everything of the action’s own stack runs', () => {
  expect(runRequestOf({ ...LEAST, runId: 'r1' })).toMatchObject({
    ...{ suites: SUITES, only: [], stackFile: ownStackFile(), scenarioGlobs: [], defects: [], runId: 'r1' },
    ...{ seed: null, stacks: null, keepStack: false, underLoad: null, untrusted: null },
    load: { thresholds: [], model: null, k6Path: null },
  })
})

test('what is asked arrives, with absolute paths', () => {
  const asked = { stack: 'deploy/stack.json', scenarios: ['a/*.json'], seed: 7, loadModel: 'open', k6Path: 'bin/k6' } as const
  expect(runRequestOf({ ...LEAST, ...asked, strict: true, noInject: true, keepStack: true })).toMatchObject({
    ...{ stackFile: resolve('deploy/stack.json'), scenarioGlobs: ['a/*.json'], outDir: resolve('results/latest') },
    ...{ seed: 7, strict: true, noInject: true, keepStack: true, runId: null },
    load: { thresholds: [], model: 'open', k6Path: resolve('bin/k6') },
  })
})
