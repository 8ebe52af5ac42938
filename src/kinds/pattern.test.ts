import { expect, it } from 'vitest'
import { regularExpression } from './pattern.ts'

it.each<[unknown, string]>([
  [undefined, 'is missing: it must be a regular expression'],
  [5, 'must be a regular expression, not 5'],
])('is asked for by name in place of %j', (input, message) => {
  expect(regularExpression('What must match').safeParse(input).error?.issues).toMatchObject([{ message }])
})

it('tells what it is for', () => {
  expect(regularExpression('What must match').description).toBe('What must match')
})
