import { describe, expect, it } from 'vitest'
import { fakeFault, request, requestOf } from '../rig/fake-fault.ts'
import { scenario } from '../rig/rig.ts'
import { World } from '../rig/world.ts'
import { expectedMs, scheduleOf, spanMs } from './schedule.ts'

const LENGTHS: Readonly<Record<string, number>> = { a: 10, b: 40, c: 20, d: 30 }
const all = ['a', 'b', 'c', 'd'].map((id) => scenario({ id, exclusive: id === 'c' }))
const expected = ({ id }: { readonly id: string }): number => LENGTHS[id] ?? Number.NaN
const ids = (scenarios: readonly { readonly id: string }[]): string => scenarios.map(({ id }) => id).join('')

describe('the order of scenarios', () => {
  it('on one stack is that of the files', () => {
    expect(scheduleOf(all, 1, expected)).toEqual({ beside: all, alone: [] })
  })

  it('on several begins with the longest, and ends with those that run alone', () => {
    const { beside, alone } = scheduleOf(all, 2, expected)
    expect([ids(beside), ids(alone)]).toEqual(['bda', 'c'])
  })
})

describe('how long they take', () => {
  it.each([
    [1, 100],
    // b beside d and then a; c alone.
    [2, 60],
    [3, 60],
    [0, 100],
  ])('on %i stacks is %i', (stacks, span) => {
    expect(spanMs(all, stacks, expected)).toBe(span)
  })

  it('of none is nothing', () => {
    expect(spanMs([], 2, expected)).toBe(0)
  })
})

describe('how long one takes', () => {
  const world = new World()
  const faults = [
    fakeFault(world, 'cut'),
    fakeFault(world, 'slow', { usualMs: 4_000 }),
    fakeFault(world, 'slower', { usualMs: 5_000 }),
  ]
  it.each([
    ['its window and what is usual', ['cut'], 7_700],
    ['what its fault says, too', ['slow'], 11_700],
    ['what all of its faults say', ['slow', 'slower', 'cut'], 16_700],
  ])('is %s', (_what, kinds, ms) => {
    const one = scenario({ faults: kinds.map((kind) => requestOf(faults, request(kind, 'back'))) })
    expect(expectedMs(one, 'quick')).toBe(ms)
  })

  it('is by its profile', () => {
    expect(expectedMs(scenario({ durationSeconds: 60 }), 'full')).toBe(61_700)
  })

  it('is longer on a slower machine, but for the window', () => {
    const one = scenario({ faults: [requestOf(faults, request('slow', 'back'))] })
    expect(expectedMs(one, 'quick', 2)).toBe(6_000 + 2 * 5_700)
  })
})
