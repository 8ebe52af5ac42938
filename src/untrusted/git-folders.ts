import { readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { systemErrorCode } from '../core/errors.ts'

/** Looked at in one folder, with all below it. */
const MOST_ENTRIES = 50_000

export interface GitFolders {
  /** All that are named `.git`, folders or not: the nearest first. */
  readonly found: readonly string[]
  /** false: there is more in it than was looked at, or than could be. */
  readonly isWhole: boolean
}

/**
 * What Git keeps of checkouts in a folder: hooks that the next `git` runs, and often the credentials that fetched it. What is
 * in them is not looked through, and links are not followed: where they lead is of no container's that mounts the folder.
 */
export function gitFolders(folder: string, most = MOST_ENTRIES): GitFolders {
  const found: string[] = []
  const waiting = [folder]
  let entries = 0
  let isWhole = true
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    const all = entriesOf(at)
    // A container is shown it all the same, and may be root there.
    if (all === null) isWhole = false
    for (const entry of all ?? []) {
      entries += 1
      if (entries > most) return { found, isWhole: false }
      if (entry.name.toLowerCase() === '.git') found.push(join(at, entry.name))
      else if (entry.isDirectory()) waiting.push(join(at, entry.name))
    }
  }
  return { found, isWhole }
}

/** Of what is no folder, or not there: none. null for one that cannot be read. */
function entriesOf(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '') ? [] : null
  }
}
