import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PoolSpec } from '../../core/descriptor.ts'
import type { PlannedFault } from '../../kinds/fault.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { helper } from '../../ports/toolbox.fixture.ts'
import { container, containers, descriptor, faultContext, stack } from '../shared/context.fixture.ts'
import { crash } from './fault.ts'

const HAND = container({ id: 'a'.repeat(64), name: 'chaos-r1-hand-a' })

const POOL: PoolSpec = {
  ...{ services: ['hand'], size: 1, list: { service: 'hive', port: 1, path: '/', headers: {} }, members: '@', id: 'id' },
  ...{ state: 'state', container: 'container', inFlight: 'load', stop: null, work: 'page' },
  states: { registering: [], ready: [], busy: [], failed: [] },
}

describe('the work that a crash during inference keeps its pool busy with', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** One member, with so many requests in flight whatever it is sent; `sent` counts those, each of which takes 100 ms. */
  async function planned(inFlight: number): Promise<{ ctx: FaultContext; fault: PlannedFault; sent: () => number }> {
    let sent = 0
    const member: PoolMember = { id: 'm1', state: 'busy', meaning: 'busy', container: HAND.name, inFlight }
    const pool = { members: () => Promise.resolve([member]), stop: () => Promise.resolve() }
    const reply = { status: 200, headers: {}, body: '', bytes: 0, complete: true, firstByteMs: 1, totalMs: 1, error: null }
    const { ctx } = faultContext(6_000, {
      containers: containers({
        list: () => Promise.resolve([HAND]),
        glance: () => Promise.resolve([HAND]),
        inspect: (id) => Promise.resolve(id === HAND.id ? HAND : null),
      }),
      stack: stack({ pool: () => pool, descriptor: descriptor({ pool: POOL }) }),
      observer: helper('observer', {
        fetch: async () => {
          sent += 1
          await new Promise((resolve) => setTimeout(resolve, 100))
          return reply
        },
      }),
    })
    const spec = { target: 'hand', signal: 'SIGKILL', via: 'api', timing: 'during_inference', count: null } as const
    return { ctx, fault: await crash.request(spec).plan(ctx), sent: () => sent }
  }

  /** How many are sent within a second. */
  async function sentMeanwhile(sent: () => number): Promise<number> {
    const before = sent()
    await vi.advanceTimersByTimeAsync(1_000)
    return sent() - before
  }

  test('goes on until the revert where nothing is injected', async () => {
    const { ctx, fault, sent } = await planned(1)
    await fault.arm(ctx)
    expect(await sentMeanwhile(sent)).toBeGreaterThan(0)
    await fault.revert(ctx)
    await vi.advanceTimersByTimeAsync(100)
    expect(await sentMeanwhile(sent)).toBe(0)
  })

  test('ends where nobody becomes busy, as nobody is armed who could end it later', async () => {
    const { ctx, fault, sent } = await planned(0)
    const arming = fault.arm(ctx).catch((error: unknown) => String(error))
    expect(await sentMeanwhile(sent)).toBeGreaterThan(0)
    await vi.advanceTimersByTimeAsync(8_000)
    expect(await arming).toMatch(/^ChaosError: 1 busy member of the pool of hand did not happen/)
    expect(await sentMeanwhile(sent)).toBe(0)
  })
})

test('what a cancel cuts short between two signals is started again all the same', async () => {
  const cancel = new AbortController()
  const down = new Set<string>()
  const all = ['a', 'b'].map((letter) => container({ id: letter.repeat(64), name: `chaos-r1-hand-${letter}` }))
  const acted: string[] = []
  const { ctx } = faultContext(6_000, {
    signal: cancel.signal,
    containers: containers({
      list: () => Promise.resolve(all),
      inspect: (id) => {
        const state = all.find((one) => one.id === id)
        return Promise.resolve(state === undefined ? null : down.has(id) ? { ...state, status: 'exited', pid: 0 } : state)
      },
      glance: () => Promise.resolve(all),
      act: (id, action) => {
        acted.push(`${action.do} ${id.slice(0, 1)}`)
        if (action.do === 'start') down.delete(id)
        else if (down.size === 0) down.add(id)
        else {
          cancel.abort(new Error('cancelled'))
          return Promise.reject(new Error('cancelled'))
        }
        return Promise.resolve()
      },
    }),
    hit: () => undefined,
    stack: stack({ pool: () => null, descriptor: descriptor() }),
  })
  const spec = { target: 'hand', signal: 'SIGKILL', via: 'api', timing: null, count: { number: 2 } } as const
  const planned = await crash.request(spec).plan(ctx)
  const armed = await planned.arm(ctx)
  await expect(armed.inject(ctx)).rejects.toThrow('cancelled')
  await planned.revert({ ...ctx, signal: new AbortController().signal })
  expect(acted).toEqual(['kill a', 'kill b', 'start a'])
  expect(down.size).toBe(0)
})
