import { expect, it } from 'vitest'
import type * as z from 'zod'
import { httpRequestSpec, type HttpRequestSpec } from './spec.ts'
import { filled, plainRequest, turnOf } from './turn.ts'

function spec(changes: Partial<z.input<typeof httpRequestSpec>> = {}): HttpRequestSpec {
  return httpRequestSpec.parse({
    ...{ method: 'POST', path: '/of/${WHO}?n=${n}', good: { status: [200] } },
    headers: { authorization: 'Bearer ${TOKEN}', 'x-id': '${nonce}', 'x-of': '${WHO}' },
    body: { prompt: 'a ${WHO}, ${MORE}', list: ['${n}', 7, null, true], '${WHO}': '${OTHER}' },
    vary: { WHO: ['bee & co', 'wasp'], MORE: ['one', 'two'] },
    ...changes,
  })
}

it('has each value in its turn, its number, and an id of its own', () => {
  const [first, second, third] = [0, 1, 2].map((n) => turnOf(spec(), n))
  expect(first?.values).toMatchObject({ WHO: 'bee & co', MORE: 'one', n: '0' })
  expect(second?.values).toMatchObject({ WHO: 'wasp', MORE: 'two', n: '1' })
  expect([first?.key === third?.key, first?.key === second?.key]).toEqual([true, false])
  expect(new Set([first, second, third].map((turn) => turn?.values['nonce'])).size).toBe(3)
  expect(first?.values['nonce']).toMatch(/^[0-9a-f-]{36}$/)
})

it('stands in the path, the headers and the texts of the body, and what nobody knows stays there', () => {
  expect(filled(spec(), turnOf(spec(), 2, 'id-2'), { TOKEN: 't' })).toEqual({
    path: '/of/bee%20%26%20co?n=2',
    headers: { authorization: 'Bearer t', 'x-id': 'id-2', 'x-of': 'bee & co' },
    body: '{"prompt":"a bee & co, one","list":["2",7,null,true],"${WHO}":"${OTHER}"}',
  })
  expect(filled(spec({ body: null }), turnOf(spec(), 0), { TOKEN: 't' }).body).toBeNull()
  expect(() => filled(spec(), turnOf(spec(), 0), {})).toThrow('${TOKEN}')
})

it('is sent by others as in its first turn, without the headers that one sending has alone', () => {
  expect(plainRequest(spec())).toEqual({
    method: 'POST',
    path: '/of/bee%20%26%20co?n=0',
    headers: { authorization: 'Bearer ${TOKEN}', 'x-of': 'bee & co' },
    body: { prompt: 'a bee & co, one', list: ['0', 7, null, true], '${WHO}': '${OTHER}' },
  })
})

it.each([
  [{ vary: { n: ['a'] } }, /n and nonce have their meaning already/],
  [{ vary: { 'A-B': ['a'] } }, /is not a name/],
  [{ vary: { A: [] } }, /./],
  [{ vary: { A: ['a'], B: ['a', 'b'] } }, /take turns together: give them the same length/],
  [{ good: { status: [200], body_regex: '(' } }, /is no regular expression: .*\(/],
  [{ good: { status: [200], body_regex: '' } }, /is empty/],
  [{ good: { status: [200], body_regex: 'a'.repeat(501) } }, /longer than 500/],
  [{ good: { status: [200], same: '[' } }, /./],
  [{ good: { status: [200], echoes: { '[': 'a' } } }, /./],
  [{ good: { status: [200], sse: { ends: 'a' } } }, /ends/],
])('refuses %j', (changes, why) => {
  const parsed = httpRequestSpec.safeParse({ method: 'GET', path: '/', good: { status: [200] }, ...changes })
  expect(parsed.success).toBe(false)
  expect(JSON.stringify(parsed.error?.issues)).toMatch(why)
})
