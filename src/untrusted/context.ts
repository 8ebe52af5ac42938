/** Dangers in what a build reads: its contexts and its Dockerfile. Pure but for what the ground looks at. */
import { isAbsolute } from 'node:path'
import { shown } from './danger.ts'
import { dockerfileProblems } from './dockerfile.ts'
import { addressProblem, imageProblem, isAddress } from './fetched.ts'
import type { Ground } from './ground.ts'
import { within, writtenFolder, type Written } from './mounts.ts'

export interface Context {
  readonly context: string
  /** Empty: the usual one. */
  readonly dockerfile: string
  /** In place of a file; null: it is one. */
  readonly inline: string | null
  /** Further contexts, by name. */
  readonly more: readonly (readonly [name: string, value: string])[]
  /** Arguments of the build. */
  readonly args: ReadonlyMap<string, string>
}

/** @param key - Beside `context`, the part that it stands in. */
export type AddContext = (key: string, what: unknown, why: string) => void

/** Contexts of Compose that are fetched, and written without a scheme. */
const SHORT_GIT = /^github\.com\//

export function contextDangers(of: Context, ground: Ground, written: Written, add: AddContext): void {
  const isRemote = sourceProblem('context', of.context, ground, written, add)
  for (const [name, value] of of.more) sourceProblem(`additional_contexts.${name}`, value, ground, written, add)
  const tell = (key: string, text: string): void => {
    for (const { line, what, why } of dockerfileProblems(text, of.args)) add(key, `line ${line}: ${what}`, why)
  }
  if (of.inline !== null && of.inline !== '') tell('dockerfile_inline', of.inline)
  // In a context that is fetched it is a path of that context, and what stands in it is known to nobody yet.
  else if (isRemote) {
    if (isAbsolute(of.dockerfile)) add('dockerfile', of.dockerfile, 'it lies outside the workspace')
  } else if (isAbsolute(of.context)) readDockerfile(of, ground, written, tell, add)
}

function readDockerfile(
  { context, dockerfile }: Context,
  ground: Ground,
  written: Written,
  tell: (key: string, text: string) => void,
  add: AddContext,
): void {
  const path = within(context, dockerfile === '' ? 'Dockerfile' : dockerfile)
  const real = ground.real(path)
  const folder = writtenFolder(real, written)
  if (!ground.isInside(path)) {
    // Of a context that lies outside as well, it is that which is told.
    if (dockerfile !== '' && (isAbsolute(dockerfile) || ground.isInside(context)))
      add('dockerfile', dockerfile, 'it lies outside the workspace')
    return
  }
  const kept = ground.contextProblem(path)
  if (kept !== null) add('dockerfile', path, kept)
  if (folder !== null && writtenFolder(ground.real(context), written) === null) add('dockerfile', path, inWritten(folder))
  const text = ground.plainFile(real)
  if (text === null) add('dockerfile', path, 'it is no file that can be read and judged, of 512 KiB at most')
  else tell('dockerfile', text)
}

/** Whether it is fetched. */
function sourceProblem(key: string, source: string, ground: Ground, written: Written, add: AddContext): boolean {
  const image = /^docker-image:\/\/(.*)$/i.exec(source)?.[1]
  if (image !== undefined || /^(service|target):/.test(source)) {
    const why = image === undefined ? null : imageProblem(image)
    if (why !== null) add(key, source, why)
    return true
  }
  if (SHORT_GIT.test(source)) return true
  const path = source.replace(/^oci-layout:\/\//, '')
  if (path === source && isAddress(source)) {
    const why = /^(https?|git):\/\//i.test(source)
      ? addressProblem(source)
      : 'it is fetched with the SSH keys of the runner’s user, or in a way that is not known here'
    if (why !== null) add(key, source, why)
    return true
  }
  const folder = ground.isInside(path) ? writtenFolder(ground.real(path), written) : null
  const why = ground.isInside(path) ? ground.contextProblem(path) : 'it lies outside the workspace'
  if (why !== null) add(key, path, why)
  if (folder !== null) add(key, path, inWritten(folder))
  return false
}

function inWritten(folder: string): string {
  return `it lies in ${shown(folder)}, where a container may change what is built the next time`
}
