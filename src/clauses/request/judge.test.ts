import { describe, expect, it } from 'vitest'
import { judgeRequest, requestText, type RequestSeen } from './judge.ts'

const spec = { name: 'large', within_ms: 15_000, same_as_steady: true, rate_kb_per_s: { at_least: 5, at_most: 13 } }
const steady = { good: true, why: 'status 200', bodyHash: 'aa', bytes: 40_000 }
const slow: RequestSeen = {
  status: 200,
  error: null,
  good: true,
  reason: null,
  firstByteMs: 100,
  totalMs: 4_100,
  bytes: 40_000,
  bodyHash: 'aa',
  complete: true,
}

describe('judgeRequest', () => {
  it('is met by the same body at the rate within the limit', () => {
    expect(judgeRequest(spec, steady, slow)).toEqual({
      expected: 'a good answer within 15000 ms; the same body as in the steady state; 5 to 13 KB/s',
      observed: 'status 200, good, 40000 bytes after 4100 ms; the same body; 10 KB/s',
      met: true,
    })
  })

  it.each<[string, Partial<RequestSeen>, string]>([
    ['just in time', { totalMs: 4_100 + 3_900 }, 'status 200, good, 40000 bytes after 8000 ms; the same body; 5.1 KB/s'],
    ['at the least rate', { totalMs: 8_100 }, 'status 200, good, 40000 bytes after 8100 ms; the same body; 5 KB/s'],
    ['at the highest', { bytes: 39_000, totalMs: 3_100 }, 'status 200, good, 39000 bytes after 3100 ms; the same body; 13 KB/s'],
  ])('is met %s', (_what, change, observed) => {
    expect(judgeRequest(spec, steady, { ...slow, ...change })).toMatchObject({ observed, met: true })
  })

  it('is met at the very limit', () => {
    expect(judgeRequest({ name: 'large', within_ms: 15_000 }, steady, { ...slow, totalMs: 15_000 }).met).toBe(true)
  })

  it.each<[string, Partial<RequestSeen>, string]>([
    [
      'cut short',
      { complete: false, good: false, error: 'ECONNRESET', bodyHash: null, bytes: 30_000 },
      'status 200, not good: ECONNRESET, 30000 bytes after 4100 ms; another body: 30000 bytes, 40000 in the steady state; 7.5 KB/s',
    ],
    [
      'cut short without a word, though its rule is met by what came',
      { complete: false },
      'status 200, not good: cut short, 40000 bytes after 4100 ms; another body: 40000 bytes, 40000 in the steady state; 10 KB/s',
    ],
    [
      'refused by its rule',
      { good: false },
      'status 200, not good: refused by its rule, 40000 bytes after 4100 ms; the same body; 10 KB/s',
    ],
    [
      'altered',
      { bodyHash: 'bb' },
      'status 200, good, 40000 bytes after 4100 ms; another body: 40000 bytes, 40000 in the steady state; 10 KB/s',
    ],
    [
      'of unknown content',
      { bodyHash: null },
      'status 200, good, 40000 bytes after 4100 ms; another body: 40000 bytes, 40000 in the steady state; 10 KB/s',
    ],
    ['too fast', { totalMs: 200 }, 'status 200, good, 40000 bytes after 200 ms; the same body; 400 KB/s'],
    ['a little too slow', { totalMs: 8_101 }, 'status 200, good, 40000 bytes after 8101 ms; the same body; 5 KB/s'],
    ['a little too fast', { totalMs: 3_176 }, 'status 200, good, 40000 bytes after 3176 ms; the same body; 13 KB/s'],
    [
      'not good',
      { status: 503, good: false, reason: 'status 503', error: 'x' },
      'status 503, not good: status 503, 40000 bytes after 4100 ms; the same body; 10 KB/s',
    ],
    [
      'without any answer',
      { status: null, good: false, error: 'deadline', firstByteMs: null, bytes: 0, bodyHash: null, complete: false },
      'no answer, not good: deadline, 0 bytes after 4100 ms; another body: 0 bytes, 40000 in the steady state; no rate: 0 bytes in one piece',
    ],
    [
      'in one piece, without a rate',
      { totalMs: 100 },
      'status 200, good, 40000 bytes after 100 ms; the same body; no rate: 40000 bytes in one piece',
    ],
  ])('is missed when it is %s', (_what, change, observed) => {
    expect(judgeRequest(spec, steady, { ...slow, ...change })).toMatchObject({ observed, met: false })
  })

  it('is missed a moment too late', () => {
    const late = judgeRequest({ name: 'large', within_ms: 15_000 }, steady, { ...slow, totalMs: 15_001 })
    expect(late).toEqual({
      ...{ expected: 'a good answer within 15000 ms', observed: 'status 200, good, 40000 bytes after 15001 ms', met: false },
    })
  })

  it.each<[string, Partial<RequestSeen>, boolean | null]>([
    ['came in one piece', { firstByteMs: 4_100 }, false],
    ['is empty', { bytes: 0 }, null],
    ['is empty, and came in no time', { bytes: 0, firstByteMs: 4_100 }, null],
    ['has no first byte', { firstByteMs: null }, null],
  ])('has no rate to judge when the body %s', (_what, change, met) => {
    const rate = { name: 'large', within_ms: 15_000, rate_kb_per_s: { at_least: 5, at_most: 13 } }
    expect(judgeRequest(rate, steady, { ...slow, ...change }).met).toBe(met)
  })

  it('decides nothing without a good steady answer', () => {
    const { expected } = judgeRequest(spec, steady, slow)
    const observed = (why: string): string => `no good answer in the steady state to compare with (${why})`
    expect(judgeRequest(spec, { ...steady, good: false, why: 'status 500' }, slow)).toEqual({
      ...{ expected, observed: observed('status 500'), met: null },
    })
  })

  it('asserts only what the clause names', () => {
    const plain = { name: 'large', within_ms: 5_000 }
    expect(judgeRequest(plain, steady, { ...slow, bodyHash: 'bb' })).toEqual({
      ...{ expected: 'a good answer within 5000 ms', observed: 'status 200, good, 40000 bytes after 4100 ms', met: true },
    })
    expect(judgeRequest({ ...plain, same_as_steady: false }, steady, { ...slow, bodyHash: 'bb' }).met).toBe(true)
    expect(requestText(plain)).toBe('request large: a good answer within 5000 ms')
    expect(requestText(spec)).toBe(
      'request large: a good answer within 15000 ms; the same body as in the steady state; 5 to 13 KB/s',
    )
  })

  describe('that asks for a status instead', () => {
    const full = { name: 'store', within_ms: 5_000, status: [507, 503] }
    const refused: RequestSeen = { ...slow, status: 507, good: false, reason: 'status 507', bytes: 64, totalMs: 12 }

    it('is met by one of them, whatever the body', () => {
      expect(judgeRequest(full, steady, refused)).toEqual({
        expected: 'an answer with status 507 or 503 within 5000 ms',
        observed: 'status 507, 64 bytes after 12 ms',
        met: true,
      })
      expect(requestText(full)).toBe('request store: an answer with status 507 or 503 within 5000 ms')
    })

    it.each<[string, Partial<RequestSeen>, string]>([
      ['a good answer', { status: 200, good: true, reason: null }, 'status 200, 64 bytes after 12 ms'],
      ['another error', { status: 500 }, 'status 500, 64 bytes after 12 ms'],
      [
        'the status on an answer that was cut',
        { complete: false, error: 'ECONNRESET' },
        'status 507, not whole: ECONNRESET, 64 bytes after 12 ms',
      ],
      ['one that was cut without a word', { complete: false }, 'status 507, not whole: cut short, 64 bytes after 12 ms'],
      ['the status too late', { totalMs: 5_001 }, 'status 507, 64 bytes after 5001 ms'],
      [
        'no answer',
        { status: null, complete: false, error: 'deadline', bytes: 0 },
        'no answer, not whole: deadline, 0 bytes after 12 ms',
      ],
    ])('is missed by %s', (_what, change, observed) => {
      expect(judgeRequest(full, steady, { ...refused, ...change })).toMatchObject({ observed, met: false })
    })

    it('is met at the very limit', () => {
      expect(judgeRequest(full, steady, { ...refused, totalMs: 5_000 }).met).toBe(true)
    })

    it('decides nothing where the request was not good before the fault: the status may be no news', () => {
      expect(judgeRequest(full, { ...steady, good: false, why: 'status 507' }, refused).met).toBeNull()
    })
  })
})
