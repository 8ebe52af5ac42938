import { describe, expect, it } from 'vitest'
import { ResponseParser, type FinishedResponse } from './response-parser.ts'

const PIPELINE = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n',
  'HTTP/1.1 204\r\n\r\n',
  'HTTP/1.1 503 \r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
].join('')
const EXPECTED: FinishedResponse[] = [
  { status: 200, last: false },
  { status: 404, last: false },
  { status: 204, last: false },
  { status: 503, last: true },
]

describe('ResponseParser', () => {
  it.each([1, 2, 3, 7, 64, 10_000])('finds the same answers in pieces of %i bytes', (size) => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(PIPELINE)
    const found: FinishedResponse[] = []
    for (let at = 0; at < bytes.length; at += size) found.push(...parser.push(bytes.subarray(at, at + size)))
    expect(found).toEqual(EXPECTED)
  })

  it('does not finish a cut body', () => {
    const parser = new ResponseParser()
    expect(parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell'))).toEqual([])
    expect(parser.end()).toBeNull()
  })

  it('awaits no body in answers to HEAD requests', () => {
    const parser = new ResponseParser({ bodiless: true })
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'
    expect(parser.push(Buffer.from(answer))).toEqual([{ status: 200, last: false }])
    expect(parser.push(Buffer.from(answer + answer.replace('200', '404')))).toMatchObject([{ status: 200 }, { status: 404 }])
  })

  it('takes the close as the end only where nothing else says it', () => {
    const parser = new ResponseParser()
    expect(parser.push(Buffer.from('HTTP/1.0 200 OK\r\n\r\nsome body'))).toEqual([])
    expect(parser.end()).toEqual({ status: 200, last: true })
    expect(parser.end()).toBeNull()
  })

  it.each([
    ['another protocol', 'SSH-2.0-x\r\n\r\n'],
    ['a broken length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['a head without end', 'HTTP/1.1 200 OK\r\n' + 'a'.repeat(70_000)],
  ])('refuses %s', (_name, text) => {
    expect(() => new ResponseParser().push(Buffer.from(text))).toThrow()
  })
})
