/**
 * Builds dist/: `node build/bundle.ts [--out DIR] [NAME…]`. Without names every bundle is built and what else lies in
 * the folder is removed.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BUNDLES, type Bundle } from './bundles.ts'
import { makeBundle, type BundleFile } from './make-bundle.ts'
import { transpileTree } from './transpile.ts'

const repository = resolve(import.meta.dirname, '..')

export async function buildDist(out: string, names: readonly string[] = []): Promise<void> {
  const unknown = names.filter((name) => !BUNDLES.some((bundle) => bundle.name === name))
  if (unknown.length > 0) {
    throw new Error(`no bundle ${unknown.join(', ')}; there are ${BUNDLES.map((bundle) => bundle.name).join(', ')}`)
  }
  const chosen = BUNDLES.filter((bundle) => names.length === 0 || names.includes(bundle.name))
  // Nothing is touched before everything is built: a build that fails leaves the old bundles whole.
  const built = await makeBundles(chosen)
  if (names.length === 0) rmSync(out, { recursive: true, force: true })
  for (const [name, files] of built) writeBundle(join(out, name), files)
}

async function makeBundles(bundles: readonly Bundle[]): Promise<Map<string, Map<string, BundleFile>>> {
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
    const built = new Map<string, Map<string, BundleFile>>()
    for (const bundle of bundles) {
      const startedMs = performance.now()
      const files = await makeBundle(bundle, repository, sources)
      built.set(bundle.name, files)
      const kilobytes = Math.round(Buffer.byteLength(files.get('index.js')?.content ?? '') / 1000)
      console.log(`${bundle.name}: ${kilobytes} kB in ${Math.round(performance.now() - startedMs)} ms`)
    }
    return built
  } finally {
    process.chdir(before)
    rmSync(sources, { recursive: true, force: true })
  }
}

function writeBundle(folder: string, files: ReadonlyMap<string, BundleFile>): void {
  rmSync(folder, { recursive: true, force: true })
  for (const [name, file] of files) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.content)
    if (file.executable) chmodSync(path, 0o755)
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true })
  await buildDist(resolve(values.out ?? join(repository, 'dist')), positionals)
}
