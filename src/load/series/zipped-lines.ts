/** Gzipped lines of text, as streams. */
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

const PIECE_BYTES = 64 * 1024

/** Packs lines, each with its newline. What they throw is thrown here. */
export function zipped(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  return through(lines, createGzip({ chunkSize: PIECE_BYTES }))
}

export interface LineLimits {
  /** The most characters of one line, and of all together. */
  readonly longest: number
  readonly all: number
}

/**
 * Reads lines without their newlines; several gzipped pieces in a row are one text.
 * @throws RangeError beyond the limits, and for a last line without an end; zlib's error for what is not gzipped.
 */
export async function* unzippedLines(packed: AsyncIterable<Uint8Array>, { longest, all }: LineLimits): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let total = 0
  for await (const piece of through(packed, createGunzip({ chunkSize: PIECE_BYTES }))) {
    const text = decoder.decode(piece, { stream: true })
    total += text.length
    if (total > all) throw new RangeError(`it has more than ${all} characters`)
    const lines = text.split('\n')
    const last = lines.pop() ?? ''
    for (const line of lines) {
      const whole = rest + line
      rest = ''
      refuseLonger(whole, longest)
      yield whole
    }
    rest += last
    refuseLonger(rest, longest)
  }
  if (rest !== '') throw new RangeError('the last line is cut off')
}

function refuseLonger(line: string, longest: number): void {
  if (line.length > longest) throw new RangeError(`it is longer than ${longest} characters`)
}

async function* through(source: AsyncIterable<string | Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const done = pipeline(source, transform)
  // It is heard of where the transform is read.
  done.catch(() => undefined)
  for await (const piece of transform) yield piece as Uint8Array
  await done
}
