import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { parseAddress, silentAddress } from './address.ts'

const signal = (): AbortSignal => AbortSignal.timeout(10_000)

describe('an address', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://shop.example/', 'https://shop.example'],
    ['https://shop.example/api/v2/', 'https://shop.example/api/v2'],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toBe(address)
  })

  it.each([
    ['127.0.0.1:8080', /is no address/],
    ['ftp://127.0.0.1', /is no address/],
    ['', /is no address/],
    ['http://me:secret@127.0.0.1', /^the address holds a password/],
    ['http://127.0.0.1/?a=1', /query or a fragment/],
  ])('%s is refused', (text, message) => {
    expect(() => parseAddress(text)).toThrow(message)
  })

  it('answers, with whatever status', async () => {
    const server = createServer((_request, response) => response.writeHead(500).end('no'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await silentAddress(address, signal())).toBeNull()
    await new Promise((resolve) => server.close(resolve))
    expect(await silentAddress(address, signal())).toMatch(/gives no answer: .*ECONNREFUSED/)
  })

  it('is not asked for ever by who was called off', async () => {
    await expect(silentAddress('http://127.0.0.1:1', AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
  })
})
