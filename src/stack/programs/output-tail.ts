/** The newest bytes of a stream, whatever its length. */
export interface OutputTail {
  readonly push: (chunk: Buffer) => void
  /** The kept bytes as text; a first line that was cut is marked with `…`. */
  readonly text: () => string
}

export function outputTail(maxBytes: number): OutputTail {
  const chunks: Buffer[] = []
  let kept = 0
  let cut = false
  return {
    push(chunk) {
      chunks.push(chunk)
      kept += chunk.length
      // Whole chunks go first; the rest is cut when the text is asked for, so that pushing stays cheap.
      while (kept - (chunks[0]?.length ?? 0) >= maxBytes && chunks.length > 1) {
        kept -= chunks.shift()?.length ?? 0
        cut = true
      }
    },
    text() {
      const all = Buffer.concat(chunks)
      const text = all.subarray(Math.max(0, all.length - maxBytes)).toString('utf8')
      return cut || all.length > maxBytes ? `…${text}` : text
    },
  }
}

const LONGEST_LINE = 64 * 1024

/** Cuts a stream into lines. A line longer than 64 KiB is handed on in pieces, so that memory stays bounded. */
export interface LineSplitter {
  readonly push: (chunk: Buffer) => void
  /** Hands on what is left without a line end. */
  readonly end: () => void
}

export function lineSplitter(onLine: (line: string) => void): LineSplitter {
  // A streaming decoder, because a chunk may end in the middle of a character.
  const decoder = new TextDecoder()
  let rest = ''
  const take = (text: string): void => {
    rest += text
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (rest.length > LONGEST_LINE) {
      onLine(rest)
      rest = ''
    }
  }
  return {
    push: (chunk) => {
      take(decoder.decode(chunk, { stream: true }))
    },
    end: () => {
      take(decoder.decode())
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
