/** Makes the toolbox image from the sources as they are now, once for all test files of a process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { BUNDLES } from '../../../build/bundles.ts'
import { makeBundle } from '../../../build/make-bundle.ts'
import { transpileTree } from '../../../build/transpile.ts'
import { createDockerClient } from '../../../src/runtime/docker-client.ts'
import { ensureBuilt } from '../../../src/runtime/images.ts'
import { createSpawnExec } from '../../../src/runtime/spawn-exec.ts'

const REPOSITORY = resolve(import.meta.dirname, '../../..')
const IMAGE = 'chaos-action-test/toolbox'

export default async function prepareToolboxImage(project: TestProject): Promise<void> {
  project.provide('toolboxImage', await build())
}

async function build(): Promise<string> {
  const bundle = BUNDLES.find(({ name }) => name === 'toolbox')
  if (bundle === undefined) throw new Error('build/bundles.ts has no bundle named toolbox')
  const cache = join(REPOSITORY, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'toolbox-image-'))
  const [sources, context] = [join(folder, 'sources'), join(folder, 'context')]
  try {
    transpileTree(REPOSITORY, sources)
    for (const [name, file] of await makeBundle(bundle, REPOSITORY, sources)) {
      mkdirSync(dirname(join(context, name)), { recursive: true })
      writeFileSync(join(context, name), file.content)
    }
    const deps = {
      exec: createSpawnExec(),
      docker: createDockerClient(),
      log: { log: () => undefined },
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
      signal: AbortSignal.timeout(170_000),
      // Lanes of one run have an image each, as the folder's name is in it: none takes another's away.
      pruneOlderThanMs: 3_600_000,
    }
    return (await ensureBuilt(IMAGE, context, deps)).image
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
