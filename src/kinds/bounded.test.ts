import { expect, it } from 'vitest'
import { bounded } from './bounded.ts'

it('gives what the work gives', () => {
  expect(bounded(1_000, () => /b+/.exec('abbc')?.[0])).toEqual({ value: 'bb' })
  expect(bounded(1_000, () => null)).toEqual({ value: null })
})

it('ends a match that would take years', () => {
  expect(bounded(50, () => /^(?:a+)+$/.test(`${'a'.repeat(100)}!`))).toBeNull()
})

it('throws what the work throws', () => {
  const thrown = (error: unknown): unknown => {
    try {
      return bounded(1_000, () => {
        throw error
      })
    } catch (caught) {
      return { caught }
    }
  }
  for (const error of [new TypeError('wrong'), null, undefined]) expect(thrown(error)).toEqual({ caught: error })
})
