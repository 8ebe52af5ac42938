/** The identity of an image that we build: everything that goes into it. */
import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ChaosError } from '../../core/errors.ts'

const MOST_FILES = 2_000

/** Twelve hex digits over the folder's files (path, exec bit, content) and the ids of the base images. */
export async function contextHash(context: string, baseIds: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const id of baseIds) hash.update(`base ${id}\0`)
  for (const path of await filesBelow(context)) {
    const full = join(context, path.name)
    if (path.link) {
      hash.update(`link ${path.name}\0${await readlink(full)}\0`)
      continue
    }
    const content = await readFile(full)
    // Of the mode only the exec bit counts: the rest is the umask of whoever made the checkout.
    const executable = ((await stat(full)).mode & 0o111) !== 0
    hash.update(`file ${path.name}\0${executable ? 'x' : '-'}${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 12)
}

async function filesBelow(context: string): Promise<{ name: string; link: boolean }[]> {
  const entries = await readdir(context, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new ChaosError('IMAGE_MISSING', `the image context ${context} cannot be read`, { cause })
  })
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ name: relative(context, join(entry.parentPath, entry.name)), link: entry.isSymbolicLink() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (files.length > MOST_FILES)
    throw new ChaosError('BAD_INPUT', `the image context ${context} has more than ${MOST_FILES} files`)
  return files
}

/** The images that a Dockerfile starts from, stages of its own left out. @throws BAD_INPUT for one named by a build argument. */
export function baseImages(dockerfile: string, file: string): string[] {
  const stages = new Set<string>(['scratch'])
  const bases: string[] = []
  for (const line of dockerfile.split('\n')) {
    const match = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line)
    const base = match?.[1]
    if (base === undefined) continue
    if (base.includes('$'))
      throw new ChaosError('BAD_INPUT', `${file}: the base image ${base} must be written out, not come from a build argument`)
    if (!stages.has(base.toLowerCase())) bases.push(base)
    if (match?.[2] !== undefined) stages.add(match[2].toLowerCase())
  }
  return [...new Set(bases)]
}
