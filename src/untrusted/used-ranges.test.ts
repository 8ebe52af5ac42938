import { expect, test } from 'vitest'
import { parseRange } from './ip.ts'
import { interfaceRanges, resolverRanges, route6Ranges, routeRanges, usedRanges, type UsedRange } from './used-ranges.ts'

const expected = (...pairs: readonly [range: string, by: string][]): UsedRange[] =>
  pairs.map(([text, by]) => {
    const range = parseRange(text)
    if (range === null) throw new TypeError(text)
    return { range, by }
  })

test('what the interfaces of the machine are in', () => {
  const interfaces = {
    eth0: [{ cidr: '192.0.2.16/24' }, { cidr: 'fd00::16/64' }],
    odd: [{ cidr: null }],
    none: undefined,
  }
  expect(interfaceRanges(interfaces)).toEqual(
    expected(['192.0.2.0/24', 'the interface eth0'], ['fd00::/64', 'the interface eth0']),
  )
})

test('routes are written with the last byte first, and the default one is none but for its gateway', () => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   ',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
    '',
  ].join('\n')
  expect(routeRanges(text)).toEqual(
    expected(['192.0.2.1/32', 'a route by eth0'], ['172.17.0.0/16', 'a route by docker0'], ['10.0.0.0/8', 'a route by tun0']),
  )
})

test('routes of IPv6', () => {
  const none = '0'.repeat(32)
  const rest = '00000100 00000001 00000000 00000001'
  const text = [
    `fd000000000000000000000000000000 40 ${none} 00 ${none} ${rest}     eth0`,
    `${none} 00 ${none} 00 fd000000000000000000000000000001 ${rest}     eth0`,
    'broken',
  ].join('\n')
  expect(route6Ranges(text)).toEqual(expected(['fd00::/64', 'a route by eth0'], ['fd00::1/128', 'a route by eth0']))
})

test('resolvers', () => {
  const text = '# nameserver 1.1.1.1\nnameserver 10.255.255.53\nnameserver fe80::1%eth0\nsearch lan\nnameserver x\n'
  expect(resolverRanges(text)).toEqual(expected(['10.255.255.53/32', 'a resolver'], ['fe80::1/128', 'a resolver']))
})

test('the machine that this runs on has an interface at least', () => {
  expect(usedRanges().length).toBeGreaterThan(0)
})
