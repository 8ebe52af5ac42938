import { describe, expect, it } from 'vitest'
import { payloadMatch } from './marker.ts'

describe('payloadMatch', () => {
  it('compares 128 bits at a time from the first byte on', () => {
    expect(payloadMatch('GET /')).toBe('@ih,0,40 0x474554202f')
    expect(payloadMatch('GET /chaos-probe-ab')).toBe('@ih,0,128 0x474554202f6368616f732d70726f6265 @ih,128,24 0x2d6162')
  })
})
