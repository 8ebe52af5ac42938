import { expect, it } from 'vitest'
import { helper } from './toolbox.fixture.ts'
import type { ToolboxHelper } from './toolbox.ts'

it('a helper takes no arguments of another operation, and answers nothing that another does', async () => {
  const signal = new AbortController().signal
  const asked: ToolboxHelper = helper('h', { 'hold.close': () => ({ closed: 2 }), renew: () => ({ ttlMs: 5 }) })
  expect((await asked.call('hold.close', { id: 'a' }, signal)).closed).toBe(2)
  // @ts-expect-error A group is closed by its id.
  await asked.call('hold.close', { port: 80, side: 'client' }, signal)
  // @ts-expect-error A lease has no number of connections.
  expect((await asked.call('renew', {}, signal)).closed).toBeUndefined()
  // @ts-expect-error Nobody defined it.
  await expect(asked.call('hold.on', {}, signal)).rejects.toThrow('not given')
})
