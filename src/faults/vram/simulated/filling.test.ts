import { describe, expect, test } from 'vitest'
import { bytesPerUnit, nextBatch, sizesOf, sumOf, type FillingState } from './filling.ts'

const TOTAL = 24_000
const EMPTY = { usedBytes: 8_000, totalBytes: TOTAL }

const START: FillingState = {
  containers: [EMPTY, EMPTY, EMPTY, EMPTY],
  percent: 100,
  bytesPerUnit: 1,
  largest: 2_500,
  smallest: 2,
  givenUp: new Set(),
}

test('sizes go down by half to the smallest', () => {
  expect(sizesOf({ largest: 100, smallest: 7 })).toEqual([100, 50, 25, 12, 7])
  expect(sizesOf({ largest: 5, smallest: 5 })).toEqual([5])
})

test('what a unit takes is told by all that is under way', () => {
  expect(bytesPerUnit(1_000, 6_000, 50)).toBe(100)
  expect(bytesPerUnit(1_000, 1_000, 50)).toBeNull()
  expect(bytesPerUnit(1_000, 900, 50)).toBeNull()
  expect(bytesPerUnit(1_000, 6_000, 0)).toBeNull()
})

describe('nextBatch', () => {
  const used = (...bytes: number[]): FillingState['containers'] => bytes.map((usedBytes) => ({ usedBytes, totalBytes: TOTAL }))

  test.each<[string, Partial<FillingState>, object | null]>([
    ['one of the largest, as long as its weight is not known', { bytesPerUnit: null }, { size: 2_500, count: 1 }],
    ['a smaller one when not even that was taken', { bytesPerUnit: null, givenUp: new Set([2_500]) }, { size: 1_250, count: 1 }],
    ['as many of the largest as fit into each', {}, { size: 2_500, count: 24 }],
    ['no more at once than can be looked after', { largest: 100 }, { size: 100, count: 32 }],
    ['smaller ones for what is left', { containers: used(23_000, 23_000, 23_000, 23_000) }, { size: 625, count: 4 }],
    [
      'none that fits nowhere, though the sum would do',
      { containers: used(22_000, 22_000, 22_000, 22_000) },
      { size: 1_250, count: 4 },
    ],
    [
      'none of a size that is given up',
      { containers: used(23_000, 24_000, 24_000, 24_000), givenUp: new Set([625]) },
      { size: 312, count: 3 },
    ],
    ['the last units', { containers: used(23_997, 24_000, 24_000, 24_000) }, { size: 2, count: 1 }],
    ['nothing when the smallest does not fit', { containers: used(23_999, 24_000, 24_000, 23_999) }, null],
    ['nothing when it is full', { containers: used(24_000) }, null],
    ['nothing when it is more than full', { containers: used(25_000, 24_500) }, null],
    ['nothing when it is full before anything was asked', { bytesPerUnit: null, containers: used(24_000) }, null],
    ['nothing when all sizes are given up', { bytesPerUnit: null, givenUp: new Set(sizesOf(START)) }, null],
    ['by the weight of a unit', { bytesPerUnit: 10, largest: 100 }, { size: 100, count: 32 }],
    ['by a weight that lets few fit', { bytesPerUnit: 1_000, largest: 10, smallest: 1 }, { size: 10, count: 4 }],
    ['half and not more', { percent: 50 }, { size: 2_500, count: 6 }],
    ['nothing above the share', { percent: 50, containers: used(12_000, 12_001) }, null],
    ['one of the smallest to reach the share', { percent: 50, containers: used(11_999, 12_000) }, { size: 2, count: 1 }],
  ])('%s', (_name, change, batch) => {
    expect(nextBatch({ ...START, ...change })).toEqual(batch)
  })

  test('ends at full, whoever takes what', () => {
    const containers = [8_000, 8_000, 11_000].map((usedBytes) => ({ usedBytes, totalBytes: TOTAL }))
    const givenUp = new Set<number>()
    let rounds = 0
    for (
      let batch = nextBatch({ ...START, containers, givenUp });
      batch !== null;
      batch = nextBatch({ ...START, containers, givenUp })
    ) {
      rounds += 1
      expect(rounds).toBeLessThan(60)
      let taken = 0
      for (let index = 0; index < batch.count; index += 1) {
        // In turn, as a balancer that looks at nothing would.
        const one = containers[index % containers.length]
        if (one === undefined || one.usedBytes + batch.size > one.totalBytes) continue
        one.usedBytes += batch.size
        taken += 1
      }
      if (taken === 0) givenUp.add(batch.size)
    }
    const { usedBytes, totalBytes } = sumOf(containers)
    expect(usedBytes / totalBytes).toBeGreaterThan(0.999)
  })
})
