import { describe, expect, it } from 'vitest'
import { countPeers, type PeerTables } from './peers.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (local: string, remote: string, state: string): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0`
const table = (...rows: string[]): string => `${[HEAD, ...rows].join('\n')}\n`

// 172.18.0.2 is ours to look from, .5 another service, .9 our observer; 8080 is 1F90, 9000 is 2328.
const [HERE, OTHER, OBSERVER, LOOP] = ['020012AC', '050012AC', '090012AC', '0100007F']
const MAPPED = '0000000000000000FFFF0000'
const LOOP6 = '00000000000000000000000001000000'
const ANY = '00000000:0000'

const tables = (tcp: string[], change: Partial<PeerTables> = {}): PeerTables => ({
  ...{ tcp: [table(...tcp), ''], udp: [table(), ''], unix: '' },
  ...change,
})
const count = (...tcp: string[]): number => countPeers(tables(tcp), null, ['172.18.0.9'])

describe('the peers of a network', () => {
  it.each<[string, string, number]>([
    ['a connection with another service', row(`${HERE}:1F90`, `${OTHER}:D431`, '01'), 1],
    ['one that has just ended', row(`${HERE}:1F90`, `${OTHER}:D431`, '06'), 1],
    ['one that goes out', row(`${HERE}:D431`, `${OTHER}:1F90`, '02'), 1],
    ['a listener', row(`00000000:1F90`, ANY, '0A'), 0],
    ['our observer', row(`${HERE}:1F90`, `${OBSERVER}:D431`, '01'), 0],
    ['its own health check', row(`${LOOP}:1F90`, `${LOOP}:D431`, '06'), 0],
  ])('are one for %s', (_what, line, expected) => {
    expect(count(line)).toBe(expected)
  })

  it('are read from IPv6 as well, mapped addresses and its own', () => {
    const lines = [
      row(`${MAPPED}${HERE}:1F90`, `${MAPPED}${OTHER}:D431`, '01'),
      row(`${MAPPED}${HERE}:1F90`, `${MAPPED}${OBSERVER}:D431`, '01'),
      row(`${LOOP6}:1F90`, `${LOOP6}:D431`, '01'),
      row('B80D01200000000000000000020000AA:1F90', 'B80D01200000000000000000030000AA:D431', '01'),
    ]
    expect(countPeers(tables([], { tcp: ['', table(...lines)] }), null, ['172.18.0.9'])).toBe(2)
  })

  it('of a place are those of its port, and of what it passes them on to', () => {
    const at = { port: 0x1f90, to: { addresses: ['172.18.0.5'], port: 0x2328 } }
    const both = [
      row(`${HERE}:1F90`, '060012AC:D431', '01'),
      row(`${HERE}:D500`, `${OTHER}:2328`, '06'),
      // Another place, another port of the same service, another service.
      row(`${HERE}:1F91`, '060012AC:D431', '01'),
      row(`${HERE}:D501`, `${OTHER}:2329`, '01'),
      row(`${HERE}:D502`, '060012AC:2328', '01'),
      row(`${HERE}:1F90`, `${OBSERVER}:D431`, '01'),
    ]
    expect(countPeers(tables(both), at, ['172.18.0.9'])).toBe(2)
    expect(countPeers(tables(both), { port: 0x1f90, to: null }, ['172.18.0.9'])).toBe(1)
  })

  it('may be met by other means than TCP, but for the resolver that Docker puts there', () => {
    const resolver = row(`0B00007F:8A2B`, ANY, '07')
    expect(countPeers(tables([], { udp: [table(resolver), ''] }), null, [])).toBe(0)
    expect(countPeers(tables([], { udp: [table(resolver, row('00000000:0035', ANY, '07')), ''] }), null, [])).toBe(1)
    const unix = (state: string): string =>
      `Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 ${state} 4711 /run/php.sock\n`
    expect(countPeers(tables([], { unix: unix('03') }), null, [])).toBe(1)
    expect(countPeers(tables([], { unix: unix('01') }), null, [])).toBe(0)
    // Not of a link.
    expect(countPeers(tables([], { unix: unix('03') }), { port: 1, to: null }, [])).toBe(0)
  })

  it('are none where a table is empty, or not one', () => {
    expect(countPeers({ tcp: ['', 'x y z w\n\n 0: 12:34 zz 01'], udp: [], unix: '' }, null, [])).toBe(0)
  })
})
