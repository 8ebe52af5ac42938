/** The part of the machine that a stack of strangers may use. Pure but for what it is given to look with. */
import { isAbsolute, join, resolve } from 'node:path'
import type { GitFolders } from './git-folders.ts'
import type { UsedRange } from './used-ranges.ts'

/** What is looked at of the machine. */
interface Machine {
  /** Where a path leads when all links are followed; of what does not exist yet, as far as it does. */
  readonly realpath: (path: string) => string
  readonly gitFolders: (folder: string) => GitFolders
  /** Of a regular file of bounded size that is no link; null for anything else. */
  readonly plainFile: (path: string) => string | null
  /** Addresses that it uses itself. */
  readonly usedRanges: readonly UsedRange[]
}

export interface DangerOptions extends Machine {
  /** Absolute: what lies in it belongs to the code that is judged. */
  readonly workspace: string
  /** Folders that the stack may read and not write, absolute: the action's own stack for example. */
  readonly allowedRoots?: readonly string[]
  /** Folders of this action, absolute: what it writes for others, and what it runs itself, in this job or after it. */
  readonly kept?: readonly string[]
  /** Of the machine's environment, what the stack is not given, by name. */
  readonly withheld?: ReadonlyMap<string, string>
}

export interface Ground {
  /** With all links followed. */
  real(path: string): string
  isInside(path: string): boolean
  /** What lies in the workspace; other folders are there to be read. */
  isWritable(path: string): boolean
  /** Why a container may not be shown this folder or file of the workspace; null: it may. */
  keptProblem(path: string): string | null
  /** Why a build may not read this folder of the workspace; null: it may. */
  contextProblem(path: string): string | null
  readonly plainFile: Machine['plainFile']
  readonly usedRanges: readonly UsedRange[]
  readonly withheld: ReadonlyMap<string, string>
}

const IN_GIT = /(^|\/)\.git(\/|$)/i
/** How `actions/checkout` keeps its token, and how people keep theirs. */
const CREDENTIALS = /extraheader\s*=|https?:\/\/[^\s/@]+@/i

export function groundOf(options: DangerOptions): Ground {
  const { workspace, allowedRoots = [], kept = [], realpath } = options
  const whole = realpath(resolve(workspace))
  const readOnly = allowedRoots.map((root) => realpath(resolve(root)))
  const ours = kept.map((folder) => realpath(resolve(folder)))
  const real = (path: string): string => realpath(resolve(path))
  // Twice, as `link/..` is another folder for the kernel than for whoever only reads the name.
  const isBelow = (path: string, roots: readonly string[]): boolean =>
    isAbsolute(path) && [realpath(path), real(path)].every((one) => roots.some((root) => contains(root, one)))
  // Several services are often built from one context, and a checkout is large.
  const looked = new Map<string, GitFolders>()
  const gitFolders = (folder: string): GitFolders => {
    const found = looked.get(folder) ?? options.gitFolders(folder)
    looked.set(folder, found)
    return found
  }
  /** What is wrong with it as such, whatever may lie in it. */
  const ownProblem = (there: string): string | null => {
    if (IN_GIT.test(there)) return 'it is of what Git keeps of the checkout: hooks, and often a token'
    if (readOnly.some((root) => contains(root, there))) return null
    const folder = ours.find((one) => contains(one, there))
    return folder === undefined ? null : `it lies in ${folder}, which is this action’s own`
  }
  const keptProblem = (path: string): string | null => {
    const there = real(path)
    if (contains(there, whole)) return 'it is the whole workspace, with what Git keeps of the checkout: mount folders of it'
    const own = ownProblem(there)
    if (own !== null) return own
    const held = ours.find((folder) => contains(there, folder))
    if (held !== undefined) return `it holds ${held}, which is this action’s own`
    const { found, isWhole } = gitFolders(there)
    if (found[0] !== undefined) return `it holds ${found[0]}, with hooks of Git and often a token: mount folders beside it`
    return isWhole
      ? null
      : 'it holds too many files, or a folder that cannot be read, to tell whether a checkout of Git is among them'
  }
  return {
    real,
    isInside: (path) => isBelow(path, [whole, ...readOnly]),
    isWritable: (path) =>
      isBelow(path, [whole]) && !readOnly.some((root) => contains(root, real(path)) || contains(real(path), root)),
    keptProblem,
    contextProblem: (path) => ownProblem(real(path)) ?? tokenProblem(gitFolders(real(path)), options.plainFile),
    plainFile: options.plainFile,
    usedRanges: options.usedRanges,
    withheld: options.withheld ?? new Map(),
  }
}

/** A context is sent to the builder as a whole, and most are the whole of a checkout: it is the token that may not be in it. */
function tokenProblem({ found }: GitFolders, plainFile: Machine['plainFile']): string | null {
  const file = found.map((folder) => join(folder, 'config')).find((path) => CREDENTIALS.test(plainFile(path) ?? ''))
  if (file === undefined) return null
  return `${file} holds a token that the build could read: check out with persist-credentials: false`
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
}
