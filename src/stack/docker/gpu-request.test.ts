import type Dockerode from 'dockerode'
import { describe, expect, it } from 'vitest'
import { deviceRequests, gpusOf, isGpuRefusal } from './gpu-request.ts'

const UUID = 'GPU-0a1b2c3d-0000-4000-8000-0123456789ab'
const NONE = { runtimes: ['runc'], cdiDevices: [] }

describe('deviceRequests', () => {
  it('asks for the driver that NVIDIA’s toolkit brings, and for no more of it than is used', () => {
    const Capabilities = [['utility', 'compute']]
    expect(deviceRequests('all', NONE)).toEqual([{ Driver: 'nvidia', Count: -1, Capabilities }])
    expect(deviceRequests(UUID, NONE)).toEqual([{ Driver: 'nvidia', DeviceIDs: [UUID], Capabilities }])
    const both = { runtimes: ['runc', 'nvidia'], cdiDevices: ['nvidia.com/gpu=all'] }
    expect(deviceRequests('0', both)).toEqual([{ Driver: 'nvidia', DeviceIDs: ['0'], Capabilities }])
    const others = { runtimes: ['runc'], cdiDevices: ['vendor.com/net=all'] }
    expect(deviceRequests('0', others)).toEqual([{ Driver: 'nvidia', DeviceIDs: ['0'], Capabilities }])
  })

  it('takes the CDI devices where there is nothing else, by a name that is there', () => {
    const cdiDevices = ['nvidia.com/gpu=0', `nvidia.com/gpu=${UUID}`, 'nvidia.com/gpu=all']
    const named = (gpu: string): unknown => deviceRequests(gpu, { runtimes: ['runc'], cdiDevices })[0]
    expect(named(UUID)).toEqual({ Driver: 'cdi', DeviceIDs: [`nvidia.com/gpu=${UUID}`] })
    expect(named('0')).toEqual({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] })
    expect(named('all')).toEqual({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] })
    expect(named(UUID.replace('0a', 'ff'))).toEqual({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] })
  })
})

describe('isGpuRefusal', () => {
  it.each([
    ['could not select device driver "nvidia" with capabilities: [[utility compute]]', true],
    ['error running prestart hook #0: nvidia-container-cli: initialization error: driver not loaded: unknown', true],
    ['CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all', true],
    ['failed to set up container networking: network x not found', false],
    ['cannot join network of a non running container: nvidia', false],
  ])('%s', (text, refused) => {
    expect(isGpuRefusal(text)).toBe(refused)
  })
})

describe('gpusOf', () => {
  const of = (HostConfig: object, Env: string[] = []): string[] =>
    gpusOf({ HostConfig, Config: { Env } } as Pick<Dockerode.ContainerInspectInfo, 'HostConfig' | 'Config'>)
  const gpu = [['gpu']]

  it.each<[string, object[] | null, string[]]>([
    ['none', null, []],
    ['all of them', [{ Driver: 'nvidia', Count: -1, Capabilities: gpu }], ['all']],
    ['two, which are the first', [{ Driver: 'nvidia', Count: 2, Capabilities: gpu }], ['0', '1']],
    ['some by name', [{ Driver: '', Count: 0, DeviceIDs: ['1', UUID], Capabilities: gpu }], ['1', UUID]],
    ['a driver that is not said', [{ Count: 1, Capabilities: [['nvidia', 'compute']] }], ['0']],
    ['CDI devices', [{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0', 'vendor.com/net=eth9'] }], ['0']],
    ['devices of another kind', [{ Driver: 'tpu', Count: 1, Capabilities: [['tpu']] }], []],
    [
      'the same twice',
      [
        { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] },
        { Driver: 'nvidia', Count: 1 },
      ],
      ['0'],
    ],
  ])('%s', (_name, DeviceRequests, ids) => {
    expect(of({ DeviceRequests })).toEqual(ids)
  })

  it('reads the environment of NVIDIA’s own runtime, and of no other', () => {
    const visible = ['PATH=/bin', 'NVIDIA_VISIBLE_DEVICES=0, 1']
    expect(of({ Runtime: 'nvidia' }, visible)).toEqual(['0', '1'])
    expect(of({ Runtime: 'runc' }, visible)).toEqual([])
    expect(of({ Runtime: 'nvidia' }, ['NVIDIA_VISIBLE_DEVICES=void'])).toEqual([])
    expect(of({ Runtime: 'nvidia' }, ['NVIDIA_VISIBLE_DEVICES=all'])).toEqual(['all'])
    expect(of({ Runtime: 'nvidia' })).toEqual([])
  })
})
