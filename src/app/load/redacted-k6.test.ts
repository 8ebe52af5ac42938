import { expect, test } from 'vitest'
import type { K6End, K6Port, K6Request, K6Run } from '../../ports/k6.ts'
import { Redaction } from '../../redaction/redaction.ts'
import { redactedK6 } from './redacted-k6.ts'

function k6That(ended: Promise<K6End>): K6Port {
  const run: K6Run = {
    samples: { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) },
    ended,
    stop: () => undefined,
    cpuUs: () => Promise.resolve(7),
  }
  return { kind: 'host', entryUrl: '', start: () => Promise.resolve(run) } as unknown as K6Port
}

const END: K6End = {
  exitCode: 0,
  stopped: false,
  summary: { checks: ['uses secret-a', 1] },
  log: 'first secret-a\nsecond',
  files: [{ name: 'a.txt', text: 'secret-a' }],
}
const REQUEST = {} as unknown as K6Request
const { signal } = new AbortController()

test('its log and its summary hold no secret, and the rest is as it was', async () => {
  const run = await redactedK6(k6That(Promise.resolve(END)), new Redaction(['secret-a'])).start(REQUEST, signal)
  expect(await run.ended).toEqual({
    ...{ exitCode: 0, stopped: false, summary: { checks: ['uses ***', 1] }, log: 'first ***\nsecond' },
    files: [{ name: 'a.txt', text: '***' }],
  })
  expect(await run.cpuUs(signal)).toBe(7)
})

test('of a log that is cut off only whole lines are kept', async () => {
  const cut = (log: string): Promise<K6End> => Promise.resolve({ ...END, log })
  const logOf = async (log: string): Promise<string> =>
    (await (await redactedK6(k6That(cut(log)), new Redaction(['secret-a'])).start(REQUEST, signal)).ended).log
  expect(await logOf('…cret-a went\nsecond\n')).toBe('second\n')
  expect(await logOf('…cret-a')).toBe('')
})

test('an end that fails is heard of by those who wait for it alone', async () => {
  const run = await redactedK6(k6That(Promise.reject(new Error('no summary'))), new Redaction()).start(REQUEST, signal)
  await expect(run.ended).rejects.toThrow('no summary')
})
