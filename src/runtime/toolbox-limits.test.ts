import { describe, expect, it } from 'vitest'
import { callLimitMs } from './toolbox-limits.ts'

const target = { host: 'web', port: 80 }

describe('callLimitMs', () => {
  it('leaves room for what was asked', () => {
    const probe = { target, path: '/', headers: {}, count: 100, intervalMs: 50, timeoutMs: 3_000 }
    expect(callLimitMs('probe.http', probe)).toBe(10_000 + 5_000 + 6_000)
    expect(callLimitMs('probe.http', { ...probe, count: 512, intervalMs: 0 })).toBe(10_000 + 12_000)
    expect(callLimitMs('probe.transfer', { target, path: '/', headers: {}, repeat: 1, limitMs: 4_000 })).toBe(18_000)
    expect(callLimitMs('hold.open', { id: 'a', target, path: '/', headers: {}, count: 1, timeoutMs: 2_000 })).toBe(14_000)
    expect(callLimitMs('hold.try', { id: 'a', timeoutMs: 2_000 })).toBe(12_000)
    const page = { target, method: 'GET', path: '/', headers: {}, body: null, timeoutMs: 30_000, maxBytes: 100 }
    expect(callLimitMs('fetch', page)).toBe(40_000)
    const flood = { id: 'a', target, count: 1_000, request: null, connectTimeoutMs: 5_000 }
    expect(callLimitMs('flood.open', flood)).toBe(10_000 + 5_000 * 5)
    const memory = { pid: 1, containerId: 'a', percent: 95, bytes: null, limitMs: 4_000 }
    expect(callLimitMs('memory.fill', memory)).toBe(14_000)
    const disk = { path: '', of: 'bytes', percent: 100, bytes: null, limitBytes: 1, limitMs: 8_000 } as const
    expect(callLimitMs('disk.fill', disk)).toBe(18_000)
    expect(callLimitMs('vram.fill', { percent: 100, bytes: null, limitMs: 8_000 })).toBe(18_000)
    expect(callLimitMs('vram.look', { containers: [] })).toBe(40_000)
    expect(callLimitMs('vram.open', { gpu: 'GPU-1', allow: null })).toBe(40_000)
    expect(callLimitMs('process.look', { pid: 1, containerId: 'a' })).toBe(10_000)
    expect(callLimitMs('undo', {})).toBe(10_000)
  })
})
