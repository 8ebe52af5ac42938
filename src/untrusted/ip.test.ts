import { describe, expect, test } from 'vitest'
import { isPrivate, isPublic, isWithin, overlaps, parseAddress, parseRange, type Address, type Range } from './ip.ts'

function address(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed === null) throw new TypeError(text)
  return parsed
}

function range(text: string): Range {
  const parsed = parseRange(text)
  if (parsed === null) throw new TypeError(text)
  return parsed
}

test.each<[text: string, value: bigint]>([
  ['0.0.0.1', 1n],
  ['10.0.0.0', 0x0a00_0000n],
  ['255.255.255.255', 0xffff_ffffn],
  ['::', 0n],
  ['::1', 1n],
  ['fd00::', 0xfd00n << 112n],
  ['1:2:3:4:5:6:7:8', 0x0001_0002_0003_0004_0005_0006_0007_0008n],
  ['::ffff:127.0.0.1', 0xffff_7f00_0001n],
  ['2001:DB8::A', (0x2001_0db8n << 96n) | 0xan],
])('%s is the number %s', (text, value) => {
  expect(address(text).value).toBe(value)
})

test.each([
  '',
  '10.0.0',
  '010.0.0.1',
  '10.0.0.1/8',
  '0x7f.0.0.1',
  '256.0.0.1',
  'fe80::1%eth0',
  '::g',
  '1::2::3',
  'a.b',
  ' 10.0.0.1',
])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeNull()
})

test.each(['', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '::/129', '10.0.0.0/8/8', '10.0.0.0/ 8', '/8'])(
  '%j is no range',
  (text) => {
    expect(parseRange(text)).toBeNull()
  },
)

test('bits behind the prefix are none of the range', () => {
  expect(range('10.1.2.3/16')).toEqual(range('10.1.0.0/16'))
  expect(range('255.255.255.255/0')).toEqual(range('0.0.0.0/0'))
  expect(range('fd00::1/64')).toEqual(range('fd00::/64'))
})

describe('what lies in what', () => {
  test.each<[inner: string, outer: string, expected: boolean]>([
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.1.0.0/16', false],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['11.0.0.0/16', '10.0.0.0/8', false],
    ['fd12::/64', 'fc00::/7', true],
    // The same number, in another family.
    ['::a00:0/128', '10.0.0.0/8', false],
  ])('%s in %s: %s', (inner, outer, expected) => {
    expect(isWithin(range(inner), range(outer))).toBe(expected)
    expect(overlaps(range(outer), range(inner))).toBe(expected || isWithin(range(outer), range(inner)))
  })
})

test.each<[text: string, expected: boolean]>([
  ['10.0.0.0/8', true],
  ['172.31.255.0/24', true],
  ['172.32.0.0/16', false],
  ['172.0.0.0/8', false],
  ['192.168.7.0/24', true],
  ['169.254.0.0/16', false],
  ['100.64.0.0/16', false],
  ['fd00::/64', true],
  ['fe80::/64', false],
  ['::ffff:10.0.0.0/120', false],
])('%s is private: %s', (text, expected) => {
  expect(isPrivate(range(text))).toBe(expected)
})

test.each<[text: string, expected: boolean]>([
  ['8.8.8.8', true],
  ['140.82.112.5', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['169.254.169.254', false],
  ['100.100.100.200', false],
  ['168.63.129.16', false],
  ['224.0.0.1', false],
  ['::1', false],
  ['::', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['fd00:ec2::254', false],
  ['fe80::1', false],
  ['ff02::1', false],
])('%s is public: %s', (text, expected) => {
  expect(isPublic(address(text))).toBe(expected)
})
