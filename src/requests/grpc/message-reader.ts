/** A message as gRPC puts it into a stream: a flag for compression, four bytes of length, the bytes. */

const PREFIX_BYTES = 5

export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([prefix, message])
}

/** The one message of a stream, put together from its chunks. */
export class MessageReader {
  private readonly mostBytes: number
  private readonly chunks: Buffer[] = []
  private bytes = 0
  /** Of the message, when its prefix is there. */
  private length: number | null = null

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes
  }

  /** @returns why it cannot become the one message that it should be, or null. */
  add(chunk: Buffer): string | null {
    this.chunks.push(chunk)
    this.bytes += chunk.byteLength
    if (this.length === null) {
      if (this.bytes < PREFIX_BYTES) return null
      const prefix = Buffer.concat(this.chunks)
      // We never say that we could read a compressed one.
      if (prefix[0] !== 0) return prefix[0] === 1 ? 'a compressed message' : 'no gRPC message'
      this.length = prefix.readUInt32BE(1)
    }
    if (this.length > this.mostBytes) return 'body too large'
    return this.bytes > PREFIX_BYTES + this.length ? 'more than one message' : null
  }

  /** null unless all of it is there. */
  message(): Buffer | null {
    if (this.length === null || this.bytes !== PREFIX_BYTES + this.length) return null
    return Buffer.concat(this.chunks).subarray(PREFIX_BYTES)
  }
}
