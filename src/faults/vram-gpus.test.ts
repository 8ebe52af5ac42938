import { describe, expect, test } from 'vitest'
import type { GpuFacts } from '../core/toolbox.ts'
import { allowedPids, matchGpus, processBytes, refuseOthers } from './vram-gpus.ts'

const UUIDS = ['GPU-aaaaaaaa-0000-0000-0000-000000000000', 'GPU-bbbbbbbb-0000-0000-0000-000000000001'] as const

function gpu(index: 0 | 1, processes: GpuFacts['processes'] = []): GpuFacts {
  return { index, uuid: UUIDS[index], name: 'A10G', totalBytes: 24_000, freeBytes: 20_000, processes }
}

const BOTH = [gpu(0), gpu(1)]
const OWN = { pid: 10, name: 'llama', usedBytes: 1_000, container: '0123456789ab' }
const OTHER = { pid: 11, name: 'python', usedBytes: 2_000, container: null }
const HOLDER = { pid: 12, name: 'vram-hold', usedBytes: 3_000, container: null }

describe('matchGpus', () => {
  test.each<[string[], number[]]>([
    [['0'], [0]],
    [['all'], [0, 1]],
    [[UUIDS[1]], [1]],
    [['GPU-bbbb'], [1]],
    // Several containers on one GPU.
    [['0', '0', UUIDS[0]], [0]],
    [
      ['1', '0'],
      [0, 1],
    ],
  ])('%j', (wanted, indices) => {
    const matched = matchGpus(BOTH, wanted, 'worker')
    expect(matched.noGpu).toBeNull()
    expect(matched.noGpu === null && matched.gpus.map(({ index }) => index)).toEqual(indices)
  })

  test.each<[string[], RegExp]>([
    [[], /gives the containers of 'worker' none/],
    [['MIG-1234'], /a slice of a GPU \(MIG-1234\)/],
    [['0:1'], /a slice of a GPU/],
    [['2'], /the GPU 2, which the driver does not list/],
    [['0', 'GPU-cccc'], /GPU-cccc, which the driver/],
    // A beginning that says nothing.
    [[''], /which the driver does not list/],
  ])('%j is none', (wanted, why) => {
    expect(matchGpus(BOTH, wanted, 'worker')).toEqual({ noGpu: expect.stringMatching(why) as string })
  })
})

describe('refuseOthers', () => {
  test('lets the target alone with its GPU, and leaves our own program to the lock', () => {
    expect(() => {
      refuseOthers([gpu(0, [OWN]), gpu(1, [HOLDER])], 'worker')
    }).not.toThrow()
  })

  test.each<[string, GpuFacts['processes'], RegExp]>([
    ['others', [OWN, OTHER], /^processes that are not of 'worker' compute on GPU-bbbbbbbb\S+: 11 \(python\), so its memory/],
    ['one that has just ended', [{ ...OTHER, name: null }], /11 \(gone by now\)/],
    ['a driver that does not tell', null, /does not list who computes on GPU-bbbbbbbb/],
  ])('refuses %s', (_name, processes, message) => {
    const refusal = { code: 'HOST_GUARD', message: expect.stringMatching(message) as string }
    expect(() => {
      refuseOthers([gpu(0), gpu(1, processes)], 'worker')
    }).toThrow(expect.objectContaining(refusal) as Error)
  })
})

test('the program is told of the target’s own processes, and of nobody else', () => {
  expect(allowedPids(gpu(0, [OWN, OTHER, HOLDER]), false)).toEqual([10])
  expect(allowedPids(gpu(0, null), false)).toEqual([])
  expect(allowedPids(gpu(0, [OTHER]), true)).toBeNull()
})

test('what processes use is known of all, or not at all', () => {
  expect(processBytes(gpu(0, [OWN, OTHER]))).toBe(3_000)
  expect(processBytes(gpu(0))).toBe(0)
  expect(processBytes(gpu(0, [OWN, { ...OTHER, usedBytes: null }]))).toBeNull()
  expect(processBytes(gpu(0, null))).toBeNull()
})
