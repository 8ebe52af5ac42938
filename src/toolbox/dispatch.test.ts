import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { ToolboxAcceptance, ToolboxReply } from '../core/toolbox.ts'
import { createDispatcher } from './dispatch.ts'
import { createHelper, type Helper } from './helper.ts'
import { Lease } from './lease.ts'
import { objectNames } from './net/names.ts'
import { UndoStack } from './undo-stack.ts'

function helper(): Helper {
  const lease = new Lease(60_000, () => undefined)
  lease.end()
  const tcpAtStart = { outRsts: 0, estabResets: 0, retransmits: 0 }
  return createHelper({ names: objectNames('test'), undo: new UndoStack(), avoid: new Set(), lease, tcpAtStart })
}

function dispatcher(): {
  said: (ToolboxAcceptance | ToolboxReply)[]
  ask: (id: number, op: string, args: unknown) => Promise<void>
} {
  const said: (ToolboxAcceptance | ToolboxReply)[] = []
  const answer = createDispatcher(helper(), (each) => void said.push(each))
  return { said, ask: (id, op, args) => answer(JSON.stringify({ id, op, args })) }
}

/** A place that takes connections and says nothing. */
async function withSilentServer(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

describe('the dispatcher', () => {
  it('says at once how long a request may take, and ends with the reply', async () => {
    await withSilentServer(async (port) => {
      const { said, ask } = dispatcher()
      const target = { host: '127.0.0.1', port }
      const done = ask(7, 'hold.open', { id: 'a', target, path: '/', headers: {}, count: 1, timeoutMs: 200 })
      expect(said).toEqual([{ id: 7, limitMs: 400 }])
      await done
      expect(said).toEqual([
        { id: 7, limitMs: 400 },
        { id: 7, ok: true, reply: { held: 0 } },
      ])
    })
  })

  it('accepts nothing that it refuses', async () => {
    const { said, ask } = dispatcher()
    await ask(1, 'hold.open', {})
    await ask(2, 'nothing', {})
    expect(said).toEqual([
      { id: 1, ok: false, error: expect.stringContaining('bad arguments for hold.open') as string },
      { id: 2, ok: false, error: "unknown operation 'nothing'" },
    ])
  })

  it('tells of what was accepted and could not be done', async () => {
    const { said, ask } = dispatcher()
    await ask(1, 'flood.read', { id: 'a' })
    expect(said).toEqual([
      { id: 1, limitMs: 0 },
      { id: 1, ok: false, error: "there is no flood 'a'" },
    ])
  })

  it('has 64 requests under way, and not one more', async () => {
    await withSilentServer(async (port) => {
      const { said, ask } = dispatcher()
      const target = { host: '127.0.0.1', port }
      const slow = { target, path: '/', headers: {}, repeat: 1, limitMs: 100 }
      const all = Array.from({ length: 65 }, (_, index) => ask(index + 1, 'probe.transfer', slow))
      expect(said.filter((answer) => 'limitMs' in answer)).toHaveLength(64)
      expect(said).toContainEqual({ id: 65, ok: false, error: '64 requests are under way already' })
      await Promise.all(all)
      await ask(66, 'probe.transfer', slow)
      expect(said).toContainEqual({ id: 66, limitMs: 200 })
    })
  })
})

describe('the state of a helper', () => {
  class Family {
    calls = 0
  }

  it('is kept between calls, and shared with no other helper', () => {
    const [one, other] = [helper(), helper()]
    one.get(Family).calls += 1
    expect(one.get(Family).calls).toBe(1)
    expect(other.get(Family).calls).toBe(0)
  })
})
