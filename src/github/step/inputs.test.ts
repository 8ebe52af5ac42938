import { expect, test } from 'vitest'
import { INPUT_DEFAULTS, readInputs } from './inputs.ts'

function inputs(values: Record<string, string>): ReturnType<typeof readInputs> {
  return readInputs(Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])))
}

const REPORT = {
  ...{ token: '', comment: 'always', commentKey: '', check: false, logs: 'on-failure' },
  ...{ artifactName: 'chaos-results', artifactRetentionDays: null },
}
const DEFAULTS = {
  ...{
    mode: 'run',
    suites: ['chaos', 'stress', 'load'],
    profile: 'quick',
    stack: null,
    scenarios: [],
    only: [],
    seed: null,
    stacks: null,
  },
  ...{
    strict: false,
    failOn: ['failed', 'error', 'inconclusive'],
    noInject: false,
    noConfirm: false,
    defects: [],
    thresholds: [],
  },
  ...{ loadModel: null, k6Path: null, underLoad: null, load: null, sources: [], out: 'results/latest', timeoutMinutes: 90 },
  ...{ allowUntrusted: new Set(), report: REPORT },
  nightly: { verdict: null, result: null, workflow: null, maxAgeHours: 36 },
}

test('without inputs, and with empty ones, the defaults hold', () => {
  expect(inputs({})).toEqual(DEFAULTS)
  expect(inputs(Object.fromEntries(Object.keys(INPUT_DEFAULTS).map((name) => [name, ''])))).toEqual(DEFAULTS)
})

test('every input of a run is read', () => {
  expect(
    inputs({
      ...{ suites: 'chaos, stress', profile: 'full', stack: 'deploy/stack.json', scenarios: 'a/*.json\nb/*.json\n' },
      ...{
        only: 'NF-001,\nNF-*',
        seed: '7',
        stacks: '2',
        strict: 'true',
        'fail-on': 'failed, error',
        'no-inject': 'TRUE',
        'no-confirm': 'true',
        defects: 'no-retry',
      },
      ...{ thresholds: 'a{x:1,y:2} p95 < 1 s\n\n errors rate < 1 % ', 'load-model': 'open', 'k6-path': 'bin/k6' },
      ...{ 'under-load': 'LT-001', out: 'out', 'timeout-minutes': '5', 'allow-untrusted': 'fork, privileged' },
      ...{ token: 't', comment: 'on-failure', 'comment-key': '{"os":"a"}', check: 'true', logs: 'never' },
      ...{ 'artifact-name': 'mine', 'artifact-retention-days': '3' },
    }),
  ).toEqual({
    ...DEFAULTS,
    ...{ suites: ['chaos', 'stress'], profile: 'full', stack: 'deploy/stack.json', scenarios: ['a/*.json', 'b/*.json'] },
    ...{
      only: ['NF-001', 'NF-*'],
      seed: 7,
      stacks: 2,
      strict: true,
      failOn: ['failed', 'error'],
      noInject: true,
      noConfirm: true,
      defects: ['no-retry'],
    },
    ...{ thresholds: ['a{x:1,y:2} p95 < 1 s', 'errors rate < 1 %'], loadModel: 'open', k6Path: 'bin/k6', underLoad: 'LT-001' },
    ...{ out: 'out', timeoutMinutes: 5, allowUntrusted: new Set(['fork', 'privileged']) },
    report: {
      ...{ token: 't', comment: 'on-failure', commentKey: '{"os":"a"}', check: true, logs: 'never' },
      ...{ artifactName: 'mine', artifactRetentionDays: 3 },
    },
  })
})

test('a load on an address, a merge, and a nightly have inputs of their own', () => {
  const load = { 'load-url': 'http://a', 'load-scripts': 'load', 'load-variables': 'A, B' }
  expect(inputs({ ...load, 'load-segment': '2/3', 'load-start-at': '2026-11-24T03:00:00Z' }).load).toEqual({
    ...{ url: 'http://a', scripts: ['load'], variables: ['A', 'B'] },
    ...{ segment: { index: 2, count: 3 }, startWallMs: Date.UTC(2026, 10, 24, 3) },
  })
  expect(inputs({ mode: 'merge', sources: 'a/1\na/2' })).toMatchObject({ mode: 'merge', sources: ['a/1', 'a/2'] })
  const night = { mode: 'nightly-issue', verdict: 'failed', result: 'r.json', 'nightly-workflow': 'n.yml' }
  expect(inputs(night).nightly).toEqual({ verdict: 'failed', result: 'r.json', workflow: 'n.yml', maxAgeHours: 36 })
})

