import { describe, expect, it } from 'vitest'
import { requestBytes } from './request.ts'

const target = { host: 'web', port: 80 }

describe('requestBytes', () => {
  it('begins with the path, as the marker of a packet does', () => {
    const text = requestBytes(target, '/chaos-probe-1?a=b', { Authorization: 'Bearer x' }, 'close').toString()
    expect(text).toBe('GET /chaos-probe-1?a=b HTTP/1.1\r\nHost: web:80\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n')
    expect(requestBytes({ host: '::1', port: 80 }, '/', {}, 'keep-alive').toString()).toContain('Host: [::1]:80\r\n')
  })

  it.each([
    ['', {}],
    ['/a b', {}],
    ['/a\r\nX: 1', {}],
    ['/', { 'X Y': '1' }],
    ['/', { X: 'a\r\nY: b' }],
  ])('refuses what would break out of its line: %j %j', (path, headers) => {
    expect(() => requestBytes(target, path, headers as Record<string, string>, 'close')).toThrow()
  })
})
