import { describe, expect, it } from 'vitest'
import { isChaosError } from '../../core/errors.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { matchesGlob, selectScenarios } from './select.ts'

function scenario(id: string): Scenario {
  return {
    id,
    name: id,
    suite: 'chaos',
    expectedBehavior: 'x',
    faults: [],
    expect: [],
    durationSeconds: 30,
    profileSeconds: {},
    recoveryLimitSeconds: null,
    control: null,
    mayDie: [],
    exclusive: false,
    freshStack: false,
    mayBeUnused: false,
    source: { file: 'f.json', line: 1 },
  }
}

const all = ['NF-001', 'NF-002', 'WC-001', 'RE.1'].map(scenario)
const ids = (only: string[]): string[] => selectScenarios(all, only).map(({ id }) => id)

describe('selectScenarios', () => {
  it('takes all without a pattern, and keeps the order of the files with some', () => {
    expect(ids([])).toEqual(['NF-001', 'NF-002', 'WC-001', 'RE.1'])
    expect(ids(['WC-001', 'NF-*'])).toEqual(['NF-001', 'NF-002', 'WC-001'])
    expect(ids(['*-001'])).toEqual(['NF-001', 'WC-001'])
    expect(ids(['NF-00?'])).toEqual(['NF-001', 'NF-002'])
    expect(ids(['*'])).toHaveLength(4)
  })

  it('refuses every pattern that matches nothing, beside others that do', () => {
    const error = thrown(() => ids(['NF-*', 'NF-003', 'XX-*']))
    expect(isChaosError(error, 'BAD_INPUT')).toBe(true)
    expect(error).toMatchObject({
      message: 'no scenario matches "NF-003"; did you mean "NF-001"?; "XX-*"',
      hint: 'known ids: NF-001, NF-002, WC-001, RE.1',
    })
  })

  it('takes a dot, brackets and an empty pattern for what they are', () => {
    expect(ids(['RE.1'])).toEqual(['RE.1'])
    for (const pattern of ['NF.001', '[N]F-001', '', 'nf-001', 'NF']) expect(() => ids([pattern])).toThrow('no scenario matches')
  })
})

describe('matchesGlob', () => {
  it.each([
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'abcb', false],
    ['**', 'x', true],
    ['?', '', false],
    ['', '', true],
    [`${'*a'.repeat(40)}b`, 'a'.repeat(64), false],
  ])('%s on %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected)
  })
})

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}
