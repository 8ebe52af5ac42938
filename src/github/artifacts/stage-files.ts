/**
 * Copies of what goes up. The artifact library follows links, reads by name and ends the process when a file that it has
 * begun with cannot be read: it gets files that are ours alone.
 */
import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { describeError, systemErrorCode } from '../../core/errors.ts'
import { consoleText } from '../../report/escape.ts'
import { fitToLimits, isOptional, type ArtifactLimits, type SizedFile } from './files.ts'

export interface Staged {
  /** Absolute paths of the copies. */
  readonly files: readonly string[]
  readonly warnings: readonly string[]
}

const CHUNK_BYTES = 1024 ** 2
/** Characters that an artifact may have in no path, and those that no path needs. */
const REFUSED = /[":<>|*?\\\p{Cc}]/u

/**
 * Copies regular files from below `from` to the same place below `to`; links, sockets and what lies outside are named in a
 * warning. A file that grows meanwhile is cut at the size that it had.
 */
export async function stageFiles(
  from: string,
  paths: readonly string[],
  to: string,
  limits: ArtifactLimits,
  signal: AbortSignal,
): Promise<Staged> {
  const root = await realpath(from)
  const warnings: string[] = []
  const files: SizedFile[] = []
  for (const path of paths) {
    try {
      await using file = await openInside(root, path)
      files.push({ path, bytes: (await file.stat()).size })
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT' || !isOptional(path)) warnings.push(notUploaded(path, error))
    }
  }
  const fitted = fitToLimits(files, limits)
  const staged: string[] = []
  for (const { path, bytes } of fitted.kept) {
    signal.throwIfAborted()
    try {
      await copyInside(root, path, join(to, path), bytes, signal)
      staged.push(join(to, path))
    } catch (error) {
      warnings.push(notUploaded(path, error))
    }
  }
  return { files: staged, warnings: [...warnings, ...fitted.warnings] }
}

async function copyInside(root: string, path: string, target: string, bytes: number, signal: AbortSignal): Promise<void> {
  await using source = await openInside(root, path)
  await mkdir(dirname(target), { recursive: true })
  await using copy = await open(target, 'wx', 0o600)
  const buffer = Buffer.alloc(Math.min(bytes, CHUNK_BYTES))
  for (let left = bytes; left > 0;) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, Math.min(left, buffer.length), null)
    if (bytesRead === 0) return
    await copy.appendFile(buffer.subarray(0, bytesRead))
    left -= bytesRead
  }
}

/** Opens without following a link anywhere below `root`, also when somebody swaps one in at this very moment. */
async function openInside(root: string, path: string): Promise<FileHandle> {
  if (isAbsolute(path) || normalize(path) !== path || path.startsWith('..') || REFUSED.test(path))
    throw new Error('it is no plain path below the results folder')
  const name = join(root, path)
  // Opening a pipe must not wait for who writes to it.
  const file = await open(name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const opened = await file.stat()
    if (!opened.isFile()) throw new Error('it is no regular file')
    const named = await lstat(name)
    if ((await realpath(name)) !== name || named.ino !== opened.ino || named.dev !== opened.dev)
      throw new Error('it is reached through a link')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

function notUploaded(path: string, error: unknown): string {
  const code = systemErrorCode(error)
  const why = code === 'ENOENT' ? 'it is not there' : code === 'ELOOP' ? 'it is a link' : describeError(error, 200)
  return `not uploaded: ${consoleText(path, 200)}: ${consoleText(why, 200)}`
}
