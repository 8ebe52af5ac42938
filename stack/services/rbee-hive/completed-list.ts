/**
 * The ids of jobs that are done, in the order of their ends, on disk. A place in the list is a number that stays what it is
 * through restarts and when the list begins a new file, so that a reader can go on where it was.
 */
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AppendFile } from './append-file.ts'

/** The number is the place of its first byte in the whole list. */
const NAME = /^completed\.(\d{1,15})\.txt$/
/** What one answer holds at most: about 7,000 ids. */
const PAGE_BYTES = 256 * 1024

interface Part {
  readonly base: number
  readonly file: AppendFile
}

export interface CompletedPage {
  readonly ids: readonly string[]
  /** Where to go on. The same as was asked for when there is nothing new. */
  readonly next: number
}

export class CompletedList {
  readonly #folder: string
  readonly #limitBytes: number
  #current: Part
  /** The part before it; what is older is gone. */
  #earlier: Part | null

  private constructor(folder: string, limitBytes: number, current: Part, earlier: Part | null) {
    this.#folder = folder
    this.#limitBytes = limitBytes
    this.#current = current
    this.#earlier = earlier
  }

  /** `limitBytes` of one part; two are kept. `tornBytes`: as of the hive's policy. @throws what the file system says. */
  static async open(folder: string, limitBytes: number, tornBytes = 0): Promise<CompletedList> {
    const bases = (await readdir(folder))
      .map((name) => NAME.exec(name)?.[1])
      .filter((base) => base !== undefined)
      .map(Number)
      .sort((a, b) => b - a)
    const [newest = 0, before, ...older] = bases
    // Of a life that ended in the middle of tidying up.
    for (const base of older) await unlink(join(folder, nameOf(base)))
    const current = await openPart(folder, newest)
    await current.file.cutTornLine(tornBytes)
    return new CompletedList(folder, limitBytes, current, before === undefined ? null : await openPart(folder, before))
  }

  /** The place of what comes next. */
  get end(): number {
    return this.#current.base + this.#current.file.bytes
  }

  /** Durable when it returns, and all of it or none. @throws what the file system says. */
  append(ids: readonly string[]): Promise<void> {
    return this.#current.file.append(ids)
  }

  /** Begins a new part when this one is full. @throws what the file system says; the list is then as it was. */
  async tidy(): Promise<void> {
    if (this.#current.file.bytes <= this.#limitBytes) return
    const fresh = await openPart(this.#folder, this.end)
    const oldest = this.#earlier
    this.#earlier = this.#current
    this.#current = fresh
    if (oldest === null) return
    await oldest.file.close()
    await unlink(oldest.file.path)
  }

  /** From that place, or from the oldest id that is kept. null: there is no such place any more, or not yet. */
  async readFrom(place: number | null): Promise<CompletedPage | null> {
    const parts = this.#earlier === null ? [this.#current] : [this.#earlier, this.#current]
    const from = place ?? parts[0]?.base ?? 0
    const part = parts.findLast(({ base }) => base <= from)
    if (part === undefined || from > part.base + part.file.bytes) return null
    const text = (await part.file.readAt(from - part.base, PAGE_BYTES)).toString('latin1')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    return { ids: whole.split('\n').slice(0, -1), next: from + whole.length }
  }

  async close(): Promise<void> {
    await this.#current.file.close()
    await this.#earlier?.file.close()
  }
}

async function openPart(folder: string, base: number): Promise<Part> {
  return { base, file: await AppendFile.open(join(folder, nameOf(base))) }
}

function nameOf(base: number): string {
  return `completed.${base}.txt`
}
