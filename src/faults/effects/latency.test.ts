import { describe, expect, it } from 'vitest'
import { judgeLatency } from './latency.ts'
import { failed, ok, times } from './test-samples.ts'

const spec = { latencyMs: 500, jitterMs: 100, streams: 1, toxicity: 1 }
const before = times(12, (index) => ok(3 + (index % 3)))

describe('judgeLatency', () => {
  it('confirms a median that grew by about the latency', () => {
    const judged = judgeLatency(
      spec,
      before,
      times(12, (index) => ok(420 + 15 * index)),
    )
    expect(judged.reasons).toEqual([])
    expect(judged.measures).toMatchObject({ baselineMedianMs: 4, expectedAddedMs: 500, samplesCount: 12 })
    expect(judged.headline).toBe('+491 ms median')
  })

  it('wants it once per stream', () => {
    const during = times(12, () => ok(504))
    expect(judgeLatency({ ...spec, streams: 2 }, before, during).reasons).toEqual([
      'the median grew by +500 ms, expected at least +700 ms',
    ])
    expect(
      judgeLatency(
        { ...spec, streams: 2 },
        before,
        times(12, () => ok(1_004)),
      ).reasons,
    ).toEqual([])
  })

  it('does not confirm when nothing changed', () => {
    expect(judgeLatency(spec, before, before).reasons).toContain('the median grew by +0 ms, expected at least +350 ms')
  })

  it('does not confirm a latency that drowns in the noise of the link', () => {
    const noisy = times(12, (index) => ok(10 * index))
    const reasons = judgeLatency(
      { ...spec, latencyMs: 2, jitterMs: 0 },
      noisy,
      times(12, (index) => ok(10 * index + 2)),
    ).reasons
    expect(reasons).toEqual([expect.stringMatching(/within the noise of the link/)])
  })

  it('does not confirm without a baseline or without answers', () => {
    expect(
      judgeLatency(
        spec,
        times(12, () => failed('ECONNREFUSED', false)),
        times(12, () => ok(504)),
      ).reasons[0],
    ).toMatch(/only 0 of 12 probes/)
    expect(
      judgeLatency(
        spec,
        before,
        times(12, () => failed('timeout')),
      ).reasons,
    ).toContain('only 0 of 12 probes were answered in time to be measured')
  })

  it('tells the share of connections from the toxicity', () => {
    const half = (bitten: number): ReturnType<typeof times<ReturnType<typeof ok>>> =>
      times(40, (index) => ok(index < bitten ? 504 : 4))
    expect(judgeLatency({ ...spec, toxicity: 0.5 }, before, half(19)).reasons).toEqual([])
    expect(judgeLatency({ ...spec, toxicity: 0.5 }, before, half(40)).reasons).toEqual([
      '40 of 40 connections were hit, expected about 50 %',
    ])
    expect(judgeLatency({ ...spec, toxicity: 0.5 }, before, half(0)).reasons[0]).toBe('0 of 40 connections were hit')
    expect(judgeLatency({ ...spec, toxicity: 0.5, streams: 2 }, before, half(30)).reasons).toEqual([])
  })

  it('lets jitter as wide as the latency move the median, but not to nothing', () => {
    const wide = { ...spec, jitterMs: 500 }
    expect(
      judgeLatency(
        wide,
        before,
        times(40, (index) => ok(4 + 20 * index)),
      ).reasons,
    ).toEqual([])
    expect(
      judgeLatency(
        wide,
        before,
        times(40, () => ok(104)),
      ).reasons,
    ).toHaveLength(1)
  })
})
