import { createReadStream } from 'node:fs'
import { appendFile, chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { ChaosError } from '../core/errors.ts'
import type { ArtifactPort, ScratchFile } from '../ports/files.ts'

/** Writes under `outDir` only. Every text is passed through `redact` before it reaches the disk. */
export function fileArtifacts(outDir: string, redact: (text: string) => string): ArtifactPort {
  return {
    write: (path, text) => writeBelow(outDir, path, redact(text)),
    writeBytes: (path, bytes) => writeBelow(outDir, path, bytes),
  }
}

/** Empty, readable by its owner only, in a folder that need not be there. */
export async function openScratchFile(path: string): Promise<ScratchFile> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '', { mode: 0o600 })
  return {
    append: (bytes) => appendFile(path, bytes),
    read: (from, to) => createReadStream(path, { start: from, end: to - 1 }),
    remove: () => rm(path, { force: true }),
  }
}

async function writeBelow(outDir: string, path: string, content: string | AsyncIterable<Uint8Array>): Promise<string> {
  const relative = normalize(path)
  if (relative.startsWith('..') || relative.startsWith(sep))
    throw new ChaosError('INTERNAL', `${path} lies outside the results folder`)
  const file = join(outDir, relative)
  await mkdir(dirname(file), { recursive: true })
  const partial = `${file}.partial`
  try {
    await writeFile(partial, content)
    await chmod(partial, 0o644)
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return relative
}
