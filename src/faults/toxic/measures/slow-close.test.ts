import { describe, expect, it } from 'vitest'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import { measured, toxicOn } from './link.fixture.ts'
import { failed, ok, times } from './samples.fixture.ts'
import { judgeSlowClose, measureSlowClose } from './slow-close.ts'

const spec = { delayMs: 1_000, timeoutMs: 2_000, share: 1 }
const before = times(12, () => ok(3))

/** Answered at once, and closed after so long. */
function closing(closeMs: number | null, count = 8): HttpProbeSample[] {
  return times(count, () => ok(3, closeMs))
}

describe('judgeSlowClose', () => {
  it('confirms a close that comes later by the delay', () => {
    expect(judgeSlowClose(spec, before, closing(1_003))).toEqual({
      headline: 'closing took +1002 ms on 8 of 8 connections',
      measures: {
        ...{ baselineCloseMedianMs: 1, addedCloseMedianMs: 1_002, expectedAddedMs: 1_000, samplesCount: 8, hitCount: 8 },
      },
      reasons: [],
    })
  })

  it.each<[string, Partial<typeof spec>, readonly HttpProbeSample[], readonly HttpProbeSample[]]>([
    ['one that is later than the probe waits', {}, before, closing(null)],
    ['seven tenths of the delay', {}, before, closing(701)],
    ['one where it took a while before already', {}, closing(300, 12), closing(1_300)],
    ['four answers of five', { share: 0.5 }, before, [...closing(1_001, 4), ...closing(1, 4), ...times(2, () => failed('eof'))]],
  ])('confirms %s', (_what, change, baseline, during) => {
    expect(judgeSlowClose({ ...spec, ...change }, baseline, during).reasons).toEqual([])
  })

  it.each<[string, Partial<typeof spec>, readonly HttpProbeSample[], readonly HttpProbeSample[], string[]]>([
    ['a close as fast as before', {}, before, before, ['0 of 12 connections were hit, expected all']],
    ['a little less than seven tenths', {}, before, closing(700), ['0 of 8 connections were hit, expected all']],
    [
      'one that was slow before',
      {},
      closing(301, 12),
      closing(1_301),
      ['connections took +301 ms to close before the fault already'],
    ],
    [
      'one that did not come before',
      {},
      closing(null, 12),
      closing(null),
      ['connections took +2000 ms to close before the fault already', '0 of 8 connections were hit, expected all'],
    ],
    [
      'no answers',
      {},
      before,
      times(8, () => failed('timeout')),
      ['only 0 of 8 probes were answered', 'no connection was tried'],
    ],
    [
      'a link that was dead before',
      {},
      times(12, () => failed('timeout')),
      closing(1_003),
      ['before the fault only 0 of 12 probes were answered', '0 of 8 connections were hit, expected all'],
    ],
    [
      'the way up',
      { share: 0 },
      before,
      before,
      ["slow_close on the way up cannot be seen by a client; use 'downstream' or 'both'"],
    ],
    [
      'answers of half of the connections',
      {},
      before,
      [...closing(1_003, 5), ...times(5, () => failed('timeout'))],
      ['only 5 of 10 probes were answered'],
    ],
    [
      'a half of them, where all are to be hit',
      {},
      before,
      [...closing(1_003, 4), ...closing(1, 4)],
      ['4 of 8 connections were hit, expected all'],
    ],
  ])('does not confirm %s', (_what, change, baseline, during, reasons) => {
    expect(judgeSlowClose({ ...spec, ...change }, baseline, during).reasons).toEqual(reasons)
  })

  it('tells how long those took that were hit, and how long all did where none was', () => {
    const half = [...closing(1_003, 4), ...closing(1, 4)]
    expect(judgeSlowClose(spec, before, half).headline).toBe('closing took +1002 ms on 4 of 8 connections')
    expect(judgeSlowClose(spec, before, closing(21)).headline).toBe('closing took +20 ms on 0 of 8 connections')
  })
})

describe('measureSlowClose', () => {
  const links = { before: { answer: () => ok(3) }, during: { answer: () => ok(3, 1_001) } }
  const delay = { toxic: 'slow_close', attributes: { delay: 1_000 } } as const

  it('waits a second longer than the delay', async () => {
    const { judgement, before: asked, during } = await measured(measureSlowClose, toxicOn(delay), links)
    expect([judgement.headline, judgement.reasons]).toEqual(['closing took +1000 ms on 8 of 8 connections', []])
    expect(asked.bursts).toMatchObject([{ count: 12, timeoutMs: 2_000 }])
    expect(during.bursts).toMatchObject([{ count: 8, intervalMs: 20, timeoutMs: 2_000 }])
  })

  it('takes what has not closed by then for closed then', async () => {
    const { judgement } = await measured(measureSlowClose, toxicOn(delay), { ...links, during: { answer: () => ok(3, null) } })
    expect([judgement.headline, judgement.reasons]).toEqual(['closing took +1999 ms on 8 of 8 connections', []])
  })

  it('asks more often where the toxic hits some of them', async () => {
    const some = { answer: (place: number) => ok(3, place % 2 === 0 ? 1_001 : 1) }
    const both = toxicOn({ ...delay, toxicity: 0.5, streams: ['upstream', 'downstream'] })
    const { judgement, during } = await measured(measureSlowClose, both, { ...links, during: some })
    expect([judgement.headline, judgement.reasons]).toEqual(['closing took +1000 ms on 10 of 20 connections', []])
    expect(during.bursts).toMatchObject([{ count: 20 }])
  })

  it('says that it cannot be seen on the way up', async () => {
    const { judgement } = await measured(measureSlowClose, toxicOn({ ...delay, streams: ['upstream'] }), links)
    expect(judgement.reasons).toEqual(["slow_close on the way up cannot be seen by a client; use 'downstream' or 'both'"])
  })
})
