/**
 * Builds dist/: `node build/bundle.ts [--out DIR] [NAME…]`. Without names every bundle is built and what else lies in
 * the folder is removed.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BUNDLES } from './bundles.ts'
import { makeBundle } from './make-bundle.ts'
import { transpileTree } from './transpile.ts'

const repository = resolve(import.meta.dirname, '..')

export async function buildDist(out: string, names: readonly string[] = []): Promise<void> {
  const unknown = names.filter((name) => !BUNDLES.some((bundle) => bundle.name === name))
  if (unknown.length > 0) {
    throw new Error(`no bundle ${unknown.join(', ')}; there are ${BUNDLES.map((bundle) => bundle.name).join(', ')}`)
  }
  const cache = join(repository, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const sources = mkdtempSync(join(cache, 'bundle-'))
  const before = process.cwd()
  try {
    // ncc derives module ids from paths relative to the working directory: from here they are the same on every machine.
    // The folder is empty, as ncc takes `process.cwd() + name` in a dependency for a reference to all that lies in it.
    const nowhere = join(sources, 'nowhere')
    mkdirSync(nowhere)
    process.chdir(nowhere)
    transpileTree(repository, sources)
    if (names.length === 0) rmSync(out, { recursive: true, force: true })
    for (const bundle of BUNDLES) {
      if (names.length > 0 && !names.includes(bundle.name)) continue
      const startedMs = performance.now()
      const files = await makeBundle(bundle, repository, sources)
      const folder = join(out, bundle.name)
      rmSync(folder, { recursive: true, force: true })
      for (const [name, file] of files) {
        const path = join(folder, name)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, file.content)
        if (file.executable) chmodSync(path, 0o755)
      }
      const kilobytes = Math.round(Buffer.byteLength(files.get('index.js')?.content ?? '') / 1000)
      console.log(`${bundle.name}: ${String(kilobytes)} kB in ${String(Math.round(performance.now() - startedMs))} ms`)
    }
  } finally {
    process.chdir(before)
    rmSync(sources, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true })
  await buildDist(resolve(values.out ?? join(repository, 'dist')), positionals)
}
