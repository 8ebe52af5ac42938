import { describe, expect, it } from 'vitest'
import type { Scenario } from '../../kinds/scenario.ts'
import { possibleStacks, wantedStacks, type WidthFacts } from './width.ts'

function scenario(index: number, exclusive = false): Scenario {
  return {
    ...{
      id: `X-${index}`,
      name: 'x',
      suite: 'chaos',
      expectedBehavior: 'x',
      faults: [],
      expect: [],
      exclusive,
      freshStack: false,
      mayBeUnused: false,
    },
    ...{ durationSeconds: 30, profileSeconds: {}, recoveryLimitSeconds: null, control: null, mayDie: [] },
    source: { file: 'x.json', line: 1 },
  }
}

const MANY = Array.from({ length: 20 }, (_, index) => scenario(index))
const usual: WidthFacts = { asked: null, proven: 2, cpus: 2, scenarios: MANY, isUnderLoad: false, isKept: false }

describe('wantedStacks', () => {
  it.each<[string, Partial<WidthFacts>, number]>([
    ['as many as were proven', {}, 2],
    ['no more than there are CPUs', { cpus: 1 }, 1],
    ['no more than were proven, however many CPUs', { cpus: 64 }, 2],
    ['one where no width was proven', { proven: 1, cpus: 64 }, 1],
    ['one under a load', { isUnderLoad: true }, 1],
    ['one that is kept', { isKept: true }, 1],
    ['one for three scenarios', { scenarios: MANY.slice(0, 3) }, 1],
    ['two for four', { scenarios: MANY.slice(0, 4) }, 2],
    ['one where all but three run alone', { scenarios: MANY.map((one, index) => ({ ...one, exclusive: index >= 3 })) }, 1],
    ['one without scenarios', { scenarios: [] }, 1],
    ['what was asked for', { asked: 3 }, 3],
    ['what was asked for, though it is kept', { asked: 2, isKept: true }, 2],
    ['no stack without a scenario', { asked: 8, scenarios: MANY.slice(0, 3) }, 3],
    ['no stack for one that runs alone', { asked: 8, scenarios: [scenario(1), scenario(2, true)] }, 1],
    ['one for none', { asked: 2, scenarios: [] }, 1],
    ['one under a load, asked or not', { asked: 1, isUnderLoad: true }, 1],
  ])('%s', (_what, changes, count) => {
    expect(wantedStacks({ ...usual, ...changes })).toBe(count)
  })

  it('refuses several stacks under a load', () => {
    expect(() => wantedStacks({ ...usual, asked: 2, isUnderLoad: true })).toThrow('a load cannot hold on 2 stacks at once')
  })
})

describe('possibleStacks', () => {
  const why = ['service web is published on port 8080', 'volume data is shared with others (external)']

  it('is what is wanted where nothing keeps them apart, and where it is one', () => {
    expect(possibleStacks(3, null, [])).toEqual({ count: 3, why: null })
    expect(possibleStacks(1, 1, why)).toEqual({ count: 1, why: null })
  })

  it('is one, with the reasons, where nobody has asked for more', () => {
    expect(possibleStacks(2, null, why)).toEqual({ count: 1, why: `one stack at a time: ${why.join('; ')}` })
  })

  it('is refused where somebody has', () => {
    expect(() => possibleStacks(2, 2, why)).toThrow(`the stack cannot run 2 times on one machine: ${why.join('; ')}`)
  })
})
