import { describe, expect, it } from 'vitest'
import { judgeRequest, requestText } from './request-judgement.ts'
import type { RequestSeen } from './request-judgement.ts'

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

  it.each<[string, Partial<RequestSeen>, RegExp]>([
    [
      'cut short',
      { complete: false, good: false, error: 'ECONNRESET', bodyHash: null, bytes: 30_000 },
      /not good: ECONNRESET.*another body: 30000 bytes, 40000 in/,
    ],
    ['too late', { totalMs: 15_001 }, /after 15001 ms/],
    ['altered', { bodyHash: 'bb' }, /another body/],
    ['too fast', { totalMs: 200 }, /400 KB\/s/],
    ['not good', { status: 503, good: false, reason: 'status 503' }, /status 503, not good: status 503/],
    [
      'without any answer',
      { status: null, good: false, error: 'deadline', firstByteMs: null, bytes: 0, bodyHash: null, complete: false },
      /no answer, not good: deadline/,
    ],
    ['in one piece, without a rate', { totalMs: 100 }, /no rate/],
  ])('is missed when it is %s', (_what, change, observed) => {
    const observation = judgeRequest(spec, steady, { ...slow, ...change })
    expect(observation.met).toBe(false)
    expect(observation.observed).toMatch(observed)
  })

  it('decides nothing without a good steady answer', () => {
    expect(judgeRequest(spec, null, slow)).toMatchObject({ met: null })
    expect(judgeRequest(spec, { ...steady, good: false, why: 'status 500' }, slow)).toMatchObject({
      met: null,
      observed: expect.stringContaining('status 500') as string,
    })
  })

  it('asserts only what the clause names', () => {
    expect(judgeRequest({ name: 'large', within_ms: 5_000 }, steady, { ...slow, bodyHash: 'bb' })).toMatchObject({ met: true })
    expect(requestText({ name: 'large', within_ms: 5_000 })).toBe('request large: a good answer within 5000 ms')
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

    it.each<[string, Partial<RequestSeen>, RegExp]>([
      ['a good answer', { status: 200, good: true, reason: null }, /^status 200, 64 bytes/],
      ['another error', { status: 500 }, /^status 500/],
      ['the status on an answer that was cut', { complete: false, error: 'ECONNRESET' }, /^status 507, not whole: ECONNRESET/],
      ['the status too late', { totalMs: 5_001 }, /after 5001 ms/],
      ['no answer', { status: null, complete: false, error: 'deadline', bytes: 0 }, /^no answer, not whole: deadline/],
    ])('is missed by %s', (_what, change, observed) => {
      const judged = judgeRequest(full, steady, { ...refused, ...change })
      expect(judged.met).toBe(false)
      expect(judged.observed).toMatch(observed)
    })

    it('decides nothing where the request was not good before the fault: the status may be no news', () => {
      expect(judgeRequest(full, { ...steady, good: false, why: 'status 507' }, refused).met).toBeNull()
    })
  })
})
