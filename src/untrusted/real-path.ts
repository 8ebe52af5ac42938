import { readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ChaosError, systemErrorCode } from '../core/errors.ts'

/** As many as the kernel follows. */
const MOST_LINKS = 40

/**
 * Where an absolute path leads when all links are followed, as the kernel follows them. Of what does not exist, as far as it
 * does: what Docker would make there is made where that leads. @throws BAD_INPUT for links that lead in a circle.
 */
export function realPath(path: string, links = 0): string {
  if (links > MOST_LINKS) throw new ChaosError('BAD_INPUT', `the links at ${path} lead in a circle`)
  try {
    return realpathSync.native(path)
  } catch (error) {
    const code = systemErrorCode(error)
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path) throw error
  }
  const folder = realPath(dirname(path), links)
  const here = join(folder, basename(path))
  const target = targetOf(here)
  return target === null ? here : realPath(resolve(folder, target), links + 1)
}

/** Of a link to what is not there yet; null for what is no link. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
