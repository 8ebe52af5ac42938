/**
 * Ranges of addresses that this machine uses: its interfaces, its routes and its resolvers. A network of a stranger's that
 * holds one of them would take what the machine, the daemon and the runner send there.
 */
import { readFileSync } from 'node:fs'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { bitsOf, parseAddress, parseRange, rangeOf, type Range } from './ip.ts'

export interface UsedRange {
  readonly range: Range
  /** Who uses it, in words. */
  readonly by: string
}

/** The second is what systemd asks when the first says no more than where it listens itself. */
const RESOLVERS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'] as const

/** Reads the machine. What cannot be read there, as on a system that is no Linux, is none. */
export function usedRanges(): UsedRange[] {
  return [
    ...interfaceRanges(networkInterfaces()),
    ...routeRanges(textOf('/proc/net/route')),
    ...route6Ranges(textOf('/proc/net/ipv6_route')),
    ...RESOLVERS.flatMap((file) => resolverRanges(textOf(file))),
  ]
}

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'cidr'>[] | undefined>>

export function interfaceRanges(interfaces: Interfaces): UsedRange[] {
  return Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ cidr }) => used(cidr === null ? null : parseRange(cidr), `the interface ${name}`)),
  )
}

/** Of `/proc/net/route`, whose numbers are written with the last byte first. The default route is not one: all lies in it. */
export function routeRanges(text: string): UsedRange[] {
  return rowsOf(text).flatMap(([name = '', destination = '', gateway = '', , , , , mask = '']) => {
    if (![destination, gateway, mask].every((word) => /^[0-9A-F]{8}$/i.test(word))) return []
    const bits = reversed(mask).toString(2).replaceAll('0', '').length
    const by = `a route by ${name}`
    const way = reversed(gateway)
    return [
      ...(bits === 0 ? [] : used(rangeOf({ family: 4, value: reversed(destination) }, bits), by)),
      ...(way === 0n ? [] : used(rangeOf({ family: 4, value: way }, 32), by)),
    ]
  })
}

/** Of `/proc/net/ipv6_route`: destination and its prefix, source and its prefix, next hop, all in hexadecimal. */
export function route6Ranges(text: string): UsedRange[] {
  return rowsOf(text).flatMap((words) => {
    const [destination = '', length = '', , , gateway = ''] = words
    if (!/^[0-9a-f]{32}$/i.test(destination) || !/^[0-9a-f]{2}$/i.test(length) || !/^[0-9a-f]{32}$/i.test(gateway)) return []
    const prefix = Number.parseInt(length, 16)
    const by = `a route by ${words.at(-1) ?? ''}`
    const way = BigInt(`0x${gateway}`)
    return [
      ...(prefix === 0 || prefix > 128 ? [] : used(rangeOf({ family: 6, value: BigInt(`0x${destination}`) }, prefix), by)),
      ...(way === 0n ? [] : used(rangeOf({ family: 6, value: way }, 128), by)),
    ]
  })
}

export function resolverRanges(text: string): UsedRange[] {
  return rowsOf(text).flatMap(([word, server = '']) => {
    const address = word === 'nameserver' ? parseAddress(server.replace(/%.*$/, '')) : null
    return used(address === null ? null : rangeOf(address, bitsOf(address.family)), 'a resolver')
  })
}

function used(range: Range | null, by: string): UsedRange[] {
  return range === null ? [] : [{ range, by }]
}

function rowsOf(text: string): string[][] {
  return text.split('\n').map((row) => row.trim().split(/\s+/))
}

function reversed(word: string): bigint {
  return BigInt(`0x${(word.match(/../g) ?? []).reverse().join('')}`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
