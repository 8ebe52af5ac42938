/** Dangers in what this action reads or mounts of the workspace by itself, once containers of the stack may have changed it. Pure. */
import { shown, type Danger } from './danger.ts'
import type { Ground } from './ground.ts'
import { writtenFolder, type Written } from './mounts.ts'

export interface Reread {
  /** Where it is named, `images[0].context` for example. */
  readonly key: string
  readonly path: string
  readonly allow: 'build' | 'mount'
}

export function rereadDangers(all: readonly Reread[], ground: Ground, written: Written): Danger[] {
  return all.flatMap(({ key, path, allow }): Danger[] => {
    const folder = writtenFolder(ground.real(path), written)
    if (folder === null) return []
    const why = `it lies in ${shown(folder)}, where a container may put something else in its place`
    return [{ service: null, key, what: shown(path), why, allow }]
  })
}
