import { describe, expect, it } from 'vitest'
import { allMet, joinParts, listText, msText, percentText, secondsText } from './parts.ts'

describe('the parts of a clause', () => {
  it.each<[(boolean | null)[], boolean | null]>([
    [[true, true], true],
    [[true, false], false],
    [[true, null], null],
    // What is missed decides, whatever could not be told.
    [[null, false, true], false],
    [[], null],
  ])('%j are %j together', (each, met) => {
    expect(allMet(each)).toBe(met)
    const parts = each.map((one) => ({ expected: 'x', observed: 'y', met: one }))
    expect(joinParts(parts).met).toBe(met)
  })

  it('are told in their order', () => {
    const parts = [
      { expected: 'a', observed: 'b', met: true },
      { expected: 'c', observed: 'd', met: true },
    ]
    expect(joinParts(parts)).toEqual({ expected: 'a; c', observed: 'b; d', met: true })
  })
})

it.each([
  [0.97, '97 %'],
  [0.995, '99.5 %'],
  [1, '100 %'],
  [0.99999, '99.99 %'],
  [0.29, '29 %'],
  [0, '0 %'],
  [Number.NaN, 'unknown'],
  [Infinity, 'unknown'],
])('a share of %d is told as %s', (share, text) => {
  expect(percentText(share)).toBe(text)
})

it.each([
  [0.4, '0 ms'],
  [1_499.6, '1500 ms'],
  [Number.NaN, 'unknown'],
  [-Infinity, 'unknown'],
])('%d is told as %s', (value, text) => {
  expect(msText(value)).toBe(text)
})

it.each([
  [310, '0.31 s'],
  [9_994, '9.99 s'],
  [9_995, '10.0 s'],
  [12_360, '12.4 s'],
  [Number.NaN, '? s'],
])('%d ms are told as %s', (value, text) => {
  expect(secondsText(value)).toBe(text)
})

it('lists five, and how many more there are', () => {
  expect(listText(['a', 'b', 'c', 'd', 'e'])).toBe('a; b; c; d; e')
  expect(listText(['a', 'b', 'c', 'd', 'e', 'f', 'g'], ', ')).toBe('a, b, c, d, e, 2 more')
  expect(listText([])).toBe('')
})
