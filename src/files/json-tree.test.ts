import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.ts'
import { JSON_LIMITS, valueOf } from './json-tree.ts'
import { formatMistake } from './mistakes.ts'
import { parseJsonSource } from './read-source.ts'

function check(text: string): { value: unknown; mistakes: string[] } {
  const { root, mistakes } = parseJsonSource('f.json', text)
  return { value: root === null ? null : valueOf(root), mistakes: mistakes.toArray().map(formatMistake) }
}

const SAMPLES = [
  '{"a":1,"b":[true,false,null,-0.5e+3,"x\\u00e9\\n\\"\\\\/"],"c":{},"d":[],"é":"𝄞"}',
  ' [ 1 , 2,\t3\r\n] ',
  '0',
  '-0',
  '1E5',
  '""',
  'null',
  '[[[]],{"a":{"b":[{}]}}]',
]

describe('what JSON.parse takes', () => {
  it.each(SAMPLES)('%s', (text) => {
    expect(check(text)).toEqual({ value: JSON.parse(text) as unknown, mistakes: [] })
  })

  it('is told from what it refuses, on thousands of damaged texts', () => {
    const random = seededRandom(20_251_001)
    const alphabet = '{}[],:"\\ \n0123456789.-+eEtrufalsn/\u0001é\u00a0'
    let refused = 0
    for (let round = 0; round < 6_000; round += 1) {
      const sample = SAMPLES[random.integer(0, SAMPLES.length - 1)] ?? ''
      const at = random.integer(0, sample.length)
      const put = alphabet[random.integer(0, alphabet.length - 1)] ?? ''
      const text = sample.slice(0, at) + put + sample.slice(at + random.integer(0, 2))
      const parsed = check(text)
      const duplicate = parsed.mistakes.some((mistake) => mistake.includes('is there twice'))
      if (duplicate) continue
      const strict = strictly(text)
      expect({ text, ok: parsed.mistakes.length === 0 }).toEqual({ text, ok: strict !== null })
      if (strict === null) refused += 1
      else expect(parsed.value).toEqual(strict.value)
    }
    expect(refused).toBeGreaterThan(1_000)
  })
})

function strictly(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}

describe('what is refused', () => {
  it.each([
    ['', 'f.json:1:1: the file is empty: it must hold one JSON object'],
    [' \n', 'f.json:1:1: the file is empty: it must hold one JSON object'],
    ['hello', 'f.json:1:1: "hello" is not JSON: text and keys stand in double quotes'],
    ['{"a": True}', 'f.json:1:7: a: True is written true in JSON'],
    ["{'a': 1}", "f.json:1:2: text stands in double quotes in JSON, not in '"],
    ['{"a": 01}', 'f.json:1:7: a: "01" is no number in JSON'],
    ['{"a": .5}', 'f.json:1:7: a: ".5" is no number in JSON'],
    ['{"a": NaN}', 'f.json:1:7: a: "NaN" is not JSON: text and keys stand in double quotes'],
    ['{"a" 1}', 'f.json:1:6: a: expected a colon after the key "a", found 1'],
    ['{"a": 1 "b": 2}', 'f.json:1:9: a: expected a comma or } after the value of "a", found "b"'],
    ['{"a": [1, {"b": "x', 'f.json:1:17: a[1].b: the text that begins here has no closing quote'],
    [
      '{"a": [1, {"b": 1',
      'f.json:1:11: a[1].b: the file ends before the bracket of this object or list is closed; expected a comma or } after the value of "b"',
    ],
    ['{} {}', 'f.json:1:4: there is more after the end of the JSON value'],
    ['{"a": "x\ny"}', 'f.json:1:9: a: text cannot hold a line break: write it as an escape, such as \\n'],
  ])('%j', (text, message) => {
    expect(check(text).mistakes).toEqual([message])
  })

  it('tells comments, commas too many, forbidden and repeated keys all at once and reads on', () => {
    const text = '{\n  // why\n  "a": [1, 2,],\n  "a": 3,\n  "__proto__": {"x": /* y */ 1},\n  "b": 4,\n}'
    const { value, mistakes } = check(text)
    expect(mistakes).toEqual([
      'f.json:2:3: JSON has no comments: remove it, or say it in "description"',
      'f.json:3:13: a[2]: JSON has no comma before ]: remove it',
      'f.json:4:3: a: the key "a" is there twice in the same object: keep one',
      'f.json:5:3: __proto__: the key "__proto__" is refused everywhere: remove it',
      'f.json:5:22: __proto__.x: JSON has no comments: remove it, or say it in "description"',
      'f.json:6:9: b: JSON has no comma before }: remove it',
    ])
    expect(value).toEqual({ a: [1, 2], b: 4 })
  })

  it('refuses a byte order mark and still reads the rest', () => {
    expect(check('\uFEFF{"a":1}').mistakes[0]).toContain('f.json:1:1: the file begins with a byte order mark')
    expect(check('\uFEFF{"a":1}').value).toEqual({ a: 1 })
  })
})

describe('hostile texts', () => {
  it.each(['[', '{"a":', '[{"a":'])('200,000 levels of %s', (opening) => {
    const { mistakes } = check(opening.repeat(200_000))
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(`nested deeper than ${JSON_LIMITS.depth} levels`)
  })

  it('takes as many levels as the limit', () => {
    expect(check('['.repeat(JSON_LIMITS.depth) + ']'.repeat(JSON_LIMITS.depth)).mistakes).toEqual([])
  })

  it('stops at a list of 200,000 items and at as many keys', () => {
    expect(check(`{"scenarios":[${'{},'.repeat(200_000)}{}]}`).mistakes[0]).toContain('scenarios has more than 1000 items')
    const keys = Array.from({ length: 200_000 }, (_, index) => `"k${index}":0`).join(',')
    expect(check(`{${keys}}`).mistakes[0]).toContain('the file has more than 1000 items')
  })

  it('stops at too many values spread over many lists', () => {
    const list = `[${Array.from({ length: 1_000 }, () => '0').join(',')}]`
    expect(check(`[${Array.from({ length: 300 }, () => list).join(',')}]`).mistakes[0]).toContain('more than 200000 values')
  })

  it('reads a text of megabytes and does not repeat it', () => {
    const { mistakes } = check(`{"a" "${'x'.repeat(4_000_000)}"}`)
    expect(mistakes[0]?.length).toBeLessThan(300)
  })

  it('keeps the first 100 mistakes and counts the others', () => {
    const { mistakes } = check(`[${'/**/'.repeat(5_000)}]`)
    expect(mistakes).toHaveLength(101)
    expect(mistakes[100]).toMatch(/: and 4900 more mistakes in this file$/)
  })

  it('prints keys and text without control characters', () => {
    const [first] = check('{"a\\u001b[31m\\u202e": 1 2}').mistakes
    expect(first).toBe(
      'f.json:1:25: ["a\\u001b[31m\\u202e"]: expected a comma or } after the value of "a\\u001b[31m\\u202e", found 2',
    )
  })
})
