/** Makes the toolbox image from the sources as they are now, once for all that are tested of the same sources. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { BUNDLES } from '../../../build/bundles.ts'
import { createDockerClient } from '../../../src/stack/docker/client.ts'
import { ensureBuilt } from '../../../src/stack/images/images.ts'
import { createSpawnExec } from '../../../src/stack/programs/spawn-exec.ts'

const REPOSITORY = resolve(import.meta.dirname, '../../..')
const IMAGE = 'chaos-action-test/toolbox'
/** Longer than a run of all tests. */
const KEEP_MS = 7_200_000
/** All that the bundle is made of, and what makes it. */
const SOURCES = ['src/**/*', 'stack/**/*.ts', 'toolbox/**/*', 'build/**/*', 'package-lock.json']

export default async function prepareToolboxImage(project: TestProject): Promise<void> {
  project.provide('toolboxImage', await build())
}

async function build(): Promise<string> {
  const deps = {
    exec: createSpawnExec(),
    docker: createDockerClient(),
    log: { log: () => undefined },
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
    signal: AbortSignal.timeout(170_000),
    // Lanes of one run use the same one: none takes away what another was given.
    pruneOlderThanMs: KEEP_MS,
  }
  return (await ensureBuilt(IMAGE, await contextFolder(), deps)).image
}

/** The folder that the image is built from. Bundling it takes ten seconds of CPU time, which each stage would spend again. */
async function contextFolder(): Promise<string> {
  const cache = join(REPOSITORY, 'node_modules/.cache/toolbox-image')
  const context = join(cache, hashOfSources())
  if (existsSync(context)) return context
  mkdirSync(cache, { recursive: true })
  removeOld(cache)
  const folder = mkdtempSync(join(cache, 'new-'))
  try {
    await bundleInto(join(folder, 'context'), join(folder, 'sources'))
    renameSync(join(folder, 'context'), context)
  } catch (error) {
    // Another lane may have been first.
    if (!existsSync(context)) throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return context
}

/** Of earlier sources, and of stages that were killed; what another lane has just made or is making stays. */
function removeOld(cache: string): void {
  for (const path of readdirSync(cache).map((name) => join(cache, name))) {
    // Another lane may take it away at the same time.
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity }
    if (Date.now() - mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true })
  }
}

async function bundleInto(context: string, sources: string): Promise<void> {
  const bundle = BUNDLES.find(({ name }) => name === 'toolbox')
  if (bundle === undefined) throw new Error('build/bundles.ts has no bundle named toolbox')
  // Compilers, which only the first of all stages has to load.
  const { transpileTree } = await import('../../../build/transpile.ts')
  const { makeBundle } = await import('../../../build/make-bundle.ts')
  transpileTree(REPOSITORY, sources)
  for (const [name, file] of await makeBundle(bundle, REPOSITORY, sources)) {
    mkdirSync(dirname(join(context, name)), { recursive: true })
    writeFileSync(join(context, name), file.content)
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync(SOURCES, { cwd: REPOSITORY, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).toSorted())
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  return hash.digest('hex').slice(0, 16)
}
