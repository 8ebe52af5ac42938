import { expect, test } from 'vitest'
import type { Reporter } from '../ports/reporter.ts'
import { fanOut } from './fan-out.ts'
import { runResult, scenarioResult } from './results.fixture.ts'

const event = { type: 'step-started', step: 'x' } as const

function reporter(name: string, parts: Partial<Reporter>): Reporter {
  return { name, onEnd: () => Promise.resolve(), ...parts }
}

test('a reporter that throws in any hook stops no other, and is remembered', async () => {
  const seen: string[] = []
  const bad = reporter('bad', {
    onEvent() {
      throw new Error('event trouble')
    },
    onEnd() {
      throw new Error('end trouble')
    },
  })
  const good = reporter('good', {
    onEvent: () => void seen.push('event'),
    onEnd: () => Promise.resolve(void seen.push('end')),
  })
  const all = fanOut([bad, good])
  all.onEvent(event)
  all.onEvent(event)
  expect(await all.onEnd(runResult([]))).toEqual([
    { reporter: 'bad', hook: 'onEvent', error: 'event trouble', times: 2 },
    { reporter: 'bad', hook: 'onEnd', error: 'end trouble', times: 1 },
  ])
  expect(seen).toEqual(['event', 'event', 'end'])
})

test('a reporter that hangs is given up at its limit', async () => {
  const all = fanOut([reporter('stuck', { onEnd: () => Promise.withResolvers<never>().promise })], { endLimitMs: 20 })
  expect(await all.onEnd(runResult([]))).toMatchObject([
    { reporter: 'stuck', hook: 'onEnd', error: expect.stringContaining('20 ms') as string },
  ])
})

test('no reporter can change the result', async () => {
  const result = runResult([scenarioResult('failed')])
  const meddler = reporter('meddler', {
    onEnd(shared) {
      Object.assign(shared.scenarios[0] ?? {}, { verdict: 'passed' })
      return Promise.resolve()
    },
  })
  let verdict: string | undefined
  const reader = reporter('reader', { onEnd: (shared) => Promise.resolve(void (verdict = shared.scenarios[0]?.verdict)) })
  const failures = await fanOut([meddler, reader]).onEnd(result)
  expect(failures).toMatchObject([{ reporter: 'meddler' }])
  expect([verdict, result.scenarios[0]?.verdict]).toEqual(['failed', 'failed'])
})
