import { describe, expect, it } from 'vitest'
import { OPERATIONS, type ArgumentsOf, type ToolboxOperation } from './registry.ts'

function limitMs<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>): number | undefined {
  return OPERATIONS.find(({ name }) => name === op)?.accept(args).limitMs
}

const target = { host: 'web', port: 80 }
const process = { pid: 1, containerId: '0123456789ab' }
const page = { target, method: 'GET', path: '/', headers: {}, body: null, timeoutMs: 30_000, maxBytes: 100 }
const probe = { target, path: '/', headers: {}, count: 100, intervalMs: 50, timeoutMs: 3_000 }
const flood = { id: 'a', target, count: 1_000, request: null, connectTimeoutMs: 5_000 }
const disk = { path: '', of: 'bytes', percent: 100, bytes: null, limitBytes: 1, limitMs: 8_000 } as const

describe('the operations', () => {
  it('have a name each', () => {
    expect(new Set(OPERATIONS.map(({ name }) => name)).size).toBe(OPERATIONS.length)
  })

  it('may take as long as what was asked for, and some', () => {
    expect(limitMs('probe.http', probe)).toBe(5_000 + 6_000)
    expect(limitMs('probe.http', { ...probe, count: 512, intervalMs: 0 })).toBe(12_000)
    expect(limitMs('probe.transfer', { target, path: '/', headers: {}, repeat: 1, limitMs: 4_000 })).toBe(8_000)
    expect(limitMs('hold.open', { id: 'a', target, path: '/', headers: {}, count: 1, timeoutMs: 2_000 })).toBe(4_000)
    expect(limitMs('hold.try', { id: 'a', timeoutMs: 2_000 })).toBe(2_000)
    expect(limitMs('fetch', page)).toBe(30_000)
    expect(limitMs('flood.open', flood)).toBe(5_000 * 5)
    expect(limitMs('memory.fill', { ...process, percent: 95, bytes: null, limitMs: 4_000 })).toBe(4_000)
    expect(limitMs('disk.fill', disk)).toBe(8_000)
    expect(limitMs('vram.fill', { percent: 100, bytes: null, limitMs: 8_000 })).toBe(8_000)
    expect(limitMs('vram.look', { containers: [] })).toBe(30_000)
    expect(limitMs('vram.open', { gpu: 'GPU-0a1b2c3d-0000-4000-8000-0123456789ab', allow: null })).toBe(30_000)
    expect(limitMs('process.look', process)).toBe(0)
    expect(limitMs('undo', {})).toBe(0)
  })
})
