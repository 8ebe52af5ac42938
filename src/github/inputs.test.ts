import { expect, test } from 'vitest'
import { INPUT_DEFAULTS, readInputs } from './inputs.ts'

function inputs(values: Record<string, string>): ReturnType<typeof readInputs> {
  return readInputs(Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])))
}

test('without inputs, and with empty ones, the defaults hold', () => {
  const defaults = {
    suites: ['chaos', 'stress', 'load'],
    profile: 'quick',
    stack: null,
    scenarios: [],
    only: [],
    seed: null,
    strict: false,
    allowInconclusive: false,
    noInject: false,
    defects: [],
    thresholds: [],
    loadModel: null,
    k6Path: null,
    out: 'results/latest',
    timeoutMinutes: 90,
  }
  expect(inputs({})).toEqual(defaults)
  expect(inputs(Object.fromEntries(Object.keys(INPUT_DEFAULTS).map((name) => [name, ''])))).toEqual(defaults)
})

test('every input is read', () => {
  expect(
    inputs({
      suites: 'chaos, stress',
      profile: 'full',
      stack: 'deploy/stack.json',
      scenarios: 'a/*.json\nb/*.json\n',
      only: 'NF-001,\nNF-*',
      seed: '7',
      strict: 'true',
      'allow-inconclusive': 'True',
      'no-inject': 'TRUE',
      defects: 'no-retry',
      thresholds: 'a{x:1,y:2} p95 < 1 s\n\n errors rate < 1 % ',
      'load-model': 'open',
      'k6-path': 'bin/k6',
      out: 'out',
      'timeout-minutes': '5',
    }),
  ).toEqual({
    suites: ['chaos', 'stress'],
    profile: 'full',
    stack: 'deploy/stack.json',
    scenarios: ['a/*.json', 'b/*.json'],
    only: ['NF-001', 'NF-*'],
    seed: 7,
    strict: true,
    allowInconclusive: true,
    noInject: true,
    defects: ['no-retry'],
    thresholds: ['a{x:1,y:2} p95 < 1 s', 'errors rate < 1 %'],
    loadModel: 'open',
    k6Path: 'bin/k6',
    out: 'out',
    timeoutMinutes: 5,
  })
})

test.each([
  ['suites', 'chaos,kaos', 'the input suites is "kaos"; allowed: chaos, stress, load'],
  ['suites', 'chaos,,load', 'allowed: names separated by commas or newlines'],
  ['profile', 'fast', 'the input profile is "fast"; allowed: smoke, quick, full'],
  ['seed', '12s', 'allowed: a whole number from 1 to 2147483647'],
  ['seed', '0', 'allowed: a whole number'],
  ['seed', '1e3', 'allowed: a whole number'],
  ['strict', 'yes', 'the input strict is "yes"; allowed: true, false'],
  ['timeout-minutes', '0', 'a whole number from 1 to 1440'],
  ['timeout-minutes', '-5', 'a whole number from 1 to 1440'],
])('%s: %s is refused', (name, value, message) => {
  expect(() => inputs({ [name]: value })).toThrow(message)
})

test('a misspelt input is refused and the real ones are listed', () => {
  expect(() => inputs({ profil: 'full' })).toThrow('there is no input "profil"; inputs are suites, profile, stack')
})
