import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Lease, parseTtl } from './lease.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Lease', () => {
  it('runs out once when nobody renews', () => {
    const expired = vi.fn()
    const lease = new Lease(1_000, expired)
    vi.advanceTimersByTime(900)
    expect(lease.renew()).toEqual({ ttlMs: 1_000 })
    vi.advanceTimersByTime(999)
    expect(expired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5_000)
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('does not run out after its end', () => {
    const expired = vi.fn()
    new Lease(1_000, expired).end()
    vi.advanceTimersByTime(5_000)
    expect(expired).not.toHaveBeenCalled()
  })

  it.each([undefined, '', '0', '-5', '1e4', '999', '600001', 'abc', '1500.5'])('is refused as %j', (value) => {
    expect(() => parseTtl(value)).toThrow('the lease must be')
  })

  it('is taken in milliseconds', () => {
    expect(parseTtl('15000')).toBe(15_000)
  })
})
