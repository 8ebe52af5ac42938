import { describe, expect, test } from 'vitest'
import type { Count } from '../core/faults.ts'
import { seededRandom } from '../core/random.ts'
import { chooseSome, resolveCount } from './targets.ts'

describe('resolveCount', () => {
  test.each<[Count | null, number, number, string]>([
    [null, 4, 1, '1 of 4'],
    [{ number: 3 }, 4, 3, '3 of 4'],
    [{ percent: 50 }, 4, 2, '50 % of 4 → 2'],
    [{ percent: 50 }, 3, 2, '50 % of 3 → 2'],
    [{ percent: 1 }, 4, 1, '1 % of 4 → 1'],
    [{ percent: 100 }, 4, 4, '100 % of 4 → 4'],
    // 0.07 * 100 is 7.000000000000001.
    [{ percent: 7 }, 100, 7, '7 % of 100 → 7'],
  ])('%j of %i is %i', (count, available, number, text) => {
    expect(resolveCount(count, available)).toEqual({ number, text })
  })

  test('refuses more than there are', () => {
    expect(() => resolveCount({ number: 5 }, 4)).toThrow('5 containers are to be hit, and 4 are running')
  })
})

describe('chooseSome', () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f']

  test('takes so many, each once, in the given order', () => {
    const chosen = chooseSome(items, 3, seededRandom(1))
    expect(chosen).toHaveLength(3)
    expect(chosen).toEqual(items.filter((item) => chosen.includes(item)))
  })

  test('the seed decides', () => {
    const draw = (seed: number): string => chooseSome(items, 2, seededRandom(seed)).join('')
    expect(draw(7)).toBe(draw(7))
    expect(new Set(Array.from({ length: 40 }, (_item, seed) => draw(seed))).size).toBeGreaterThan(5)
  })
})
