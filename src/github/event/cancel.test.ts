import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { watchCancel } from './cancel.ts'

test('the first signal aborts and decides the exit code; later ones change nothing', () => {
  const source = new EventEmitter()
  const cancel = watchCancel(60_000, source)
  expect([cancel.signal.aborted, cancel.exitCode()]).toEqual([false, null])
  source.emit('SIGINT')
  source.emit('SIGTERM')
  expect([cancel.signal.aborted, cancel.exitCode()]).toEqual([true, 130])
  expect(String(cancel.signal.reason)).toContain('the job was cancelled (SIGINT)')
  cancel.stop()
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0)
})

test('the time limit aborts, and is no signal', async () => {
  const cancel = watchCancel(5, new EventEmitter())
  const aborted = Promise.withResolvers<undefined>()
  cancel.signal.addEventListener('abort', () => {
    aborted.resolve(undefined)
  })
  await aborted.promise
  expect(cancel.exitCode()).toBeNull()
  expect(cancel.signal.reason).toMatchObject({ code: 'TIMEOUT' })
  cancel.stop()
})
