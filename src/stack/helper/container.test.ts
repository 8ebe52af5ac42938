import { describe, expect, it } from 'vitest'
import type { HelperRequest } from '../../ports/toolbox.ts'
import { containerOptions, objectsWord } from './container.ts'

const request: HelperRequest = {
  name: 'h',
  attachTo: { container: 'abc' },
  pid: 'own',
  capabilities: ['NET_ADMIN'],
  ttlMs: 15_000,
}

function options(changes: Partial<HelperRequest> = {}) {
  return withDevices([], changes)
}

function withDevices(devices: Parameters<typeof containerOptions>[0]['devices'], changes: Partial<HelperRequest> = {}) {
  const rest = { image: 'toolbox:1', runId: 'r1', objects: 'w', avoid: ['nft'] } as const
  return containerOptions({ request: { ...request, ...changes }, ...rest, devices })
}

describe('containerOptions', () => {
  it('gives what was asked for and nothing else', () => {
    expect(options()).toMatchObject({
      Image: 'toolbox:1',
      Env: ['CHAOS_TTL_MS=15000', 'CHAOS_OBJECTS=w', 'CHAOS_AVOID=nft'],
      Labels: { 'chaos-action.run': 'r1', 'chaos-action.role': 'toolbox' },
      HostConfig: { NetworkMode: 'container:abc', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], ReadonlyRootfs: true },
    })
    expect(options().HostConfig).not.toHaveProperty('Privileged')
    expect(options().HostConfig).not.toHaveProperty('PidMode')
    expect(options().HostConfig).not.toHaveProperty('DeviceRequests')
  })

  it('gives a GPU with what a driver needs, and no capability for it', () => {
    const devices = [{ Driver: 'nvidia', DeviceIDs: ['GPU-1'], Capabilities: [['utility', 'compute']] }]
    const { HostConfig } = withDevices(devices, { gpu: 'GPU-1', capabilities: [] })
    expect(HostConfig).toMatchObject({ DeviceRequests: devices, CapDrop: ['ALL'], CapAdd: [], ReadonlyRootfs: true })
    expect(HostConfig?.Memory).toBeGreaterThan(options().HostConfig?.Memory ?? Infinity)
    expect(HostConfig).not.toHaveProperty('Privileged')
  })

  it('joins networks and process namespaces as told', () => {
    expect(options({ attachTo: { network: 'net' }, pid: 'host' }).HostConfig).toMatchObject({
      NetworkMode: 'net',
      PidMode: 'host',
    })
    expect(options({ pid: { container: 'xyz' } }).HostConfig).toMatchObject({ PidMode: 'container:xyz' })
  })

  it('has one word per name, that fits into object names', () => {
    expect(objectsWord('a')).toMatch(/^[0-9a-f]{12}$/)
    expect(objectsWord('a')).toBe(objectsWord('a'))
    expect(objectsWord('a')).not.toBe(objectsWord('b'))
  })
})
