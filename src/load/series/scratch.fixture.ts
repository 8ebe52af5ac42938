/** A scratch file in memory, which shows what was read of it. */
import type { ScratchFile } from '../../ports/files.ts'

export interface MemoryScratch extends ScratchFile {
  readonly reads: { readonly from: number; readonly to: number }[]
  bytes(): Buffer
}

/** `pieceBytes`: it is read in pieces of this length. */
export function memoryScratch(pieceBytes = 1_000): MemoryScratch {
  let all = Buffer.alloc(0)
  const reads: { from: number; to: number }[] = []
  return {
    reads,
    bytes: () => all,
    async append(bytes) {
      // A disk takes its time.
      await new Promise(setImmediate)
      all = Buffer.concat([all, bytes])
    },
    async *read(from, to) {
      reads.push({ from, to })
      for (let at = from; at < to; at += pieceBytes) yield await Promise.resolve(all.subarray(at, Math.min(to, at + pieceBytes)))
    },
    remove: () => Promise.resolve(),
  }
}
