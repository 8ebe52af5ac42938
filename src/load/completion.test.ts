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
