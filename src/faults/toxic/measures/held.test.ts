import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FaultContext } from '../../../kinds/context.ts'
import { helper } from '../../../ports/toolbox.fixture.ts'
import { faultContext } from '../../shared/context.fixture.ts'
import { holdConnections, tryHeld } from './held.ts'
import { toxicOn } from './link.fixture.ts'

const TRIED = { held: 3, answered: 1, silent: 2, closed: 0, bytes: 120 }

/** What a helper is asked, in order. */
function asking(held: number): { ctx: FaultContext; asked: unknown[] } {
  const asked: unknown[] = []
  const observer = helper('observer', {
    'hold.open': (args) => (asked.push(args), { held }),
    'hold.try': (args) => (asked.push(args), TRIED),
    'hold.close': (args) => (asked.push(args), { closed: 3 }),
  })
  return { ctx: faultContext(6_000, { observer }).ctx, asked }
}

it.each([
  [3, true],
  [1, true],
  [0, false],
])('of three connections %d stay open: %j', async (held, stay) => {
  const { ctx, asked } = asking(held)
  expect(await holdConnections(toxicOn(), ctx)).toBe(stay)
  const target = { host: 'toxiproxy', port: 8080 }
  const headers = { accept: 'text/plain' }
  expect(asked).toEqual([{ id: 'held-1', target, path: '/health', headers, count: 3, timeoutMs: 2_000 }])
})

it('they are tried, and closed', async () => {
  const { ctx, asked } = asking(3)
  expect(await tryHeld(toxicOn(), ctx, 1_500)).toEqual(TRIED)
  expect(asked).toEqual([{ id: 'held-1', timeoutMs: 1_500 }, { id: 'held-1' }])
})

describe('a helper that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each<[string, (ctx: FaultContext) => Promise<unknown>, number]>([
    ['to open them', (ctx) => holdConnections(toxicOn(), ctx), 7_000],
    ['to try them', (ctx) => tryHeld(toxicOn(), ctx, 1_500), 6_500],
  ])('is waited for %s for five seconds more than it may take', async (_what, ask, limitMs) => {
    const silent = { ...helper('observer', {}), call: () => new Promise<never>(() => undefined) }
    const failed = ask(faultContext(6_000, { observer: silent }).ctx).catch((error: unknown) => String(error))
    await vi.advanceTimersByTimeAsync(limitMs)
    expect(await Promise.race([failed, Promise.resolve('it is waited for still')])).toBe(
      `ChaosError: connections held over queen-proxy took longer than ${limitMs} ms`,
    )
  })
})
