import { expect, test } from 'vitest'
import { MACHINE } from '../../test/support/strangers-machine.ts'
import { networkAddresses, serviceAddresses } from './addresses.ts'
import { parseStack } from './schema.ts'

function pools(...config: readonly object[]): string[] {
  const network = parseStack({ networks: { net: { ipam: { config } } } }).networks['net'] ?? null
  return networkAddresses('net', network, MACHINE.usedRanges).map(({ key }) => key.replace('networks.net.ipam.', ''))
}

test.each([
  ...['140.82.112.0/20', '8.8.8.0/24', '203.0.113.0/24', '1.1.1.1/32', '2606:4700::/64'],
  ...['127.0.0.0/16', '127.0.0.53/32', '169.254.0.0/16', '169.254.169.254/32', '100.64.0.0/16', '168.63.129.16/32'],
  ...['0.0.0.0/0', '0.0.0.0/16', '224.0.0.0/16', '255.255.255.255/32', '192.0.0.0/16', '172.32.0.0/16'],
  ...['::/0', '::1/128', 'fe80::/64', 'ff02::/64', '2001:db8::/64', '::ffff:10.0.0.0/120', 'fd00:ec2::/32'],
  // Wider than what Docker gives out.
  ...['10.0.0.0/8', '172.16.0.0/12', '10.2.0.0/15', '192.168.0.0/15', 'fc00::/7', 'fd00::/8', 'fd12::/47'],
  // The machine uses them.
  ...['10.1.2.0/24', '10.1.0.0/16', '10.1.2.3/32', 'fd00:1::/64', 'fd00:1::/48'],
  ...['10.3.0.0', 'x', '10.3.0.0/33', '010.3.0.0/24', '10.3.0/24', 'fd12::1%eth0/64', '10.3.0.0/24 '],
])('the subnet %s is refused', (subnet) => {
  expect(pools({ subnet })).toEqual(['config[0].subnet'])
})

test.each<object>([
  {},
  { subnet: '' },
  { subnet: '172.28.0.0/16', ip_range: '172.28.5.0/24', gateway: '172.28.5.254', aux_addresses: { a: '172.28.1.5' } },
  { subnet: '10.1.3.0/24', gateway: '10.1.3.1' },
  { subnet: '192.168.200.0/24' },
  { subnet: 'fd00:dead:beef::/48', gateway: 'fd00:dead:beef::1' },
  { subnet: 'fd12:3456::/64' },
])('%j is not', (pool) => {
  expect(pools(pool)).toEqual([])
})

test.each<[pool: object, keys: string[]]>([
  [{ subnet: '203.0.113.0/24', gateway: '203.0.113.53' }, ['subnet']],
  [{ subnet: '10.3.0.0/24', gateway: '10.3.1.1' }, ['gateway']],
  [{ subnet: '10.3.0.0/24', gateway: '8.8.8.8' }, ['gateway']],
  [{ subnet: '10.3.0.0/24', gateway: 'fd00::1' }, ['gateway']],
  [{ subnet: '10.3.0.0/24', gateway: '10.3.0.1/24' }, ['gateway']],
  [{ gateway: '10.3.0.1' }, ['gateway']],
  [{ subnet: '10.3.0.0/24', ip_range: '10.3.0.0/16' }, ['ip_range']],
  [{ subnet: '10.3.0.0/24', ip_range: '0.0.0.0/0' }, ['ip_range']],
  [
    { subnet: '10.3.0.0/24', aux_addresses: { ok: '10.3.0.9', dns: '1.1.1.1', odd: 'x' } },
    ['aux_addresses.dns', 'aux_addresses.odd'],
  ],
])('%j: %j', (pool, keys) => {
  expect(pools({}, pool)).toEqual(keys.map((key) => `config[1].${key}`))
})

test('options of the one who gives out addresses are not known', () => {
  const network = parseStack({ networks: { net: { ipam: { options: { x: '1' } } } } }).networks['net'] ?? null
  expect(networkAddresses('net', network, [])).toMatchObject([{ key: 'networks.net.ipam.options', allow: 'address' }])
})

test.each<[joined: object | null, keys: string[]]>([
  [null, []],
  [{ ipv4_address: '172.28.0.5', ipv6_address: 'fd12::5', aliases: ['a'] }, []],
  [{ ipv4_address: '140.82.112.5' }, ['ipv4_address']],
  [{ ipv4_address: '127.0.0.1' }, ['ipv4_address']],
  [{ ipv4_address: '10.1.2.9' }, ['ipv4_address']],
  [{ ipv4_address: '172.28.0.5/16' }, ['ipv4_address']],
  [{ ipv6_address: '2606:4700:4700::1111' }, ['ipv6_address']],
  [{ link_local_ips: ['169.254.169.254', 'fe80::1'] }, ['link_local_ips[0]', 'link_local_ips[1]']],
])('a service with %j: %j', (joined, keys) => {
  const service = parseStack({ services: { web: { networks: { net: joined } } } }).services['web'] ?? {}
  const found = serviceAddresses('web', service, MACHINE.usedRanges)
  expect(found.map(({ key }) => key)).toEqual(keys.map((key) => `services.web.networks.net.${key}`))
})
