import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** No file that is judged before it is built is longer. */
const LARGEST_BYTES = 512 * 1024

/**
 * The text of a regular file, read without following a link at its end and without waiting for one that nobody fills. null
 * for anything else: what cannot be read is not judged, and so is not used.
 */
export function plainFile(path: string): string | null {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile() || found.size > LARGEST_BYTES) return null
    // One more than it had: a file that grows is none of these.
    const bytes = Buffer.alloc(found.size + 1)
    const read = readSync(file, bytes, 0, bytes.length, 0)
    return read > found.size ? null : bytes.toString('utf8', 0, read)
  } catch {
    return null
  } finally {
    closeSync(file)
  }
}
