import { readFile } from 'node:fs/promises'
import { errorCode } from '../net/wire.ts'

/** The text of a file of the kernel's; null when it cannot be read for one of these codes, as what it tells of is gone. */
export async function readUnless(codes: readonly string[], file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codes.includes(errorCode(error))) return null
    throw error
  }
}
