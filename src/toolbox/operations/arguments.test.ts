import { describe, expect, it } from 'vitest'
import { OPERATIONS, type ToolboxOperation } from './registry.ts'

function parseArguments(op: ToolboxOperation, args: unknown): unknown {
  const operation = OPERATIONS.find(({ name }) => name === op)
  operation?.accept(args)
  return operation?.args.parse(args)
}

const target = { host: 'web', port: 80 }
const process = { pid: 4_321, containerId: '0123456789ab' }
const request = { method: 'POST', path: '/', headers: {}, body: 'x' }
const flood = { id: 'a', target, count: 5_000, request, connectTimeoutMs: 5_000 }
const page = { ...request, target, timeoutMs: 1_000, maxBytes: 1_024 }
const memory = { ...process, percent: 95, bytes: null, limitMs: 5_000 }
const disk = { path: '', of: 'bytes', percent: 100, bytes: null, limitBytes: 1_024, limitMs: 5_000 }
const gpu = 'GPU-0a1b2c3d-0000-4000-8000-0123456789ab'
const vram = { percent: 100, bytes: null, limitMs: 5_000 }
const probe = { target, path: '/', headers: {}, count: 10, intervalMs: 100, timeoutMs: 1_000 }

describe('arguments', () => {
  it('pass when they are right', () => {
    expect(parseArguments('probe.http', probe)).toEqual(probe)
    expect(parseArguments('hold.try', { id: 'a', timeoutMs: 5 })).toEqual({ id: 'a', timeoutMs: 5 })
    expect(parseArguments('hold.try', { id: 'a', timeoutMs: 5, path: '/x' })).toEqual({ id: 'a', timeoutMs: 5, path: '/x' })
    expect(parseArguments('process.signal', { ...process, signal: 'SIGSTOP' })).toEqual({ ...process, signal: 'SIGSTOP' })
    expect(parseArguments('flood.open', flood)).toEqual(flood)
    expect(parseArguments('flood.open', { ...flood, request: null })).toEqual({ ...flood, request: null })
    expect(parseArguments('fetch', page)).toEqual(page)
    expect(parseArguments('fetch', { ...page, body: null })).toEqual({ ...page, body: null })
    expect(parseArguments('cpu.burn', { ...process, workers: 2, loadPercent: 100 })).toMatchObject({ workers: 2 })
    expect(parseArguments('memory.fill', memory)).toEqual(memory)
    expect(parseArguments('memory.fill', { ...memory, percent: null, bytes: 4_096 })).toMatchObject({ bytes: 4_096 })
    expect(parseArguments('disk.fill', { ...disk, path: '/a/b' })).toEqual({ ...disk, path: '/a/b' })
    expect(parseArguments('disk.fill', { ...disk, of: 'inodes' })).toEqual({ ...disk, of: 'inodes' })
    expect(parseArguments('vram.look', { containers: [process.containerId] })).toMatchObject({ containers: [expect.any(String)] })
    expect(parseArguments('vram.open', { gpu, allow: [1, 2] })).toEqual({ gpu, allow: [1, 2] })
    expect(parseArguments('vram.open', { gpu, allow: null })).toEqual({ gpu, allow: null })
    expect(parseArguments('vram.fill', vram)).toEqual(vram)
    expect(parseArguments('vram.fill', { ...vram, percent: null, bytes: 4_096 })).toMatchObject({ bytes: 4_096 })
  })

  it.each([
    ['an unknown key', 'probe.http', { ...probe, conut: 5 }, 'conut'],
    ['a missing key', 'probe.http', { ...probe, count: undefined }, 'count'],
    ['more than ten minutes', 'probe.http', { ...probe, count: 2_000, intervalMs: 1_000 }, '10 minutes'],
    ['a port that is none', 'loss.install', { port: 0, side: 'client', percent: 30 }, 'port'],
    ['a side that is none', 'loss.install', { port: 1, side: 'middle', percent: 30 }, 'side'],
    ['loss of nothing', 'loss.install', { port: 1, side: 'client', percent: 0 }, 'percent'],
    ['no moments', 'resets.arm', { port: 1, side: 'client', momentsMs: [] }, 'momentsMs'],
    ['a marker with quotes', 'marker.install', { marker: 'GET "', intoPort: 1, outOfPort: 2 }, 'marker'],
    ['a long marker', 'marker.install', { marker: 'x'.repeat(65), intoPort: 1, outOfPort: 2 }, 'marker'],
    ['arguments for none', 'renew', { ttlMs: 5 }, 'ttlMs'],
    ['no object', 'undo', null, 'undo'],
    ['a group of processes', 'process.look', { ...process, pid: -1 }, 'pid'],
    ['a name for an id', 'process.look', { ...process, containerId: 'worker-1' }, 'containerId'],
    ['a short id, which any path may hold', 'process.look', { ...process, containerId: 'ab' }, 'containerId'],
    ['a signal that is not sent', 'process.signal', { ...process, signal: 'SIGTSTP' }, 'signal'],
    ['a signal by number', 'process.signal', { ...process, signal: 9 }, 'signal'],
    ['no room at all', 'nofile.lower', { ...process, headroom: 0 }, 'headroom'],
    ['a limit of nothing', 'nofile.restore', { ...process, soft: 0 }, 'soft'],
    ['too many connections', 'flood.open', { ...flood, count: 5_001 }, 'count'],
    ['connects for ten minutes', 'flood.open', { ...flood, connectTimeoutMs: 60_000 }, '10 minutes'],
    ['too much to send', 'flood.open', { ...flood, request: { ...request, body: 'x'.repeat(20_000) } }, '64 MiB'],
    ['a method of two words', 'fetch', { ...page, method: 'GET /x' }, 'method'],
    ['a page without end', 'fetch', { ...page, maxBytes: 2 ** 30 }, 'maxBytes'],
    ['no time', 'fetch', { ...page, timeoutMs: 0 }, 'timeoutMs'],
    ['no workers', 'cpu.burn', { ...process, workers: 0, loadPercent: 100 }, 'workers'],
    ['half a worker', 'cpu.burn', { ...process, workers: 0.5, loadPercent: 100 }, 'workers'],
    ['workers without number', 'cpu.burn', { ...process, workers: 257, loadPercent: 100 }, 'workers'],
    ['more than a whole CPU each', 'cpu.burn', { ...process, workers: 1, loadPercent: 101 }, 'loadPercent'],
    ['a process alone', 'cgroup.read', { pid: 1 }, 'containerId'],
    ['memory of both kinds', 'memory.fill', { ...memory, bytes: 1 }, 'percent or bytes'],
    ['memory of no kind', 'memory.fill', { ...memory, percent: null }, 'percent or bytes'],
    ['more than all memory', 'memory.fill', { ...memory, percent: 101 }, 'percent'],
    ['more time than there is', 'memory.fill', { ...memory, limitMs: 120_001 }, 'limitMs'],
    ['a path that does not begin', 'disk.look', { path: 'sub' }, 'path'],
    ['a path with an end in it', 'disk.sweep', { path: '/a\0b' }, 'path'],
    ['a volume filled by both', 'disk.fill', { ...disk, bytes: 1 }, 'percent or bytes'],
    ['inodes by bytes', 'disk.fill', { ...disk, of: 'inodes', percent: null, bytes: 5 }, 'by percent'],
    ['a volume without limit', 'disk.fill', { ...disk, limitBytes: null }, 'limitBytes'],
    ['a limit of no bytes', 'disk.fill', { ...disk, limitBytes: 0 }, 'limitBytes'],
    ['a GPU by index', 'vram.open', { gpu: '0', allow: [] }, 'gpu'],
    ['a slice of a GPU', 'vram.open', { gpu: gpu.replace('GPU', 'MIG'), allow: [] }, 'gpu'],
    ['a GPU and more', 'vram.open', { gpu: `${gpu} any`, allow: [] }, 'gpu'],
    ['a GPU for a group of processes', 'vram.open', { gpu, allow: [0] }, 'allow'],
    ['a GPU without a word on others', 'vram.open', { gpu }, 'allow'],
    ['a container by name', 'vram.look', { containers: ['worker-1'] }, 'containers'],
    ['GPU memory of both kinds', 'vram.fill', { ...vram, bytes: 1 }, 'percent or bytes'],
    ['GPU memory of no kind', 'vram.fill', { ...vram, percent: null }, 'percent or bytes'],
    ['half a percent of GPU memory', 'vram.fill', { ...vram, percent: 0.5 }, 'percent'],
    ['a count without a side', 'tcp.count', { port: 80 }, 'side'],
  ] as const)('with %s are refused by name', (_what, op, args, named) => {
    expect(() => parseArguments(op, args)).toThrow(named)
  })
})
