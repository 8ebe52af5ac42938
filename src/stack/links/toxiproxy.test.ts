import { describe, expect, it } from 'vitest'
import type { Toxic } from '../../ports/toxiproxy.ts'
import { compareToxics } from './toxiproxy.ts'

const wanted: Toxic = { name: 'a', type: 'latency', stream: 'upstream', toxicity: 0.3, attributes: { latency: 500 } }

describe('compareToxics', () => {
  it('accepts defaults that were not asked for, and 32 bits of toxicity', () => {
    expect(compareToxics(wanted, { ...wanted, toxicity: Math.fround(0.3), attributes: { latency: 500, jitter: 0 } })).toEqual([])
  })

  it.each([
    [{ type: 'bandwidth' }, 'type is bandwidth, not latency'],
    [{ stream: 'downstream' }, 'stream is downstream, not upstream'],
    [{ toxicity: 1 }, /^toxicity is 1, not 0\.3/],
    [{ attributes: { latency: 0 } }, 'attribute latency is 0, not 500'],
    [{ attributes: {} }, 'attribute latency is not there, not 500'],
  ] as [Partial<Toxic>, string | RegExp][])('names the difference %j', (change, words) => {
    expect(compareToxics(wanted, { ...wanted, ...change })).toEqual([expect.stringMatching(words) as string])
  })
})
