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

/** Replaces each secret by stars. Values under six characters are left: they would blot out ordinary words. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const values = [...new Set(secrets.filter((value) => value.length >= 6))].sort((a, b) => b.length - a.length)
  return (text) =>
    values
      .reduce((redacted, value) => redacted.replaceAll(value, '***'), text)
      .replace(/(authorization["']?\s*[:=]\s*["']?bearer\s+)[^\s"',]+/gi, '$1***')
}

/** The same with every string redacted, keys left alone: log lines and bodies find their way into reasons. */
export function redactObject<T>(value: T, redact: (text: string) => string): T {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return redact(part)
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(value) as T
}
