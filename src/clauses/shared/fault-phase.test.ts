import { later } from '../../core/time/moment.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Hit } from '../../kinds/context.ts'
import { hitAt } from '../container/container.fixture.ts'
import { openContext } from './context.fixture.ts'
import { faultBeganWallMs, faultIsOver, plannedEnd } from './fault-phase.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the fault', () => {
  it('is over at the planned end of its window, or as much before as a timer may fire early', async () => {
    const { ctx, open } = openContext(6_000)
    open()
    expect(faultIsOver(ctx)).toBe(false)
    await vi.advanceTimersByTimeAsync(5_899)
    expect(faultIsOver(ctx)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(faultIsOver(ctx)).toBe(true)
  })

  it('began when inject returned, or when it first told of a hit', () => {
    const hits: Hit[] = []
    const { ctx, open } = openContext(6_000, { hits: () => hits })
    open()
    const injectedMs = ctx.injectedAtWallMs
    expect(faultBeganWallMs(ctx)).toBe(injectedMs)
    hits.push(hitAt(later(injectedMs, 50)))
    expect(faultBeganWallMs(ctx)).toBe(injectedMs)
    hits.push(hitAt(later(injectedMs, -300)), hitAt(later(injectedMs, -200)))
    expect(faultBeganWallMs(ctx)).toBe(later(injectedMs, -300))
  })
})

describe('the planned end', () => {
  it('is waited for', async () => {
    const { ctx, open } = openContext(6_000)
    open()
    const startMs = performance.now()
    const ended = plannedEnd(ctx).then(() => performance.now() - startMs)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await ended).toBe(6_000)
  })

  it('does not come for who is cancelled, though the window was over', async () => {
    const controller = new AbortController()
    const { ctx, open } = openContext(6_000, { signal: controller.signal })
    open()
    await vi.advanceTimersByTimeAsync(6_000)
    controller.abort(new Error('enough'))
    await expect(plannedEnd(ctx)).rejects.toThrow('enough')
  })
})
