/** What `vram-hold` prints, line by line. Its own head comment is the other half of this. Pure. */

export const VRAM_HOLD = 'vram-hold'
/** Exit codes that mean: this machine, or this container, has no GPU to speak of. */
export const NO_GPU_EXITS: readonly number[] = [10, 11]

export interface ListedProcess {
  /** In the host's namespace. */
  readonly pid: number
  /** null where the driver does not say. */
  readonly usedBytes: number | null
}

export interface ListedGpu {
  readonly index: number
  readonly uuid: string
  readonly name: string
  readonly totalBytes: number
  readonly freeBytes: number
  /** null where the driver does not list them. */
  readonly processes: readonly ListedProcess[] | null
}

export interface Listing {
  readonly driver: string | null
  readonly devices: readonly ListedGpu[]
}

export interface VramFacts {
  /** By this helper. */
  readonly heldBytes: number
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface Answer extends VramFacts {
  readonly how: 'held' | 'full' | 'reached'
  readonly tookMs: number
}

/** @throws Error for a line that is none of the program's. */
export function parseListing(text: string): Listing {
  let driver: string | null = null
  const devices: ListedGpu[] = []
  const change = (uuid: string, line: string, work: (gpu: ListedGpu) => ListedGpu): void => {
    const at = devices.findIndex((gpu) => gpu.uuid === uuid)
    const gpu = devices[at]
    if (gpu === undefined) throw strange(line)
    devices[at] = work(gpu)
  }
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [word = '', first = '', second = '', third = '', ...rest] = line.split(' ')
    if (word === 'driver') driver = first
    else if (word === 'device') devices.push(deviceOf(line))
    else if (word === 'unlisted') change(first, line, (gpu) => ({ ...gpu, processes: null }))
    else if (word === 'process' && rest.length === 0) {
      const listed = { pid: numberOf(second, line), usedBytes: third === 'unknown' ? null : numberOf(third, line) }
      change(first, line, (gpu) => ({ ...gpu, processes: [...(gpu.processes ?? []), listed] }))
    } else throw strange(line)
  }
  return { driver, devices }
}

function deviceOf(line: string): ListedGpu {
  const match = /^device (\d+) (\S+) (\d+) (\d+) (.+)$/.exec(line)
  if (match === null) throw strange(line)
  const [, index = '', uuid = '', total = '', free = '', name = ''] = match
  return { index: Number(index), uuid, name, totalBytes: numberOf(total, line), freeBytes: numberOf(free, line), processes: [] }
}

/** @throws Error unless it is what the program says once its context stands. */
export function parseReady(line: string): VramFacts {
  const match = /^ready (\d+) (\d+)$/.exec(line)
  if (match === null) throw strange(line)
  return { heldBytes: 0, totalBytes: numberOf(match[1] ?? '', line), freeBytes: numberOf(match[2] ?? '', line) }
}

/** @throws Error unless it answers a command. */
export function parseAnswer(line: string): Answer {
  const match = /^(held|full|reached) (\d+) (\d+) (\d+) (\d+)$/.exec(line)
  if (match === null) throw strange(line)
  const [, how, held = '', free = '', total = '', took = ''] = match
  return {
    how: how as Answer['how'],
    heldBytes: numberOf(held, line),
    freeBytes: numberOf(free, line),
    totalBytes: numberOf(total, line),
    tookMs: numberOf(took, line),
  }
}

function numberOf(digits: string, line: string): number {
  const value = Number(digits)
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(value)) throw strange(line)
  return value
}

function strange(line: string): Error {
  return new Error(`vram-hold said something unheard of: ${line.slice(0, 200)}`)
}
