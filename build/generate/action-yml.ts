/** What action.yml declares. The file keeps to two spaces and one-line scalars, so that no YAML library is needed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Declared {
  readonly name: string
  readonly description: string
  /** undefined: it has none, as outputs do. */
  readonly default: string | undefined
}

export function readActionYml(): string {
  return readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8')
}

/** The entries of a block, in order. */
export function declaredIn(text: string, block: 'inputs' | 'outputs'): Declared[] {
  const [, body = ''] = text.split(new RegExp(`^${block}:\\n`, 'm'))
  const entries: { name: string; description: string; default: string | undefined }[] = []
  for (const line of (body.split(/^\S/m)[0] ?? '').split('\n')) {
    const name = /^ {2}([\w-]+):/.exec(line)?.[1]
    if (name !== undefined) entries.push({ name, description: '', default: undefined })
    const entry = entries.at(-1)
    const [, key, value = ''] = /^ {4}(default|description): (.*)$/.exec(line) ?? []
    if (entry === undefined || key === undefined) continue
    entry[key === 'default' ? 'default' : 'description'] = value.replace(/^'(.*)'$/, '$1')
  }
  return entries
}
