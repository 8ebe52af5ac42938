/** What in a compose stack reaches beyond its own containers, in words for whoever has to allow it. */
import { isAbsolute, resolve } from 'node:path'
import type { DangerKind } from './allow-untrusted.ts'

export interface Danger {
  /** null: of the stack, and of no service. */
  readonly service: string | null
  /** Where it stands in the merged configuration, `services.web.volumes[0]` for example. */
  readonly key: string
  readonly what: string
  readonly why: string
  /** The name by which `allow-untrusted` allows it. */
  readonly allow: DangerKind
}

export interface DangerOptions {
  /** Absolute: what lies in it belongs to the code that is judged. */
  readonly workspace: string
  /** Folders that the stack may read, absolute: the action's own stack for example. */
  readonly allowedRoots?: readonly string[]
  /** Where a path leads when all links are followed; of what does not exist yet, as far as it does. */
  readonly realpath: (path: string) => string
}

/** The part of the machine that the stack may use. */
export interface Ground {
  /** With all links followed. */
  real(path: string): string
  isInside(path: string): boolean
  /** What lies in the workspace; other folders are there to be read. */
  isWritable(path: string): boolean
}

export function groundOf({ workspace, allowedRoots = [], realpath }: DangerOptions): Ground {
  const own = [realpath(resolve(workspace))]
  const all = [...own, ...allowedRoots.map((root) => realpath(resolve(root)))]
  // Twice, as `link/..` is another folder for the kernel than for whoever only reads the name.
  const isBelow = (path: string, roots: readonly string[]): boolean =>
    isAbsolute(path) && [realpath(path), realpath(resolve(path))].every((real) => roots.some((root) => contains(root, real)))
  return {
    real: (path) => realpath(resolve(path)),
    isInside: (path) => isBelow(path, all),
    isWritable: (path) => isBelow(path, own),
  }
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
}

/** For a danger's `what`: one value, bounded. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
