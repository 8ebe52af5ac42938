import { expect, it } from 'vitest'
import { seededRandom } from './random.ts'

it('gives the same choices for the same seed, others for another, and forks by name', () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  expect(seededRandom(7).shuffle(items)).toEqual(seededRandom(7).shuffle(items))
  expect(seededRandom(7).shuffle(items)).not.toEqual(seededRandom(8).shuffle(items))
  expect(seededRandom(7).fork('NF-001').next()).toBe(seededRandom(7).fork('NF-001').next())
  expect(seededRandom(7).fork('NF-001').next()).not.toBe(seededRandom(7).fork('NF-002').next())
  expect(seededRandom(7).shuffle(items).sort()).toEqual(items)
})

it('stays within the bounds of an integer, both included', () => {
  const random = seededRandom(1)
  const seen = new Set(Array.from({ length: 1_000 }, () => random.integer(2, 4)))
  expect([...seen].sort()).toEqual([2, 3, 4])
})
