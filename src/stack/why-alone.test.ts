import { describe, expect, it } from 'vitest'
import { whyAlone } from './why-alone.ts'

const web = { image: 'web', ports: [{ target: 80, published: '0', host_ip: '127.0.0.1' }] }

function stackWith(changes: object, rest: object = {}): unknown {
  return { name: 'shop', services: { web: { ...web, ...changes } }, networks: { default: { name: 'shop_default' } }, ...rest }
}

describe('whyAlone', () => {
  it.each<[string, unknown]>([
    ['ephemeral ports', stackWith({})],
    ['a port that is not published', stackWith({ ports: [{ target: 80 }] })],
    ['a range of ports', stackWith({ ports: [{ target: 80, published: '8000-8010' }] })],
    ['a name of its own', stackWith({ container_name: 'web' })],
    ['a file that is only read', stackWith({ volumes: [{ type: 'bind', source: '/etc/web', read_only: true }] })],
    ['a volume', stackWith({ volumes: [{ type: 'volume', source: 'data' }] }, { volumes: { data: { name: 'shop_data' } } })],
    [
      'a volume in memory',
      stackWith({}, { volumes: { data: { driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'size=64m' } } } }),
    ],
    ['a network without ranges', stackWith({}, { networks: { inner: { driver: 'bridge', ipam: {}, internal: true } } })],
    ['no volumes at all', { services: { web } }],
  ])('finds nothing in %s', (_what, config) => {
    expect(whyAlone(config)).toEqual([])
  })

  it.each<[unknown, string]>([
    [stackWith({ ports: [{ target: 80, published: '8080' }] }), 'service web is published on port 8080'],
    [stackWith({ ports: [{ target: 80, published: 8080 }] }), 'service web is published on port 8080'],
    [stackWith({ volumes: [{ type: 'bind', source: '/srv/data' }] }), 'service web writes to /srv/data of this machine'],
    [stackWith({ network_mode: 'host' }), 'service web is on the network of this machine'],
    [stackWith({ devices: [{ source: '/dev/dri' }] }), 'service web uses devices of this machine'],
    [stackWith({ gpus: [{ count: -1 }] }), 'service web uses devices of this machine'],
    [
      stackWith({ deploy: { resources: { reservations: { devices: [{ driver: 'nvidia' }] } } } }),
      'service web uses devices of this machine',
    ],
    [stackWith({}, { networks: { lan: { external: true } } }), 'network lan is shared with others (external)'],
    [stackWith({}, { networks: { lan: { ipam: { config: [{ subnet: '10.9.0.0/24' }] } } } }), 'network lan has a fixed subnet'],
    [stackWith({}, { networks: { lan: { driver: 'macvlan' } } }), 'network lan has the driver macvlan'],
    [stackWith({}, { volumes: { data: { external: { name: 'x' } } } }), 'volume data is shared with others (external)'],
    [
      stackWith({}, { volumes: { data: { driver_opts: { type: 'none', o: 'bind', device: '/srv' } } } }),
      'volume data is /srv of this machine',
    ],
  ])('%j: %s', (config, why) => {
    expect(whyAlone(config)).toEqual([why])
  })

  it('tells all of them', () => {
    const ports = [8080, 8443].map((published) => ({ target: 80, published: String(published) }))
    expect(whyAlone(stackWith({ ports, network_mode: 'host' }))).toHaveLength(3)
  })

  it('refuses what is no configuration', () => {
    expect(() => whyAlone({ services: { web: 'x' } })).toThrow('printed something unexpected')
  })
})
