import { describe, expect, test } from 'vitest'
import { ChaosError } from '../../../core/errors.ts'
import { helper } from '../../../ports/toolbox.fixture.ts'
import type { ReplyOf } from '../../../toolbox/operations/registry.ts'
import type { GpuFacts } from '../../../toolbox/operations/resources/vram.ts'
import { container, descriptor, faultContext, stack, toolbox } from '../../shared/context.fixture.ts'
import { allowedPids, findGpus, matchGpus, processBytes, refuseOthers, type FoundGpus } from './find.ts'

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

  const strange = (id: string): string => `Docker gives 'worker' the GPU ${id}, which the driver does not list`
  const slice = (id: string): string => `Docker gives 'worker' a slice of a GPU (${id}), and only whole ones are filled`

  test.each<[string[], string]>([
    [[], "Docker gives the containers of 'worker' none"],
    [['MIG-1234'], slice('MIG-1234')],
    [['0', '0:1'], slice('0:1')],
    [['2'], strange('2')],
    [['0', 'GPU-cccc'], strange('GPU-cccc')],
    // Beginnings that say nothing, and an end.
    [[''], strange('')],
    [['GPU'], strange('GPU')],
    [['0001'], strange('0001')],
  ])('%j is none', (wanted, why) => {
    expect(matchGpus(BOTH, wanted, 'worker')).toEqual({ noGpu: why })
  })
})

describe('refuseOthers', () => {
  test('lets the target alone with its GPU, and leaves our own program to the lock', () => {
    expect(() => {
      refuseOthers([gpu(0, [OWN]), gpu(1, [HOLDER])], 'worker')
    }).not.toThrow()
  })

  const alone = 'so its memory is left alone'

  test.each<[string, GpuFacts['processes'], string]>([
    [
      'others',
      [OWN, OTHER, { ...OTHER, pid: 13, name: null }],
      `processes that are not of 'worker' compute on ${UUIDS[1]}: 11 (python), 13 (gone by now), ${alone}`,
    ],
    ['a driver that does not tell', null, `the driver does not list who computes on ${UUIDS[1]}, ${alone}`],
  ])('refuses %s', (_name, processes, message) => {
    const refusal = {
      ...{ code: 'HOST_GUARD', message },
      hint: 'End them, or set "allow_others": true in the entry if they may run out of GPU memory, too.',
    }
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
  expect(processBytes(gpu(0, [{ ...OWN, usedBytes: null }, OTHER]))).toBeNull()
  expect(processBytes(gpu(0, null))).toBeNull()
})

describe('findGpus', () => {
  type Look = ReplyOf<'vram.look'>
  const running = [container({ id: 'w1', gpus: ['1'] }), container({ id: 'w2' })]
  const found: Look = { missing: null, driver: '570.1', devices: BOTH }

  /** What is found where the service is said to use a GPU or not, and the helper sees this; and what was asked of it. */
  async function find(
    look: Look | null | Error,
    uses: boolean | null = true,
    target = 'worker',
  ): Promise<{ readonly seen: FoundGpus; readonly asked: unknown[] }> {
    const asked: unknown[] = []
    const plain = { name: 'worker', health: null, dependsOn: [], replicas: 2, control: false, data: null }
    const services = [{ ...plain, name: 'queen', gpu: true }, uses === null ? plain : { ...plain, gpu: uses }]
    const { ctx } = faultContext(6_000, {
      stack: stack({ descriptor: descriptor({ services }) }),
      toolbox: toolbox({
        once: async (request, op, args, signal) => {
          asked.push([request, op, args])
          if (look === null) return null
          if (look instanceof Error) throw look
          return helper(request.name, { 'vram.look': () => look }).call(op, args, signal)
        },
      }),
    })
    return { seen: await findGpus(target, running, 'looker-1', ctx), asked }
  }

  test('asks a helper that has all GPUs and no capability, and takes those that Docker gives', async () => {
    const { seen, asked } = await find(found)
    expect(seen).toEqual({ noGpu: null, driver: '570.1', gpus: [gpu(1)] })
    const request = { name: 'looker-1', attachTo: { network: 'none' }, pid: 'host', capabilities: [], ttlMs: 15_000, gpu: 'all' }
    expect(asked).toEqual([[request, 'vram.look', { containers: ['w1', 'w2'] }]])
  })

  test('asks nobody of a service that the descriptor does not have', async () => {
    const { seen, asked } = await find(found, true, 'stranger')
    expect([seen, asked]).toEqual([{ noGpu: "the descriptor says of no GPU that 'stranger' would use" }, []])
  })

  test.each([false, null])('asks nobody where the descriptor says of none: %j', async (said) => {
    const { seen, asked } = await find(found, said)
    expect(seen).toEqual({ noGpu: "the descriptor says of no GPU that 'worker' would use" })
    expect(asked).toEqual([])
  })

  test.each<[string, Look | Error, string]>([
    ['there is no driver', { ...found, missing: 'no driver' }, 'no driver'],
    ['Docker has none to give', new ChaosError('CAPABILITY_MISSING', 'Docker has no GPU'), 'Docker has no GPU'],
    ['it is another', { ...found, devices: [gpu(0)] }, "Docker gives 'worker' the GPU 1, which the driver does not list"],
  ])('finds none where %s', async (_why, look, noGpu) => {
    expect((await find(look)).seen).toEqual({ noGpu })
  })

  test.each<[string, null | Error, string]>([
    ['there was nothing to run in', null, 'the GPUs could not be looked at: the helper had nothing to run in'],
    ['the helper fails', new ChaosError('TOOLBOX_FAILED', 'exit 1'), 'exit 1'],
  ])('is an error where %s', async (_why, look, message) => {
    await expect(find(look)).rejects.toMatchObject({ code: 'TOOLBOX_FAILED', message })
  })
})
