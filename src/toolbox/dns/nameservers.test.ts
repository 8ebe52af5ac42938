import { expect, it } from 'vitest'
import { nameserversOf } from './nameservers.ts'

it.each<[string, string[]]>([
  ['# by Docker\nsearch lan\nnameserver 127.0.0.11\noptions ndots:0\n', ['127.0.0.11']],
  ['nameserver 10.0.0.1 # first\nnameserver\t::1\nnameserver 10.0.0.1\n', ['10.0.0.1', '::1']],
  ['nameserver fe80::1%eth0\nnameserver 1.1.1.1;x\n#nameserver 8.8.8.8\nnameserver dns.example\n', ['1.1.1.1']],
  [['1', '2', '3', '4'].map((last) => `nameserver 10.0.0.${last}`).join('\n'), ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
  ['', []],
])('%j names %j', (text, nameservers) => {
  expect(nameserversOf(text)).toEqual(nameservers)
})
