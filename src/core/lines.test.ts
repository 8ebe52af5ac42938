import { describe, expect, it } from 'vitest'
import { LineSplitter } from './lines.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('LineSplitter', () => {
  it('joins what the stream cut, even inside a character', () => {
    const splitter = new LineSplitter(100)
    const [first, second] = [bytes('{"a":"é').subarray(0, 7), bytes('{"a":"é').subarray(7)]
    expect(splitter.push(first)).toEqual([])
    expect(splitter.push(second)).toEqual([])
    expect(splitter.push(bytes('"}\nnext'))).toEqual(['{"a":"é"}'])
    expect(splitter.push(bytes('\n\n'))).toEqual(['next'])
  })

  it('refuses a line over the limit, finished or not', () => {
    expect(() => new LineSplitter(4).push(bytes('12345'))).toThrow('longer than 4')
    expect(() => new LineSplitter(4).push(bytes('12345\n'))).toThrow('longer than 4')
    expect(new LineSplitter(4).push(bytes('1234\n'))).toEqual(['1234'])
  })
})
