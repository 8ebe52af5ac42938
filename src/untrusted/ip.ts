/** Addresses and ranges of IPv4 and IPv6 as numbers, and what each of them is for. Pure. */
import { isIPv4, isIPv6 } from 'node:net'

export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** A block of addresses as routes have it: all that begin with the same `prefix` bits. */
export interface Range {
  readonly family: 4 | 6
  readonly first: bigint
  readonly prefix: number
}

/** Only as all programs read it: no zone, no port, no octal, no shortened IPv4. null for anything else. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return { family: 4, value: ofBytes(text.split('.').map(Number)) }
  if (!isIPv6(text) || text.includes('%')) return null
  return { family: 6, value: ofGroups(text) }
}

/** `10.1.0.0/16`. Bits behind the prefix are taken for zero, as Docker does. null for what is no range. */
export function parseRange(text: string): Range | null {
  const parts = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text)
  const address = parseAddress(parts?.[1] ?? '')
  const prefix = Number(parts?.[2])
  if (address === null || prefix > bitsOf(address.family)) return null
  return rangeOf(address, prefix)
}

export function rangeOf({ family, value }: Address, prefix: number): Range {
  const free = BigInt(bitsOf(family) - prefix)
  return { family, first: (value >> free) << free, prefix }
}

export function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

export function isWithin(inner: Range, outer: Range): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false
  const free = BigInt(bitsOf(outer.family) - outer.prefix)
  return inner.first >> free === outer.first >> free
}

/** Two ranges have an address in common only when one holds the other. */
export function overlaps(one: Range, other: Range): boolean {
  return isWithin(one, other) || isWithin(other, one)
}

/** That anybody may use for networks of their own: RFC 1918, and RFC 4193 for IPv6. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].map(known)

export function isPrivate(range: Range): boolean {
  return PRIVATE.some((outer) => isWithin(range, outer))
}

/**
 * That lead to no host of the internet: this machine, its neighbours, what clouds tell their machines, and what has been set
 * aside for other ends. The prefixes of NAT64 and 6to4 are among them, as an address of IPv4 of any kind stands in them.
 */
const NOT_PUBLIC = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // The first is what machines of Azure ask; the second are old relays of 6to4.
  ...['168.63.129.16/32', '192.88.99.0/24', '::/8', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
].map(known)

export function isPublic(address: Address): boolean {
  const range = rangeOf(address, bitsOf(address.family))
  return !NOT_PUBLIC.some((outer) => isWithin(range, outer))
}

function known(text: string): Range {
  const range = parseRange(text)
  if (range === null) throw new TypeError(`${text} is no range`)
  return range
}

function ofBytes(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

function ofGroups(text: string): bigint {
  // The last 32 bits may stand there as an address of IPv4.
  const whole = text.replace(/\d+\.\d+\.\d+\.\d+$/, (end) => {
    const [a = 0, b = 0, c = 0, d = 0] = end.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = whole.split('::')
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '')
  const before = groups(head)
  const after = groups(tail ?? '')
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...gap, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
