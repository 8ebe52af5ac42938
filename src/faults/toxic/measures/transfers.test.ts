import { describe, expect, it } from 'vitest'
import { helper } from '../../../ports/toolbox.fixture.ts'
import { faultContext } from '../../shared/context.fixture.ts'
import { toxicOn, type Transfer } from './link.fixture.ts'
import { moved } from './samples.fixture.ts'
import { transferBaseline, transferMany } from './transfers.ts'

describe('transferBaseline', () => {
  it('tells rate and sizes of a whole transfer', () => {
    expect(transferBaseline(moved(6_000, 12, { chunks: 30, medianGapMs: 0.2 }), 60)).toEqual({
      ...{ kbPerSecond: 500, bytesPerAnswer: 100, bytesPerChunk: 200, medianGapMs: 0.2, weak: null },
    })
  })

  it('takes one that came at once as if it took a millisecond', () => {
    expect(transferBaseline(moved(6_000, 0.1), 60)).toMatchObject({ kbPerSecond: 6_000, medianGapMs: 0 })
  })

  it.each([
    [
      'did not complete',
      moved(50, 800, { end: 'timeout' }),
      { kbPerSecond: 0.0625, bytesPerAnswer: Number.NaN, bytesPerChunk: 50 },
      "before the fault 60 requests on one connection ended with 'timeout' after 50 bytes",
    ],
    [
      'was refused',
      { ...moved(0, 0, { end: 'refused', chunks: 0 }), firstByteMs: null, lastByteMs: null },
      { kbPerSecond: 0, bytesPerAnswer: Number.NaN, bytesPerChunk: Number.NaN },
      "before the fault 60 requests on one connection ended with 'refused' after 0 bytes",
    ],
    [
      'completed with nothing',
      moved(0, 5),
      { kbPerSecond: 0, bytesPerAnswer: Number.NaN },
      "before the fault 60 requests on one connection ended with 'complete' after 0 bytes",
    ],
  ])('is weak when the transfer %s', (_what, result, sizes, weak) => {
    expect(transferBaseline(result, 60)).toMatchObject({ ...sizes, weak })
  })
})

it.each([
  [1, 1],
  [0.75, 20],
  [0.5, 20],
  [0.1, 20],
])('with a toxicity of %d the transfer is done on %d connections', async (toxicity, connections) => {
  const asked: Transfer[] = []
  const observer = helper('observer', { 'probe.transfer': (args) => (asked.push(args), moved(asked.length, 1)) })
  const args = { repeat: 5, limitMs: 100, padding: 0 }
  const results = await transferMany(toxicOn({ toxicity }), faultContext(6_000, { observer }).ctx, args)
  expect([results.length, asked.length]).toEqual([connections, connections])
  expect(asked[0]).toMatchObject({ repeat: 5, limitMs: 100 })
})
