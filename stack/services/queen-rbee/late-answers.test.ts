import { expect, test } from 'vitest'
import { LateAnswers } from './late-answers.ts'

const sent = (late: LateAnswers, ...answers: readonly (readonly [string, number])[]): string[] =>
  answers.map(([text, tookMs]) => late.take(Buffer.from(text), tookMs).toString())

test('each answer is that of its request', () => {
  expect(sent(new LateAnswers(Infinity), ['a', 5], ['b', 9_000], ['c', 9_000])).toEqual(['a', 'b', 'c'])
})

test('a late one may be that of the late one before it', () => {
  expect(sent(new LateAnswers(500), ['a', 500], ['b', 501], ['c', 20], ['d', 501], ['e', 900])).toEqual(['a', 'b', 'c', 'b', 'd'])
})
