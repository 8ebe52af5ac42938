/** What the files of a compose stack name, so that the variables that they use are known to be wanted: all that they lead to. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ChaosError } from '../../core/errors.ts'

const MOST_FILES = 200
const MOST_WORDS = 5_000
/** Of paths that are looked for, over all files. */
const MOST_LOOKS = 50_000
const LONGEST_PATH = 500
const LARGEST_BYTES = 1024 * 1024
const VARIABLE = /\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}?/g

/**
 * Reads the texts of compose files and of all files that they name: what they include and extend, env files, and the `.env` of
 * their folders. Whatever stands there and is a file counts, as one that is read for nothing does no harm.
 * @throws BAD_INPUT for a compose file that cannot be read.
 */
export async function composeTexts(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const texts: string[] = []
  const seen = new Set<string>()
  const waiting = [...files]
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    if (seen.has(file)) continue
    if (texts.length >= MOST_FILES || seen.size >= MOST_LOOKS) break
    seen.add(file)
    const text = files.includes(file) ? await readComposeFile(file) : await textOf(file)
    if (text === null) continue
    texts.push(text)
    const project = dirname(files[0] ?? file)
    waiting.push(...pathsIn(text, env).flatMap((path) => [resolve(dirname(file), path), resolve(project, path)]))
  }
  return texts
}

/** Words that may be paths, with the variables in them filled in. Pure. */
export function pathsIn(text: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const filled = text.replace(VARIABLE, (_all, name: string, other: string | undefined) => env[name] ?? other ?? '')
  const words = new Set(filled.split(/[\s"'`,[\]{}()]+/).flatMap((word) => [word, ...word.split(':')]))
  return ['.env', ...[...words].filter((word) => word !== '' && word.length <= LONGEST_PATH).slice(0, MOST_WORDS)]
}

/** null for what is no file, or too long to be one of these. */
async function textOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile() || found.size > LARGEST_BYTES) return null
  return readFile(path, 'utf8').catch(() => null)
}

function readComposeFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ChaosError('BAD_INPUT', `the compose file ${file} cannot be read`, { cause })
  })
}
