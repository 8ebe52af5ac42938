import { describe, expect, test } from 'vitest'
import type { ContainerMount } from '../../ports/docker.ts'
import type { VolumeFacts } from '../../toolbox/operations/resources/disk.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import { allowedBytes, mountFor, type DiskSpec } from './plan.ts'

const MIB = 1_048_576
const GIB = 1_024 * MIB

function mount(destination: string, changes: Partial<ContainerMount> = {}): ContainerMount {
  return { type: 'volume', destination, source: `volume-of${destination}`, readOnly: false, ...changes }
}

describe('mountFor', () => {
  const mounts = [
    mount('/data'),
    mount('/data/cold'),
    mount('/etc/app', { readOnly: true }),
    mount('/run', { type: 'tmpfs', source: '' }),
  ]
  const hive = { name: 'hive-1', mounts }

  test.each([
    ['/data', '/data', ''],
    ['/data/', '/data', ''],
    ['/data/jobs/open', '/data', '/jobs/open'],
    ['/data/cold', '/data/cold', ''],
    ['/data/cold/2024', '/data/cold', '/2024'],
    ['/data/cold/../jobs', '/data', '/jobs'],
  ])('%s is in the volume at %s', (path, destination, folder) => {
    const found = mountFor(hive, path)
    expect([found.mount.destination, found.folder]).toEqual([destination, folder])
  })

  test.each([
    ['/', /is not on a volume/],
    ['/tmp', /is not on a volume/],
    ['/database', /is not on a volume/],
    ['/data/../tmp', /is not on a volume/],
    ['/run/jobs', /mount of type tmpfs, which only that container can reach/],
    ['/etc/app/jobs', /read-only/],
  ])('%s is refused', (path, message) => {
    expect(() => mountFor(hive, path)).toThrow(message)
    expect(() => mountFor(hive, path)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error)
  })
})

describe('allowedBytes', () => {
  const host: HostFacts = {
    ...{ memAvailableBytes: 2 * GIB, memTotalBytes: 8 * GIB, diskFreeBytes: 10 * GIB },
    ...{ cpuTotalTicks: 1_000, cpuStolenTicks: 0, cpuIdleTicks: 500, cpus: 2 },
  }
  const own: VolumeFacts = {
    ...{ type: 'tmpfs', totalBytes: 64 * MIB, freeBytes: 60 * MIB, totalInodes: 1_000, freeInodes: 900 },
    onHostDisk: false,
  }
  const shared: VolumeFacts = { ...own, type: 'ext4', totalBytes: 100 * GIB, freeBytes: 10 * GIB, onHostDisk: true }
  const INODES = { of: 'inodes', percent: 100 } as const
  const spec: DiskSpec = { target: 'hive', amount: { of: 'bytes', percent: 100 }, path: null, limitBytes: null }
  const allow = (changes: Partial<DiskSpec>, volume: VolumeFacts, machine = host): number =>
    allowedBytes({ ...spec, ...changes }, '/data of hive-1', volume, machine)

  test('a volume of its own limits itself: what is allowed does not end it before it is full', () => {
    expect(allow({}, own)).toBeGreaterThan(own.totalBytes)
    expect(allow({ amount: { of: 'bytes', bytes: 1_000 * MIB } }, own)).toBeGreaterThan(own.totalBytes)
    expect(allow({ limitBytes: 5 * MIB }, own)).toBe(5 * MIB)
    expect(allow({ amount: INODES }, own)).toBeGreaterThan(0)
  })

  test("the machine's own disk takes a limit, and that is what is allowed", () => {
    expect(allow({ amount: { of: 'bytes', bytes: 2 * GIB }, limitBytes: 3 * GIB }, shared)).toBe(3 * GIB)
    expect(allow({ amount: { of: 'bytes', percent: 95 }, limitBytes: 8 * GIB }, shared)).toBe(8 * GIB)
  })

  test.each<[string, Partial<DiskSpec>, VolumeFacts, HostFacts, string, RegExp]>([
    ["the machine's own disk without a limit", {}, shared, host, 'BAD_INPUT', /lies on the machine's own disk/],
    [
      'so many bytes of it without a limit',
      { amount: { of: 'bytes', bytes: 1 } },
      shared,
      host,
      'BAD_INPUT',
      /lies on the machine's own disk/,
    ],
    ['its inodes', { amount: INODES, limitBytes: GIB }, shared, host, 'BAD_INPUT', /whose inodes/],
    [
      'more than it can spare',
      { limitBytes: 20 * GIB },
      shared,
      host,
      'HOST_GUARD',
      /would leave 0 MiB .* 1024 MiB are its floor/,
    ],
    ['more than its floor leaves', { limitBytes: 9.5 * GIB }, shared, host, 'HOST_GUARD', /would leave 512 MiB/],
    [
      'memory that is short',
      {},
      own,
      { ...host, memAvailableBytes: 540 * MIB },
      'HOST_GUARD',
      /would leave 480 MiB of the machine's memory/,
    ],
    [
      'a memory file system without a size',
      {},
      { ...own, totalBytes: 4 * GIB, freeBytes: GIB },
      host,
      'HOST_GUARD',
      /lies in memory/,
    ],
  ])('%s is refused', (_name, changes, volume, machine, code, message) => {
    expect(() => allow(changes, volume, machine)).toThrow(message)
    expect(() => allow(changes, volume, machine)).toThrow(expect.objectContaining({ code }) as Error)
  })
})
