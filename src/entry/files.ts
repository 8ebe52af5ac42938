import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { ChaosError } from '../core/errors.ts'
import type { ArtifactPort } from '../core/ports.ts'

/** Writes under `outDir` only. Every text is passed through `redact` before it reaches the disk. */
export function fileArtifacts(outDir: string, redact: (text: string) => string): ArtifactPort {
  return {
    write: (path, text) => writeBelow(outDir, path, redact(text)),
    writeBytes: (path, bytes) => writeBelow(outDir, path, bytes),
  }
}

async function writeBelow(outDir: string, path: string, content: string | Uint8Array): Promise<string> {
  const relative = normalize(path)
  if (relative.startsWith('..') || relative.startsWith(sep))
    throw new ChaosError('INTERNAL', `${path} lies outside the results folder`)
  const file = join(outDir, relative)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  await chmod(file, 0o644)
  return relative
}
