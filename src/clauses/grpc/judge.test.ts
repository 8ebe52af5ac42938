import { describe, expect, it } from 'vitest'
import { grpcText, judgeGrpc, type GrpcSeen } from './judge.ts'
import { grpcSpec } from './spec.ts'

const WELL = grpcSpec.parse({ name: 'pay', within_ms: 500, share: 0.95 })
const REFUSED = grpcSpec.parse({ name: 'pay', within_ms: 500, code: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'], share: 0.95 })

const ok: GrpcSeen = { status: null, code: 'OK', good: true, reason: null }
const unwell: GrpcSeen = { status: null, code: 'OK', good: false, reason: "the body misses status == 'SERVING'" }
const unavailable: GrpcSeen = { status: null, code: 'UNAVAILABLE', good: false, reason: 'code UNAVAILABLE' }
const late: GrpcSeen = { status: null, good: false, reason: 'deadline' }

function times(count: number, seen: GrpcSeen): GrpcSeen[] {
  return Array.from({ length: count }, () => seen)
}

it('is told by what it asks for', () => {
  expect(grpcText(WELL)).toBe('grpc pay: ≥ 95 % answered well within 500 ms')
  expect(grpcText(REFUSED)).toBe('grpc pay: ≥ 95 % answered UNAVAILABLE or RESOURCE_EXHAUSTED within 500 ms')
})

describe('the share of the right answers', () => {
  it('is met at its limit, and told by code', () => {
    expect(judgeGrpc(WELL, null, [...times(1, late), ...times(19, ok)])).toEqual({
      expected: '≥ 95 % answered well within 500 ms',
      observed: '95 % of 20 (19 × OK, 1 × deadline)',
      met: true,
    })
    expect(judgeGrpc(WELL, null, [...times(2, late), ...times(18, ok)])).toMatchObject({ met: false })
  })

  it('counts codes where it names some, and good answers where it names none', () => {
    expect(judgeGrpc(REFUSED, null, times(20, unavailable))).toMatchObject({
      observed: '100 % of 20 (20 × UNAVAILABLE)',
      met: true,
    })
    expect(judgeGrpc(REFUSED, null, times(20, ok))).toMatchObject({ observed: '0 % of 20 (20 × OK)', met: false })
    expect(judgeGrpc(WELL, null, times(20, unavailable))).toMatchObject({ met: false })
    expect(judgeGrpc(WELL, null, [...times(10, unwell), ...times(10, ok)])).toMatchObject({
      observed: "50 % of 20 (10 × OK, but the body misses status == 'SERVING', 10 × OK)",
      met: false,
    })
  })

  it('has none without an answer in time, whatever codes are asked for', () => {
    expect(judgeGrpc(REFUSED, null, times(20, late))).toMatchObject({ observed: '0 % of 20 (20 × deadline)', met: false })
  })

  it('is undecided with fewer than twenty', () => {
    expect(judgeGrpc(WELL, null, times(19, ok))).toMatchObject({
      observed: '100 % of 19 (19 × OK), 20 are needed to judge',
      met: null,
    })
    expect(judgeGrpc(WELL, null, [])).toMatchObject({ observed: 'unknown of 0 (none), 20 are needed to judge', met: null })
  })

  it('is undecided where the steady state had no answer', () => {
    expect(judgeGrpc(WELL, 'reflection: the server offers none', times(30, late))).toMatchObject({
      observed: 'no answer in the steady state either (reflection: the server offers none)',
      met: null,
    })
  })
})
