import { ServiceError } from '../shared/failure.ts'
import type { DeviceMemory } from './device-memory.ts'
import type { WorkerPolicy } from './policy.ts'

export interface VramOptions {
  readonly totalBytes: number
  /** What the model holds as long as the worker lives. */
  readonly modelBytes: number
  readonly whenShort: WorkerPolicy['whenVramShort']
  /** The GPU itself, where there is one: others may have taken of it. */
  readonly device?: Pick<DeviceMemory, 'freeBytes'> | undefined
}

/** The memory of the device: what the model and the running requests hold of it. */
export class VramBudget {
  readonly totalBytes: number
  readonly #whenShort: VramOptions['whenShort']
  readonly #device: VramOptions['device']
  #usedBytes: number

  constructor({ totalBytes, modelBytes, whenShort, device }: VramOptions) {
    if (modelBytes > totalBytes) throw new RangeError(`the model needs ${modelBytes} bytes of ${totalBytes}`)
    this.totalBytes = totalBytes
    this.#whenShort = whenShort
    this.#device = device
    this.#usedBytes = modelBytes
  }

  get usedBytes(): number {
    return this.totalBytes - this.#freeBytes()
  }

  /** Our own requests take nothing of a real device, so that both must have room. */
  #freeBytes(): number {
    return Math.min(this.totalBytes - this.#usedBytes, this.#device?.freeBytes() ?? Infinity)
  }

  /** Returns what gives the bytes back; call it once. @throws ServiceError 507 when they are not free. */
  reserve(bytes: number): () => void {
    const freeBytes = this.#freeBytes()
    if (bytes > freeBytes && this.#whenShort !== 'take-it-all-the-same') {
      if (this.#whenShort === 'refuse-and-keep-it') this.#usedBytes = Math.min(this.totalBytes, this.#usedBytes + bytes)
      throw new ServiceError(507, 'INSUFFICIENT_VRAM', `the request needs ${bytes} bytes of VRAM, ${freeBytes} are free`)
    }
    this.#usedBytes += bytes
    return () => {
      this.#usedBytes -= bytes
    }
  }
}
