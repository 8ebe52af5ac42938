import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { answerProblem } from './answer.ts'
import { FirstAnswers } from './first-answers.ts'
import { httpRequestSpec } from './spec.ts'
import { turnOf } from './turn.ts'

type Good = z.input<typeof httpRequestSpec>['good']

const JSON_TYPE = 'application/json'
const EVENTS = 'text/event-stream; charset=utf-8'

/** Judges answers one after the other, as of one request. */
function judge(
  good: Partial<Good>,
  type = JSON_TYPE,
): (body: string, turn?: number, status?: number, baseUrl?: string) => string | null {
  const vary = { WHO: ['bee', 'wasp'] }
  const spec = httpRequestSpec.parse({ method: 'GET', path: '/', vary, good: { status: [200], ...good } })
  const first = new FirstAnswers()
  return (body, n = 0, status = 200, baseUrl = 'http://one') => {
    const answer = { status, contentType: type, body }
    const problem = answerProblem(spec, answer, { turn: turnOf(spec, n, `nonce-${n}`), first, baseUrl })
    const isCompared = / is not what the same| in place of what was sent/.test(problem?.reason ?? '')
    expect(problem?.isWrong ?? false).toBe(isCompared)
    return problem?.reason ?? null
  }
}

describe('a text', () => {
  it.each<[string, Partial<Good>, string, string | null]>([
    ['has what it must', { body_contains: 'bee' }, 'a bee.', null],
    ['lacks it', { body_contains: 'bee' }, 'a wasp', 'the body has no "bee"'],
    ['matches', { body_regex: '^a.*(bee|wasp)\\.$' }, 'a\nbee.', null],
    ['does not match', { body_regex: '^bee' }, 'a bee', 'the body does not match ^bee'],
    ['is any', {}, '', null],
    ['is no JSON for a rule of JSON', { body_matches: 'a' }, 'a', 'the body is not JSON'],
    ['is no JSON with an echo', { echoes: { id: 'x' } }, 'a', 'the body is not JSON'],
    ['is JSON that misses', { body_matches: 'a' }, '{"a":false}', 'the body misses a'],
    [
      'has no text whose length could be asked',
      { body_matches: 'length(text) > `0`' },
      '{}',
      'the body misses length(text) > `0`',
    ],
    ['has none to join', { same: "join('', list)" }, '{"list":[1]}', null],
  ])('that %s', (_what, good, body, problem) => {
    expect(judge(good)(body)).toBe(problem)
  })

  it('of another status says nothing', () => {
    expect(judge({ body_contains: 'bee' })('bee', 0, 503)).toBe('status 503')
  })
})

describe('what was sent and must come back', () => {
  it.each([
    ['{"id":"nonce-7","n":7}', null],
    ['{"id":"nonce-8","n":7}', 'id is "nonce-8" in place of what was sent, "nonce-7"'],
    ['{"n":7}', 'id is "null" in place of what was sent, "nonce-7"'],
    ['{"id":"nonce-7","n":70}', 'n is "70" in place of what was sent, "7"'],
  ])('%s', (body, problem) => {
    expect(judge({ echoes: { id: '${nonce}', n: '${n}' } })(body, 7)).toBe(problem)
  })
})

describe('what must be the same', () => {
  it('is what the same was answered at first, and what stands beside it is not', () => {
    const good = judge({ same: 'text' })
    expect(good('{"text":"a long text","id":1}', 0)).toBeNull()
    expect(good('{"text":"another text","id":1}', 1)).toBeNull()
    expect(good('{"text":"a long text","id":2}', 2)).toBeNull()
    expect(good('{"text":"a long","id":1}', 4)).toBe(
      'text is not what the same request was answered at first: 6 characters in place of 11, another one from character 7 on',
    )
    expect(good('{"text":"a wrong text","id":1}', 0)).toContain('another one from character 3 on')
    expect(good('{"id":1}', 1)).toContain('4 characters in place of 12, another one from character 1 on')
  })

  it('is taken from a good answer only, and for each entry by itself', () => {
    const good = judge({ same: 'text', body_matches: 'ok' })
    expect(good('{"text":"wrong","ok":false}')).toBe('the body misses ok')
    expect(good('{"text":"right","ok":true}')).toBeNull()
    expect(good('{"text":"right","ok":true}')).toBeNull()
    expect(good('{"text":"other","ok":true}', 0, 200, 'http://two')).toBeNull()
    expect(good('{"text":"right","ok":true}', 0, 200, 'http://two')).toContain('is not what')
  })

  it('may be all of a text, and a long one is told by its length', () => {
    const good = judge({ same: '@' })
    const long = 'x'.repeat(70_000)
    expect(good('plain')).toBeNull()
    expect(good('plaid')).toContain('@ is not what the same request was answered at first: 5 characters in place of 5')
    expect(good(long, 1)).toBeNull()
    expect(good(long, 1)).toBeNull()
    expect(good(`${long}y`, 1)).toBe('@ is not what the same request was answered at first: 70001 characters in place of 70000')
    expect(good('x', 1)).toBe('@ is not what the same request was answered at first: 1 characters in place of 70000')
  })
})

