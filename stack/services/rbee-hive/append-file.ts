/** A file of lines that only grows, every append durable before it returns and whole or not there at all. */
import { constants } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'

const FLAGS = constants.O_RDWR | constants.O_CREAT
const FILE_MODE = 0o600
/** Longer than any line of a file of short lines. */
const TAIL_BYTES = 4_096

export class AppendFile {
  readonly path: string
  #file: FileHandle
  #bytes: number

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path
    this.#file = file
    this.#bytes = bytes
  }

  static async open(path: string): Promise<AppendFile> {
    const file = await open(path, FLAGS, FILE_MODE)
    const { size } = await file.stat()
    return new AppendFile(path, file, size)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** All lines so far. Cuts off a last one that has no end: it was torn by a crash and would spoil the next. */
  async readLines(): Promise<string[]> {
    const text = await this.#file.readFile('utf8')
    const lines = text.split('\n')
    const torn = lines.pop() ?? ''
    if (torn !== '') {
      this.#bytes -= Buffer.byteLength(torn)
      await this.#file.truncate(this.#bytes)
    }
    return lines
  }

  /** The same for a file of short lines that nobody wants to read whole; `moreBytes` before its end count as torn as well. */
  async cutTornLine(moreBytes = 0): Promise<void> {
    const tailBytes = Math.min(this.#bytes, TAIL_BYTES)
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(tailBytes), 0, tailBytes, this.#bytes - tailBytes)
    const wholeBytes = Math.max(0, bytesRead - moreBytes)
    const tornBytes = bytesRead - (buffer.subarray(0, wholeBytes).lastIndexOf('\n') + 1)
    if (tornBytes === 0) return
    this.#bytes -= tornBytes
    await this.#file.truncate(this.#bytes)
  }

  /** @throws what the file system says; then nothing of it stays in the file. */
  async append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    const data = Buffer.from(`${lines.join('\n')}\n`)
    try {
      await writeAll(this.#file, data, this.#bytes)
      await this.#file.datasync()
      this.#bytes += data.length
    } catch (error) {
      await this.#file.truncate(this.#bytes)
      throw error
    }
  }

  /** Replaces the content; the old stays until the new is durable. */
  async rewrite(lines: readonly string[]): Promise<void> {
    const data = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const fresh = await open(`${this.path}.new`, FLAGS | constants.O_TRUNC, FILE_MODE)
    try {
      await writeAll(fresh, data, 0)
      await fresh.datasync()
      await rename(`${this.path}.new`, this.path)
    } catch (error) {
      await fresh.truncate(0)
      await fresh.close()
      throw error
    }
    const old = this.#file
    this.#file = fresh
    this.#bytes = data.length
    await old.close()
  }

  /** What is there from `position` on, of what was appended so far. */
  async readAt(position: number, mostBytes: number): Promise<Buffer> {
    const length = Math.max(0, Math.min(mostBytes, this.#bytes - position))
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, position)
    return buffer.subarray(0, bytesRead)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < data.length) {
    const { bytesWritten } = await file.write(data, written, data.length - written, position + written)
    if (bytesWritten === 0) throw new Error('the file took no more bytes')
    written += bytesWritten
  }
}
