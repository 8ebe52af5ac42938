import { statfs } from 'node:fs/promises'

/** What is known of a volume is taken for true for so long. */
const KNOWN_FOR_MS = 100

/** How much a volume has left, asked at most ten times a second. */
export class FreeSpace {
  readonly #folder: string
  #bytes = 0
  #readMs = -Infinity

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws Error saying how much is free when it is less than `bytes`. */
  async require(bytes: number): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#readMs > KNOWN_FOR_MS) {
      const { bavail, bsize } = await statfs(this.#folder)
      this.#bytes = bavail * bsize
      this.#readMs = nowMs
    }
    if (this.#bytes < bytes) throw new Error(`ENOSPC: ${this.#bytes} bytes are free, ${bytes} are kept back`)
  }
}
