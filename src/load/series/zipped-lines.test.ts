import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unzippedLines, zipped } from './zipped-lines.ts'

const NONE = { longest: Infinity, all: Infinity }

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function linesOf(bytes: Uint8Array, limits = NONE, size = 5): Promise<string[]> {
  const lines: string[] = []
  for await (const line of unzippedLines(inPieces(bytes, size), limits)) lines.push(line)
  return lines
}

async function* texts(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(`${line}\n`)
}

describe('gzipped lines', () => {
  it.each([
    [[]],
    [['']],
    [['a', '', 'b']],
    [['Größe', '漢字', '🐝'.repeat(50_000), 'x']],
    [Array.from({ length: 3_000 }, (_, index) => `line ${index}`)],
  ])('come back as they were (%#)', async (lines) => {
    const pieces: Uint8Array[] = []
    for await (const piece of zipped(texts(lines))) pieces.push(piece)
    expect(await linesOf(Buffer.concat(pieces))).toEqual(lines)
  })

  it('are one text when they were gzipped apart', async () => {
    const bytes = Buffer.concat([gzipSync('a\nb'), gzipSync('c\n'), gzipSync('d\n')])
    expect(await linesOf(bytes)).toEqual(['a', 'bc', 'd'])
  })

  it.each([
    [gzipSync('a\nb'), NONE, 'the last line is cut off'],
    [gzipSync(`${'x'.repeat(101)}\n`), { longest: 100, all: Infinity }, 'longer than 100 characters'],
    [gzipSync('xx\n'.repeat(40)), { longest: 100, all: 100 }, 'more than 100 characters'],
    // Ten megabytes of nothing in ten kilobytes: refused as it comes.
    [gzipSync('x'.repeat(10_000_000)), { longest: 70_000, all: Infinity }, 'longer than 70000 characters'],
  ])('are refused beyond their limits (%#)', async (bytes, limits, message) => {
    await expect(linesOf(bytes, limits, 1_000)).rejects.toThrow(message)
    await expect(linesOf(bytes, limits, 1_000)).rejects.toBeInstanceOf(RangeError)
  })

  it.each([
    [Buffer.from('plain text'), 'Z_DATA_ERROR'],
    [gzipSync('a\n'.repeat(1_000)).subarray(0, -10), 'Z_BUF_ERROR'],
  ])('are refused when they are none, or cut off (%#)', async (bytes, code) => {
    await expect(linesOf(bytes)).rejects.toMatchObject({ code })
  })

  it('let go of what they are read from when nobody wants the rest', async () => {
    let isLetGo = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(gzipSync('line\n'))
      } finally {
        isLetGo = true
      }
    }
    for await (const line of unzippedLines(source(), NONE)) {
      expect(line).toBe('line')
      break
    }
    await expect.poll(() => isLetGo, { timeout: 10_000 }).toBe(true)
  })

  it('pass on what goes wrong where their text is made', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield await Promise.resolve('a\n')
      throw new TypeError('no more')
    }
    const read = async (): Promise<void> => {
      for await (const piece of zipped(broken())) expect(piece.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toThrow(new TypeError('no more'))
  })
})
