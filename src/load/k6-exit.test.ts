import { expect, it } from 'vitest'
import { k6Exit } from './k6-exit.ts'

it.each([
  [0, 'ended', /its end/],
  [99, 'breached', /thresholds/],
  [110, 'breached', /test\.fail/],
  [105, 'cut', /interrupted/],
  [108, 'cut', /test\.abort/],
  [137, 'cut', /signal 9/],
  [104, 'broken', /options/],
  [107, 'broken', /threw/],
  [255, 'broken', /not found/],
  [1, 'broken', /no such exit code/],
  [-1, 'broken', /no such exit code/],
])('%d means %s', (exitCode, ending, text) => {
  expect(k6Exit(exitCode)).toMatchObject({ ending, text: expect.stringMatching(text) as string })
})

it('only 0 is an end without anything to say', () => {
  const ended = Array.from({ length: 256 }, (_, code) => code).filter((code) => k6Exit(code).ending === 'ended')
  expect(ended).toEqual([0])
})
