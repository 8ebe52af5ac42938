import { expect, it } from 'vitest'
import { didYouMean, nearest } from './suggest.ts'

const known = ['latency', 'jitter', 'name', 'rate']

it.each([
  ['latncy', 'latency'],
  ['naem', 'name'],
  ['Jitter', 'jitter'],
  ['rat', 'rate'],
  ['zzz', null],
  ['', null],
  ['latency'.repeat(20), null],
])('%s is nearest to %s', (word, expected) => {
  expect(nearest(word, known)).toBe(expected)
})

it('says nothing when nothing is near', () => {
  expect(didYouMean('bandwidth', known)).toBe('')
  expect(didYouMean('jiter', known)).toBe('; did you mean "jitter"?')
})
