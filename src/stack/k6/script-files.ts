/**
 * What a script needs of this machine beside its own folder, for a k6 that sees no more than it is shown: the modules and the
 * data that lie above or aside of it. They are found by the relative paths that stand in it and in what it imports, word for
 * word; of one that is put together, `open('../data/' + name)`, the folder that it begins with.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'

export interface ScriptFiles {
  /** The lowest folder that holds all of them. */
  readonly root: string
  /** Absolute paths of files and folders below it, the script's folder first; none lies in another. */
  readonly shown: readonly string[]
  /** Addresses of modules that k6 fetches itself. */
  readonly remote: readonly string[]
}

const MODULE_ENDS = new Set(['.js', '.mjs', '.cjs', '.ts', '.json'])
const MOST_FILES = 200
const LARGEST_MODULE_BYTES = 4 * 1024 * 1024
const RELATIVE = /(["'`])(\.\.?\/[^"'`\n]{0,500}?)(?:\1|\$\{)/g
const REMOTE = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](https?:\/\/[^"'\s]{1,500})["']/g

interface Named {
  /** As they stand there: paths that begin with `./` or `../`. */
  readonly paths: readonly string[]
  readonly remote: readonly string[]
}

/** Pure. */
export function namedIn(source: string): Named {
  return {
    paths: [...source.matchAll(RELATIVE)].map(([, , path = '']) => path),
    remote: [...source.matchAll(REMOTE)].map(([, address = '']) => address),
  }
}

/**
 * `workspace`: beyond it, and beyond the folder that holds the script's own, nothing is shown; nor is what a dot hides, such
 * as what Git knows of its remotes.
 */
export async function scriptFiles(script: string, workspace: string): Promise<ScriptFiles> {
  const own = dirname(script)
  const isAllowed = await allowedBelow([workspace, dirname(own)])
  const shown = new Set<string>([own])
  const remote = new Set<string>()
  const seen = new Set([script])
  const waiting = [script]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const named = namedIn(await sourceOf(file))
    for (const address of named.remote) remote.add(address)
    // Data is looked for from the module that opens it, or from the script.
    const found = named.paths.flatMap((path) => [resolve(dirname(file), path), resolve(own, path)])
    for (const path of new Set(found)) {
      const kind = await kindOf(path)
      const there = kind === null ? dirname(path) : path
      if (seen.has(there) || seen.size >= MOST_FILES || (kind === null && (await kindOf(there)) === null)) continue
      seen.add(there)
      const holdsScript = isInside(own, there)
      if (!isInside(there, own) && !holdsScript && (await isAllowed(there))) shown.add(there)
      if (kind === 'file' && MODULE_ENDS.has(extname(path)) && (isInside(path, own) || shown.has(path))) waiting.push(path)
    }
  }
  const outermost = [...shown].filter((path) => ![...shown].some((other) => other !== path && isInside(path, other)))
  return { root: commonFolder(own, outermost), shown: outermost, remote: [...remote] }
}

/** Where links lead counts. */
async function allowedBelow(folders: readonly string[]): Promise<(path: string) => Promise<boolean>> {
  const real = await Promise.all(folders.map((folder) => realpath(folder)))
  return async (path) => {
    const there = await realpath(path)
    return real.some((folder) => {
      const below = relative(folder, there)
      return isInside(there, folder) && !below.split(sep).some((part) => part.startsWith('.'))
    })
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

function commonFolder(own: string, paths: readonly string[]): string {
  let folder = own
  while (!paths.every((path) => isInside(path, folder))) folder = dirname(folder)
  return folder
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  const found = await stat(path).catch(() => null)
  return found === null ? null : found.isFile() ? 'file' : found.isDirectory() ? 'folder' : null
}

/** What is no module, or too long for one, names nothing. */
async function sourceOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => null)
  if (found === null || found.size > LARGEST_MODULE_BYTES || !MODULE_ENDS.has(extname(file))) return ''
  return readFile(file, 'utf8')
}

/** Where one of them is below `mount`, in a container that is shown the root there. */
export function seenAt(mount: string, root: string, path: string): string {
  const below = relative(root, path)
  return below === '' ? mount : join(mount, below)
}
