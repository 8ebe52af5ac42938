import { expect, it } from 'vitest'
import { keepSeries } from './keep.ts'
import { FACTS, recordedOf, requestAt } from './samples.fixture.ts'

const series = recordedOf(Array.from({ length: 50 }, (_, second) => requestAt(second * 1_000, 20)).flat())

it('stops in the middle when it is called off, and whoever writes the file hears of it', async () => {
  const controller = new AbortController()
  let written = 0
  const artifacts = {
    async writeBytes(path: string, bytes: AsyncIterable<Uint8Array>) {
      for await (const piece of bytes) written += piece.length
      return path
    },
  }
  const kept = keepSeries(
    artifacts,
    'LT-1',
    { series, facts: FACTS },
    (passing) => {
      passing.watch(1, ({ second }) => {
        if (second === 20) controller.abort(new Error('called off'))
        expect(second).toBeLessThanOrEqual(20)
      })
      return passing.ask({ metric: 'http_reqs' })
    },
    controller.signal,
  )
  await expect(kept).rejects.toThrow('called off')
  expect(written).toBeLessThan(1_000)
})

it('gives the judgement of what went into the file', async () => {
  const artifacts = { writeBytes: () => Promise.resolve('elsewhere') }
  const { file, judge } = await keepSeries(artifacts, 'LT-1', { series, facts: FACTS }, (passing) =>
    passing.ask({ metric: 'http_reqs' }),
  )
  expect(file).toBe('elsewhere')
  // Nothing went in.
  expect(judge).toThrow(/before it had gone by/)
})
