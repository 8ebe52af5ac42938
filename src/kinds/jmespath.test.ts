import { expect, it } from 'vitest'
import { jmespathProblem } from './jmespath.ts'

it.each([
  "event == 'attempt_failed'",
  'workers[?state == `"ready"`].id | [0]',
  "contains(event, 'start') && length(@) > `3`",
  'let $x = a in $x',
  '"odd key".b',
  "a == 'it\\'s'",
])('takes %s', (expression) => {
  expect(jmespathProblem(expression)).toBeNull()
})

it.each([
  ['id[', 'is no JMESPath'],
  ['a ==', 'is no JMESPath'],
  ["a == 'x", "a ' is not closed"],
  ['a == `1', 'a ` is not closed'],
  ['"a', 'a " is not closed'],
  ["a = 'b'", 'a comparison is written =='],
  ['b && lenght(a) > `1`', 'calls lenght(), which JMESPath does not have; did you mean "length"?'],
  ['('.repeat(1_000), 'is no JMESPath'],
  ['!'.repeat(1_000), 'is no JMESPath'],
])('refuses %s', (expression, problem) => {
  expect(jmespathProblem(expression)).toContain(problem)
})

it('does not take data for a part of the expression', () => {
  expect(jmespathProblem('a == `{"type": "Function", "name": "nothing"}`')).toBeNull()
})