describe('a stream of events', () => {
  const whole = 'data: {"t":"a"}\n\ndata: {"t":"b"}\n\ndata: [DONE]\n\n'

  it.each<[string, Partial<Good>, string, string | null]>([
    ['is whole', { sse: { end: '[DONE]' } }, whole, null],
    ['has other line ends', { sse: { end: '[DONE]' } }, whole.replaceAll('\n', '\r\n'), null],
    ['is judged as JSON', { sse: { end: '[DONE]' }, body_matches: "join('', events[].t) == 'ab'" }, whole, null],
    ['misses', { sse: { end: '[DONE]' }, body_matches: "events[0].t == 'b'" }, whole, "the body misses events[0].t == 'b'"],
    ['was cut before its end', { sse: { end: '[DONE]' } }, whole.slice(0, 40), 'the stream ended without [DONE]'],
    ['was cut in its end', { sse: { end: '[DONE]' } }, whole.slice(0, -1), 'the stream ended without [DONE]'],
    ['has its end too early', { sse: { end: '[DONE]' } }, `${whole}data: more\n\n`, 'the stream ended without [DONE]'],
    ['needs no end', { sse: {} }, 'data: a\n\n', null],
    ['is empty', { sse: {} }, ': nothing\n\n', 'the stream ended without an event'],
    [
      'tells an error by name',
      { sse: {} },
      'event: error\ndata: out of memory\n\n',
      'the stream tells an error: "out of memory"',
    ],
    ['tells one as JSON', { sse: {} }, 'data: {"error":{"code":1}}\n\n', 'the stream tells an error: "{\\"code\\":1}"'],
    ['says that there is none', { sse: {} }, 'data: {"error":null}\n\n', null],
  ])('that %s', (_what, good, body, problem) => {
    expect(judge(good, EVENTS)(body)).toBe(problem)
  })

  it('is one by its type', () => {
    expect(judge({ sse: {} }, JSON_TYPE)('data: a\n\n')).toBe('content-type "application/json" and no stream of events')
    expect(judge({ sse: {} }, 'text/event-stream')('data: a\n\n')).toBeNull()
    expect(judge({ sse: {} }, 'text/event-streams')('data: a\n\n')).toContain('no stream')
  })

  it('is compared as a whole or in part', () => {
    const good = judge({ sse: { end: '[DONE]' }, same: "join('', events[?type(@) == 'object'].t)" }, EVENTS)
    expect(good(whole)).toBeNull()
    expect(good('data: {"t":"ab"}\n\ndata: [DONE]\n\n')).toBeNull()
    expect(good('data: {"t":"b"}\n\ndata: [DONE]\n\n')).toContain('1 characters in place of 2')
  })
})

it('bounds what it tells', () => {
  const problem = judge({ sse: {} }, EVENTS)(`event: error\ndata: ${'x'.repeat(500)}\n\n`)
  expect(problem).toBe(`the stream tells an error: "${'x'.repeat(80)}…"`)
})

it('keeps so many first answers, and compares no others', () => {
  const first = new FirstAnswers()
  for (let index = 0; index < 1_000; index += 1) expect(first.differs(String(index), 'a')).toBeNull()
  expect(first.differs('999', 'b')).not.toBeNull()
  expect([first.differs('1000', 'a'), first.differs('1000', 'b')]).toEqual([null, null])
})
