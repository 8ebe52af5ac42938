import { expect, test } from 'vitest'
import { Lanes } from './lanes.ts'

/** Numbers of those that have a lane, in the order in which they got it. */
async function entering(lanes: Lanes, count: number): Promise<number[]> {
  const inside: number[] = []
  for (let number = 1; number <= count; number += 1) void lanes.enter().then(() => inside.push(number))
  await Promise.resolve()
  return inside
}

test('there is one for everybody, until they are made fewer', async () => {
  expect(await entering(new Lanes(), 50)).toHaveLength(50)
})

test('those that find none wait in their order, and get what is left', async () => {
  const lanes = new Lanes()
  lanes.narrow(2)
  const inside = await entering(lanes, 5)
  expect(inside).toEqual([1, 2])
  for (const expected of [
    [1, 2, 3],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]) {
    lanes.leave()
    await Promise.resolve()
    expect(inside).toEqual(expected)
  }
})

test('they become no more again', async () => {
  const lanes = new Lanes()
  lanes.narrow(1)
  lanes.narrow(Infinity)
  expect(await entering(lanes, 3)).toEqual([1])
})

test('those under way go on when they become fewer, and nobody takes their place', async () => {
  const lanes = new Lanes()
  expect(await entering(lanes, 3)).toHaveLength(3)
  lanes.narrow(1)
  const later = await entering(lanes, 1)
  lanes.leave()
  lanes.leave()
  await Promise.resolve()
  expect(later).toEqual([])
  lanes.leave()
  await Promise.resolve()
  expect(later).toEqual([1])
})
