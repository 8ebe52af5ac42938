import { expect, it } from 'vitest'
import { Completion } from './completion.ts'

function facts(claims: readonly string[], completed: readonly string[]): ReturnType<Completion['facts']> {
  const completion = new Completion()
  const turns = Math.max(claims.length, completed.length)
  for (let turn = 0; turn < turns; turn += 1) {
    const [claim, done] = [claims[turn], completed[turn]]
    if (claim !== undefined) completion.claim(claim)
    if (done !== undefined) completion.complete(done)
  }
  return completion.facts()
}

it.each([
  [['a', 'b'], ['b', 'a'], { served: 2, unknown: 0, examples: [], unclaimed: 0 }],
  [['a', 'b'], ['a'], { served: 2, unknown: 1, examples: ['b'], unclaimed: 0 }],
  [['a'], ['a', 'b', 'c'], { served: 1, unknown: 0, examples: [], unclaimed: 2 }],
  [[], [], { served: 0, unknown: 0, examples: [], unclaimed: 0 }],
  // One job for two answers.
  [['a', 'a'], ['b', 'a'], { served: 2, unknown: 1, examples: [], unclaimed: 1 }],
])('%j against %j', (claims, completed, expected) => {
  expect(facts(claims, completed)).toEqual(expected)
})

it('shows ten examples and forgets what both have named', () => {
  const completion = new Completion()
  for (let index = 0; index < 50; index += 1) completion.claim(String(index))
  expect(completion.facts()).toMatchObject({ served: 50, unknown: 50, examples: { length: 10 } })
  for (let index = 0; index < 50; index += 1) completion.complete(String(index))
  expect([completion.waiting, completion.facts()]).toEqual([0, { served: 50, unknown: 0, examples: [], unclaimed: 0 }])
})

it('keeps no job for ever that nobody claims, and counts it all the same', () => {
  const completion = new Completion()
  const complete = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) completion.complete(String(index))
  }
  complete(0, 10)
  completion.giveUp()
  complete(10, 20)
  // Both of them are known still.
  completion.claim('3')
  completion.claim('13')
  completion.giveUp()
  completion.claim('14')
  expect(completion.facts()).toEqual({ served: 3, unknown: 0, examples: [], unclaimed: 17 })
  // One of those that were given up.
  completion.claim('4')
  expect(completion.facts()).toMatchObject({ unknown: 1, examples: ['4'] })
})

it('never has more ids than those of two turns, however many jobs there are', () => {
  const completion = new Completion(600)
  for (let turn = 0; turn < 7; turn += 1) {
    for (let index = 0; index < 300; index += 1) completion.complete(`${turn} ${index}`)
    completion.giveUp()
  }
  expect(completion.facts().unclaimed).toBe(2_100)
})

it('takes no more ids without a counterpart than its limit, wherever they come from', () => {
  const tooMuch = expect.objectContaining({
    code: 'LOAD_FAILED',
    message: 'the ids of 20 jobs have no counterpart: served answers and completed jobs do not speak of the same',
  }) as Error
  const completion = new Completion(20)
  for (let index = 0; index < 5; index += 1) completion.complete(`before ${index}`)
  completion.giveUp()
  for (let index = 0; index < 5; index += 1) completion.claim(`claim ${index}`)
  for (let index = 0; index < 9; index += 1) completion.complete(`now ${index}`)
  completion.claim('the last one')
  // What has its counterpart, or is known already, needs no room.
  completion.claim('the last one')
  completion.complete('the last one')
  completion.claim('the last one')
  expect(() => {
    completion.claim('one more')
  }).toThrow(tooMuch)
  expect(() => {
    completion.complete('one more')
  }).toThrow(tooMuch)
})