test('what a calling workflow passes on for an address is no contradiction', () => {
  expect(inputs({ 'load-url': 'http://a', suites: 'load', 'no-inject': 'false', strict: 'false' }).load?.url).toBe('http://a')
})

test('what fails the job is named, or nothing does', () => {
  expect(inputs({ 'fail-on': 'none' }).failOn).toEqual([])
  expect(inputs({ 'allow-inconclusive': 'True' }).failOn).toEqual(['failed', 'error'])
  expect(() => inputs({ 'allow-inconclusive': 'true', 'fail-on': 'inconclusive' })).toThrow('leave one of them out')
})

test('a job without a matrix has no key', () => {
  expect(inputs({ 'comment-key': 'null' }).report.commentKey).toBe('')
})

test.each([
  [{ 'load-scripts': 'load' }, 'the input load-scripts needs load-url'],
  [{ 'load-start-at': '2026-11-24T03:00:00Z', 'load-url': 'http://a' }, 'the input load-start-at needs load-segment'],
  [{ sources: 'a' }, 'the input sources needs mode: merge'],
  [{ mode: 'merge' }, 'mode merge needs sources'],
  [{ verdict: 'failed' }, 'the input verdict needs mode: nightly-issue'],
  [{ 'load-url': 'http://a', stack: 'b.json' }, 'stack speaks of a stack: leave one out'],
  [{ 'load-url': 'http://a', 'no-inject': 'true' }, 'no-inject speaks of a stack: leave one out'],
  [{ 'load-url': 'http://a', 'no-confirm': 'true' }, 'no-confirm speaks of a stack: leave one out'],
  [{ 'load-url': 'http://a', strict: 'true' }, 'strict speaks of a stack: leave one out'],
  [{ 'load-url': 'http://a', suites: 'chaos,load' }, 'suites speaks of a stack: leave one out'],
  [{ 'load-url': 'http://a', 'load-segment': '1/2', 'load-start-at': 'soon' }, 'the input load-start-at is "soon"'],
])('%j contradict each other', (given, message) => {
  expect(() => inputs(given)).toThrow(message)
})

test.each([
  ['suites', 'chaos,kaos', 'the input suites is "kaos"; allowed: chaos, stress, load'],
  ['suites', 'chaos,,load', 'allowed: names separated by commas or newlines'],
  ['profile', 'fast', 'the input profile is "fast"; allowed: smoke, quick, full'],
  ['seed', '12s', 'allowed: a whole number from 1 to 2147483647'],
  ['seed', '0', 'allowed: a whole number'],
  ['seed', '1e3', 'allowed: a whole number'],
  ['strict', 'yes', 'the input strict is "yes"; allowed: true, false'],
  ['mode', 'rnu', 'the input mode is "rnu"; allowed: run, report, merge, cleanup, nightly-issue, nightly-watchdog'],
  ['fail-on', 'passed', 'the input fail-on is "passed"; allowed: failed, error, inconclusive'],
  ['comment', 'yes', 'allowed: always, on-failure, never'],
  ['allow-untrusted', 'privilged', 'allow-untrusted names "privilged"'],
  ['artifact-name', '../x', 'the input artifact-name is "../x"; allowed: letters, digits'],
  ['artifact-retention-days', '91', 'a whole number from 1 to 90'],
  ['timeout-minutes', '0', 'a whole number from 1 to 1440'],
  ['timeout-minutes', '-5', 'a whole number from 1 to 1440'],
])('%s: %s is refused', (name, value, message) => {
  expect(() => inputs({ [name]: value })).toThrow(message)
})

test('a misspelt input is refused and the real ones are listed', () => {
  expect(() => inputs({ profil: 'full' })).toThrow(
    'there is no input "profil"; did you mean "profile"? Inputs are mode, suites, profile, stack',
  )
})
