import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ncc, { type BundledModule } from '@vercel/ncc'
import { transform, type TransformOptions } from 'esbuild'
import { MOST_BYTES, type Bundle } from './bundles.ts'
import { licencesOf } from './licenses.ts'

const CHUNK = /^\d+\.index\.js$/
/** What ncc leaves of an import of ours that it could not follow: it says nothing of that. */
const LOST_MODULE = /eval\("require"\)\("(\.[^"]*)"\)/

/** Beside chunks. Workers of pino and thread-stream, whose other modules are in the bundle. */
const KNOWN_ASSETS: readonly string[] = ['package.json', 'file.js', 'worker.js', 'worker1.js']

const MINIFY: TransformOptions = {
  loader: 'js',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  charset: 'ascii',
  legalComments: 'none',
}

export interface BundleFile {
  readonly content: string | Buffer
  readonly executable: boolean
}

/** The files of one bundle by name. `sources` is the transpiled tree. @throws for a bundle that is too big or incomplete. */
export async function makeBundle(bundle: Bundle, repository: string, sources: string): Promise<Map<string, BundleFile>> {
  const entry = join(sources, bundle.entry.replace(/\.ts$/, '.js'))
  const externals = Object.fromEntries(Object.entries(bundle.absent).map(([name, file]) => [name, `./${file}`]))
  const { code, assets, stats } = await ncc(entry, {
    cache: false,
    externals,
    minify: false,
    quiet: true,
    sourceMap: false,
  })
  const files = new Map<string, BundleFile>([
    ['index.js', { content: await minified('index.js', code), executable: bundle.executable }],
  ])
  for (const [name, asset] of Object.entries(assets)) {
    // Schemas of the BuildKit session that the bundle does without.
    if (asset === undefined || name.endsWith('.proto')) continue
    if (!CHUNK.test(name) && !KNOWN_ASSETS.includes(name))
      throw new Error(`${bundle.name}: ncc emitted ${name}: whose is it, and is its licence in licenses.txt?`)
    files.set(name, { content: CHUNK.test(name) ? await minified(name, asset.source) : asset.source, executable: false })
  }
  for (const [name, { content }] of files) {
    const size = Buffer.byteLength(content)
    if (size > MOST_BYTES) throw new Error(`${bundle.name}/${name} has ${size} bytes, more than ${MOST_BYTES}`)
    const lost = LOST_MODULE.exec(content.toString())?.[1]
    if (lost !== undefined)
      throw new Error(`${bundle.name}/${name}: ncc found no module ${lost}, and would look for it at run time`)
  }
  if (!files.has('package.json')) throw new Error(`${bundle.name}: ncc emitted no ES module; the bundle could not start`)
  // Not by ncc's own option: it writes the file once for each chunk, and what is left is that of the last one.
  const others = filesIn(stats.compilation.modules).filter((file) => !file.startsWith(sources))
  const licences = licencesOf(others)
  files.set('licenses.txt', { content: licences, executable: false })
  for (const file of new Set(Object.values(bundle.absent))) files.set(file, copied(join(repository, 'build/absent', file)))
  for (const [name, path] of Object.entries(bundle.files)) files.set(basename(name), copied(join(repository, path)))
  return files
}

/** webpack joins modules into one that has no file of its own. */
function filesIn(modules: Iterable<BundledModule>): string[] {
  return [...modules].flatMap(({ resource, modules: joined }) => [
    ...(resource === undefined ? [] : [resource]),
    ...(joined === undefined ? [] : filesIn(joined)),
  ])
}

/**
 * Not by ncc itself, whose minifier takes most of the time of a build and leaves chunks, which `import()` loads late, as they
 * are. ASCII alone: Node keeps other text in twice the memory. @throws for what cannot be parsed.
 */
async function minified(name: string, source: string | Buffer): Promise<string> {
  const { code } = await transform(source.toString(), { ...MINIFY, sourcefile: name })
  if (code === '') throw new Error(`${name} was minified to nothing`)
  return code
}

function copied(path: string): BundleFile {
  return { content: readFileSync(path), executable: false }
}
