import { describe, expect, it } from 'vitest'
import { measured, toxicOn } from './link.fixture.ts'
import { judgeErrors, measureDown, measureResetPeer } from './refused.ts'
import { failed, ok, times } from './samples.fixture.ts'

const before = times(12, () => ok(3))

describe('judgeErrors', () => {
  it('confirms when every new connection ends with the error', () => {
    const during = times(8, () => failed('ECONNREFUSED', false))
    expect(judgeErrors('ECONNREFUSED', 1, before, during)).toEqual({
      headline: '8 of 8 new connections ended with ECONNREFUSED',
      measures: { baselineAnsweredCount: 12, samplesCount: 8, refusedCount: 8, answeredCount: 0 },
      reasons: [],
    })
  })

  it('confirms the share of them that the toxicity gives', () => {
    const during = times(20, (index) => (index < 10 ? failed('ECONNRESET') : ok(3)))
    expect(judgeErrors('ECONNRESET', 0.5, before, during)).toEqual({
      headline: '10 of 20 new connections ended with ECONNRESET',
      measures: { baselineAnsweredCount: 12, samplesCount: 20, resetCount: 10, answeredCount: 10 },
      reasons: [],
    })
    expect(judgeErrors('ECONNRESET', 0.05, before, during).reasons).toEqual([
      '10 of 20 connections were hit, expected about 5 %: ECONNRESET expected (10 × ECONNRESET, 10 × answered)',
    ])
  })

  it.each([
    [
      'another error',
      before,
      times(8, () => failed('eof')),
      ['0 of 8 connections were hit, expected all: ECONNRESET expected (8 × eof)'],
    ],
    [
      'one answer among the errors',
      before,
      times(8, (index) => (index === 0 ? ok(3) : failed('ECONNRESET'))),
      ['7 of 8 connections were hit, expected all: ECONNRESET expected (7 × ECONNRESET, 1 × answered)'],
    ],
    [
      'a link that was dead before',
      times(12, () => failed('ECONNRESET')),
      times(8, () => failed('ECONNRESET')),
      ['before the fault only 0 of 12 probes were answered'],
    ],
  ])('does not confirm %s', (_what, baseline, during, reasons) => {
    expect(judgeErrors('ECONNRESET', 1, baseline, during).reasons).toEqual(reasons)
  })
})

const request = { target: toxicOn().access.target, path: '/health', headers: { accept: 'text/plain' } }
const baseline = { ...request, count: 12, intervalMs: 20, timeoutMs: 2_000 }
const well = { answer: () => ok(3) }

describe('measureDown', () => {
  const on = toxicOn({ toxic: 'down' })

  it('sees new connections refused', async () => {
    const refusing = { answer: () => failed('ECONNREFUSED', false) }
    const { judgement, before: asked, during } = await measured(measureDown, on, { before: well, during: refusing })
    expect([judgement.headline, judgement.reasons]).toEqual(['8 of 8 new connections ended with ECONNREFUSED', []])
    expect(asked.bursts).toEqual([baseline])
    expect(during.bursts).toEqual([{ ...request, count: 8, intervalMs: 20, timeoutMs: 1_000 }])
  })

  it('does not take a reset for it', async () => {
    const { judgement } = await measured(measureDown, on, { before: well, during: { answer: () => failed('ECONNRESET') } })
    expect(judgement.reasons).toEqual(['0 of 8 connections were hit, expected all: ECONNREFUSED expected (8 × ECONNRESET)'])
  })
})

describe('measureResetPeer', () => {
  const reset = { answer: () => failed('ECONNRESET') }

  it('sees new connections reset, and waits for as long as the toxic does', async () => {
    const on = toxicOn({ toxic: 'reset_peer', attributes: { timeout: 300 }, streams: ['upstream', 'downstream'] })
    const { judgement, before: asked, during } = await measured(measureResetPeer, on, { before: well, during: reset })
    expect([judgement.headline, judgement.reasons]).toEqual(['8 of 8 new connections ended with ECONNRESET', []])
    expect(asked.bursts).toEqual([baseline])
    expect(during.bursts).toEqual([{ ...request, count: 8, intervalMs: 20, timeoutMs: 1_600 }])
  })

  it('asks more often where the toxic hits some of them, and expects just these', async () => {
    const on = toxicOn({ toxic: 'reset_peer', toxicity: 0.5, streams: ['upstream', 'downstream'] })
    const some = { answer: (place: number) => (place % 4 === 0 ? ok(3) : failed('ECONNRESET')) }
    const { judgement, during } = await measured(measureResetPeer, on, { before: well, during: some })
    expect([judgement.headline, judgement.reasons]).toEqual(['15 of 20 new connections ended with ECONNRESET', []])
    expect(during.bursts).toMatchObject([{ count: 20, timeoutMs: 1_000 }])
  })
})
