/** Reads one of the user's JSON files: bounded, strict, with the place of everything in it. */
import { readFileSync, statSync } from 'node:fs'
import { describeError, systemErrorCode } from '../core/errors.ts'
import { printable } from '../kinds/display.ts'
import { parseJsonTree, type JsonNode } from './json-tree.ts'
import { MistakeList, type Locate } from './mistakes.ts'

export const MAX_SOURCE_BYTES = 8 * 1_024 * 1_024

export interface JsonSource {
  readonly file: string
  /** null when the file could not be read or is no JSON; the mistakes say why. */
  readonly root: JsonNode | null
  readonly locate: Locate
  readonly mistakes: MistakeList
}

/** Never throws for what is in the file or for a file that is not there. */
export function readJsonSource(file: string): JsonSource {
  const read = readText(file)
  if ('problem' in read) {
    const mistakes = new MistakeList(file)
    mistakes.add(0, [], read.problem)
    return { file, root: null, locate: () => ({ line: 1, column: 1 }), mistakes }
  }
  return parseJsonSource(file, read.text)
}

export function parseJsonSource(file: string, text: string): JsonSource {
  const locate = locator(text)
  const mistakes = new MistakeList(file, locate)
  const hasMark = text.startsWith('\uFEFF')
  if (hasMark)
    mistakes.add(0, [], 'the file begins with a byte order mark, which JSON does not allow: save it as UTF-8 without one')
  // A blank of the same length keeps all offsets.
  const root = parseJsonTree(hasMark ? ` ${text.slice(1)}` : text, mistakes)
  return { file, root, locate, mistakes }
}

/** The text of a regular file of bounded size in UTF-8, or what is wrong with it. */
function readText(file: string): { text: string } | { problem: string } {
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) return { problem: 'this is a folder, not a file' }
    if (!stat.isFile()) return { problem: 'this is not a regular file' }
    if (stat.size > MAX_SOURCE_BYTES)
      return { problem: `the file has ${stat.size} bytes; at most ${MAX_SOURCE_BYTES} are read: split it` }
    const bytes = readFileSync(file)
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { problem: 'the file is not UTF-8 text' }
    }
    if (systemErrorCode(error) === 'ENOENT') return { problem: 'there is no such file' }
    return { problem: `the file cannot be read: ${printable(describeError(error, 300))}` }
  }
}

/** null for what is not there, cannot be reached or is neither. */
export function pathKind(path: string): 'file' | 'folder' | null {
  try {
    const stat = statSync(path)
    if (stat.isFile()) return 'file'
    return stat.isDirectory() ? 'folder' : null
  } catch {
    return null
  }
}

/** Line and column of an offset, by binary search over the line starts, which are found when first asked for. */
function locator(text: string): Locate {
  let starts: number[] | null = null
  return (offset) => {
    starts ??= [0, ...Array.from(text.matchAll(/\r\n?|\n/g), ({ 0: { length }, index }) => index + length)]
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}
