import { expect, it } from 'vitest'
import { container, containers, descriptor, faultContext, stack } from '../shared/context.fixture.ts'
import { mechanismOf, resolveDns, type DnsSpec } from './plan.ts'

const SPEC: DnsSpec = { mode: 'refused', target: 'hand', names: null, delayMs: null, count: null }

function service(name: string) {
  return { name, health: null, dependsOn: [], replicas: 1, control: false, data: null }
}

function context(addresses: Record<string, string>) {
  const state = container({ service: 'hand', addresses })
  const services = ['hand', 'web', 'db'].map(service)
  return faultContext(1_000, {
    containers: containers({ list: () => Promise.resolve([state]) }),
    stack: stack({ descriptor: descriptor({ services }) }),
  }).ctx
}

it('our resolver asks for the other services, but for those whose names are hit', async () => {
  const ctx = context({ net: '10.0.0.2' })
  expect(await resolveDns(SPEC, ctx)).toMatchObject({
    ...{ names: null, services: ['web', 'db'], choice: '1 of 1' },
    containers: [{ name: 'chaos-hand-1', helper: 'chaos-r1-nf-001-dns-1' }],
  })
  const named = await resolveDns({ ...SPEC, names: ['WEB.', 'web', 'x.org'] }, ctx)
  expect(named).toMatchObject({ names: ['web', 'x.org'], services: ['db'] })
  expect(mechanismOf(named)).toBe('questions for the names web, x.org are refused')
})

it('a container without a network of its own is refused: its names are those of others as well', async () => {
  await expect(resolveDns(SPEC, context({}))).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: expect.stringContaining('chaos-hand-1 has no network of its own') as string,
  })
})
