/**
 * Cuts a byte stream into lines of text. A line longer than the limit is an error, not a truncation: half a message
 * must never be taken for a whole one.
 */
export class LineSplitter {
  private readonly maxLength: number
  private readonly decoder = new TextDecoder()
  private pending = ''

  constructor(maxLength: number) {
    this.maxLength = maxLength
  }

  /** The lines that `chunk` completes, without their ends; empty ones are left out. @throws RangeError for a line over the limit. */
  push(chunk: Uint8Array): string[] {
    const parts = (this.pending + this.decoder.decode(chunk, { stream: true })).split('\n')
    this.pending = parts.pop() ?? ''
    for (const part of [...parts, this.pending]) {
      if (part.length > this.maxLength) {
        this.pending = ''
        throw new RangeError(`a line is longer than ${this.maxLength} characters`)
      }
    }
    return parts.filter((part) => part !== '')
  }
}
