import { describe, expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { answerProblem, jobOf } from './answer.ts'
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
    // A stream that tells its end has said that it is whole.
    const isUntrue = (good.sse?.end ?? null) !== null && problem?.reason.startsWith('the body misses') === true
    expect(problem?.isWrong ?? false).toBe(isCompared || isUntrue)
    return problem?.reason ?? null
  }
}

describe('a text', () => {
  it.each<[string, Partial<Good>, string, string | null]>([
    ['has what it must', { body_contains: 'bee' }, 'a bee.', null],
    ['lacks it', { body_contains: 'bee' }, 'a wasp', 'the body has no "bee"'],
    ['matches', { body_regex: '^a.*(bee|wasp)\\.$' }, 'a\nbee.', null],
    ['does not match', { body_regex: '^bee' }, 'a bee', 'the body does not match ^bee'],
    [
      'would be matched for years',
      { body_regex: '^(?:e+)+$' },
      `b${'e'.repeat(100)}!`.slice(1),
      'the body could not be matched within 100 ms: let nothing that repeats hold a repetition in ^(?:e+)+$',
    ],
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

it('what a function does not take is not what was sent', () => {
  const good = judge({ echoes: { "join('', list)": '${nonce}' } })
  expect(good('{"list":["nonce","-7"]}', 7)).toBeNull()
  expect(good('{"list":[1]}', 7)).toBe('join(\'\', list) is "null" in place of what was sent, "nonce-7"')
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
    const other = judge({ same: '@' })
    expect([other('x'), other(long)]).toEqual([
      null,
      '@ is not what the same request was answered at first: 70000 characters in place of 1',
    ])
  })

  it.each([
    [65_536, '65536 characters in place of 65536, another one from character 65536 on'],
    [65_537, '65537 characters in place of 65537'],
  ])('of %d characters is told as: %s', (length, told) => {
    const good = judge({ same: '@' })
    const start = 'x'.repeat(length - 1)
    expect(good(`${start}a`)).toBeNull()
    expect(good(`${start}b`)).toBe(`@ is not what the same request was answered at first: ${told}`)
  })

  it.each([
    ['a longer text', 'bee', 'bees', '4 characters in place of 3, another one from character 4 on'],
    ['a list', ['a', 'b'], ['a', 'c'], '9 characters in place of 9, another one from character 7 on'],
    ['a number', 17, 18, '2 characters in place of 2, another one from character 2 on'],
    ['nothing', ['a'], null, '4 characters in place of 5, another one from character 1 on'],
  ])('may be of any kind: %s', (_what, before, now, told) => {
    const good = judge({ same: 'part' })
    expect(good(JSON.stringify({ part: before }))).toBeNull()
    expect(good(JSON.stringify({ part: now }))).toBe(`part is not what the same request was answered at first: ${told}`)
  })

  it('is kept of no answer of which nothing must', () => {
    const kept = vi.spyOn(FirstAnswers.prototype, 'differs')
    try {
      expect(judge({})('{"text":"a"}')).toBeNull()
      expect(kept).not.toHaveBeenCalled()
    } finally {
      kept.mockRestore()
    }
  })
})

describe('a stream of events', () => {
  const whole = 'data: {"t":"a"}\n\ndata: {"t":"b"}\n\ndata: [DONE]\n\n'

  it.each<[string, Partial<Good>, string, string | null]>([
    ['is whole', { sse: { end: '[DONE]' } }, whole, null],
    ['has other line ends', { sse: { end: '[DONE]' } }, whole.replaceAll('\n', '\r\n'), null],
    ['is judged as JSON', { sse: { end: '[DONE]' }, body_matches: "join('', events[].t) == 'ab'" }, whole, null],
    ['misses', { sse: { end: '[DONE]' }, body_matches: "events[0].t == 'b'" }, whole, "the body misses events[0].t == 'b'"],
    ['misses, and has no end to tell', { sse: {}, body_matches: 'events[5]' }, whole, 'the body misses events[5]'],
    [
      'misses what comes after its cut',
      { sse: { end: '[DONE]' }, body_matches: 'events[5]' },
      whole.slice(0, 40),
      'the stream ended without [DONE]',
    ],
    ['was cut before its end', { sse: { end: '[DONE]' } }, whole.slice(0, 40), 'the stream ended without [DONE]'],
    ['was cut in its end', { sse: { end: '[DONE]' } }, whole.slice(0, -1), 'the stream ended without [DONE]'],
    ['has its end too early', { sse: { end: '[DONE]' } }, `${whole}data: more\n\n`, 'the stream ended without [DONE]'],
    ['needs no end', { sse: {} }, 'data: a\n\n', null],
    ['is empty', { sse: {} }, ': nothing\n\n', 'the stream ended without an event'],
    ['is empty and has an end', { sse: { end: '[DONE]' } }, ': nothing\n\n', 'the stream ended without [DONE]'],
    [
      'tells an error by name',
      { sse: {} },
      'event: error\ndata: out of memory\n\n',
      'the stream tells an error: "out of memory"',
    ],
    ['tells one as JSON', { sse: {} }, 'data: {"error":{"code":1}}\n\n', 'the stream tells an error: "{\\"code\\":1}"'],
    ['tells one later', { sse: {} }, 'data: {"t":"a"}\n\ndata: {"error":1}\n\n', 'the stream tells an error: "1"'],
    ['tells one after a text', { sse: {} }, 'data: a\n\ndata: {"error":1}\n\n', 'the stream tells an error: "1"'],
    ['says that there is none', { sse: {} }, 'data: {"error":null}\n\n', null],
    ['says nothing', { sse: {} }, 'data: null\n\n', null],
  ])('that %s', (_what, good, body, problem) => {
    expect(judge(good, EVENTS)(body)).toBe(problem)
  })

  it('is one by its type', () => {
    expect(judge({ sse: {} }, JSON_TYPE)('data: a\n\n')).toBe('content-type "application/json" and no stream of events')
    expect(judge({ sse: {} }, 'text/event-stream')('data: a\n\n')).toBeNull()
    expect(judge({ sse: {} }, 'text/event-streams')('data: a\n\n')).toContain('no stream')
    expect(judge({ sse: {} }, 'application/text/event-stream')('data: a\n\n')).toContain('no stream')
  })

  it('is compared as a whole or in part', () => {
    const good = judge({ sse: { end: '[DONE]' }, same: "join('', events[?type(@) == 'object'].t)" }, EVENTS)
    expect(good(whole)).toBeNull()
    expect(good('data: {"t":"ab"}\n\ndata: [DONE]\n\n')).toBeNull()
    expect(good('data: {"t":"b"}\n\ndata: [DONE]\n\n')).toContain('1 characters in place of 2')
  })
})

it.each([
  [80, 'x'.repeat(80)],
  [81, `${'x'.repeat(80)}…`],
  [500, `${'x'.repeat(80)}…`],
])('bounds what it tells of %d characters', (length, told) => {
  const problem = judge({ sse: {} }, EVENTS)(`event: error\ndata: ${'x'.repeat(length)}\n\n`)
  expect(problem).toBe(`the stream tells an error: "${told}"`)
})

describe('the id of the job of an answer', () => {
  const idOf = (job: string | null, body: string): string | null => {
    const spec = httpRequestSpec.parse({ method: 'POST', path: '/', job, good: { status: [200] } })
    return jobOf(spec, { status: 200, contentType: JSON_TYPE, body })
  }

  it.each<[string | null, string, string | null]>([
    ['job.id', '{"job":{"id":"t-7"}}', 't-7'],
    ['job.id', '{"job":{"id":7}}', '7'],
    ['job.id', '{"job":{"id":["t-7"]}}', null],
    ['job.id', '{"job":{"id":true}}', null],
    ['job.id', '{"job":{}}', null],
    ['job.id', 'no JSON', null],
    ['@', 't-7', 't-7'],
    [null, '{"job":{"id":"t-7"}}', null],
  ])('at %j of %s is %j', (job, body, id) => {
    expect(idOf(job, body)).toBe(id)
  })

  it('is looked for in no answer to a request without jobs', () => {
    const spec = httpRequestSpec.parse({ method: 'POST', path: '/', good: { status: [200] } })
    const unread = {
      ...{ status: 200, contentType: JSON_TYPE },
      get body(): string {
        throw new Error('the answer was read')
      },
    }
    expect(jobOf(spec, unread)).toBeNull()
  })
})

it('keeps so many first answers, and compares no others', () => {
  const first = new FirstAnswers()
  for (let index = 0; index < 1_000; index += 1) expect(first.differs(String(index), 'a')).toBeNull()
  expect(first.differs('999', 'b')).not.toBeNull()
  expect([first.differs('1000', 'a'), first.differs('1000', 'b')]).toEqual([null, null])
})
