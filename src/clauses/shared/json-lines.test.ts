import { expect, it } from 'vitest'
import { ask, lineQuery, parseLine } from './json-lines.ts'

it.each([
  ['{"event":"removed"}', { event: 'removed' }],
  ['  {"a":1}  ', { a: 1 }],
  ['plain text', null],
  ['[1]', null],
  ['"text"', null],
  ['{broken', null],
  ['', null],
])('%s is a line of JSON, or none', (text, parsed) => {
  expect(parseLine(text)).toEqual(parsed)
})

it('asks a line by JMESPath', () => {
  expect(ask(lineQuery('log', 'matches', 'task.id'), { task: { id: 7 } })).toBe(7)
})

it('has no answer of a line that the expression cannot be applied to', () => {
  expect(ask(lineQuery('log', 'matches', "starts_with(event, 'a')"), { other: 1 })).toBeNull()
})

it('refuses what is no expression, and says where it stands and why', () => {
  const query = (): unknown => lineQuery('log_gaps', 'from', 'event ==')
  expect(query).toThrow(/^log_gaps: 'from' is no JMESPath expression \(event ==\): .+/)
  const refusal = { code: 'BAD_INPUT', cause: expect.any(Error) as Error }
  expect(query).toThrow(expect.objectContaining(refusal) as Error)
})
