import { expect, test } from 'vitest'
import { assigned, expansions, wordsOf } from './docker-words.ts'

test('words are without quotes and backslashes', () => {
  expect(wordsOf(' a\t"b c" d\\e\u0085f ')).toEqual(['a', 'b', 'c', 'de', 'f'])
})

test.each<[text: string, pairs: [string, string][]]>([
  ['A', [['A', '']]],
  [
    'A=1 B="2"',
    [
      ['A', '1'],
      ['B', '2'],
    ],
  ],
  ['A=b=c', [['A', 'b=c']]],
])('%j assigns %j', (text, pairs) => {
  expect(assigned(text)).toEqual(pairs)
})

test.each(['A="x http://h"', "A='x y'", 'A=x\\ y', 'A="x\\" y"'])('%j may be more than one word', (text) => {
  expect(assigned(text)).toContainEqual(['A', text])
})

test('the old way of ENV takes all of the line', () => {
  expect(assigned('A b c')).toContainEqual(['A', 'b c'])
})

const VALUES = new Map([
  ['A', ['1', '2']],
  ['B', ['$A']],
  ['LOOP', ['$LOOP']],
])

test.each<[text: string, all: string[] | null]>([
  ['a', ['a']],
  ['a$A', ['a', 'a1', 'a2']],
  ['${B}b', ['b', '1b', '2b']],
  ['${NONE:-x}', ['', 'x']],
  ['${NONE+x}', ['', 'x']],
  ['$TARGETARCH', ['', 'linux']],
  ['$LOOP', null],
  ['${A#1}', null],
  ['${A:-${B}}', null],
  ['$', null],
  ['$A$A$A$A$A$A$A$A', null],
])('%s comes to %j', (text, all) => {
  expect(expansions(text, VALUES)).toEqual(all)
})
