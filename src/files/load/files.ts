/** Load patterns of folders: entries of manifests, and scripts that no manifest names. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { LoadPattern } from '../../core/load.ts'
import { childOf, type JsonNode } from '../json-tree.ts'
import { manifestSchema, MAX_PATTERNS, patternSchema, type PatternInput } from './schema.ts'
import { literalOptions } from './script-options.ts'
import { MistakeList } from '../mistakes.ts'
import { pathKind, readJsonSource, type JsonSource } from '../read-source.ts'
import { SCENARIO_ID } from '../scenarios/schema.ts'
import { checkNode } from '../schema-issues.ts'

const MANIFEST_FILE = 'load.json'
const SCRIPT_ENDS = new Set(['.js', '.mjs', '.ts'])

/**
 * Reads the folders. Every script in one of them is a pattern, with or without an entry in its `load.json`; those in
 * folders below are what scripts import, and so is one that exports nothing for k6 to run. Never throws for what the files
 * hold.
 */
export function readLoadFolders(folders: readonly string[]) {
  const reader = new LoadReader()
  for (const folder of new Set(folders.map((each) => resolve(each)))) reader.read(folder)
  return reader.result()
}

class LoadReader {
  private readonly patterns: LoadPattern[] = []
  private readonly lists: MistakeList[] = []
  private readonly places = new Map<string, string>()

  read(folder: string): void {
    const names = scriptsOf(folder)?.filter((name) => !isHelper(join(folder, name))) ?? null
    const manifest = join(folder, MANIFEST_FILE)
    const isThere = pathKind(manifest) !== null
    if (names === null || (names.length === 0 && !isThere)) {
      const mistakes = new MistakeList(folder)
      mistakes.add(0, [], names === null ? 'this folder cannot be read' : 'there is no k6 script in this folder')
      this.lists.push(mistakes)
      return
    }
    const named = isThere ? this.readManifest(manifest) : new Set<string>()
    for (const name of names) {
      const script = join(folder, name)
      if (!named.has(script)) this.addPlain(script)
    }
  }

  /** @returns the scripts that it names. */
  private readManifest(file: string): Set<string> {
    const source = readJsonSource(file)
    this.lists.push(source.mistakes)
    const named = new Set<string>()
    if (source.root === null) return named
    checkNode(manifestSchema, source.root, [], source.mistakes)
    const list = childOf(source.root, 'patterns')
    if (list?.kind !== 'array' || list.items.length > MAX_PATTERNS) return named
    list.items.forEach((node, index) => {
      const script = this.readEntry(source, node, index)
      if (script !== null) named.add(script)
    })
    return named
  }

  private readEntry(source: JsonSource, node: JsonNode, index: number): string | null {
    const at = ['patterns', index]
    const entry = checkNode(patternSchema, node, at, source.mistakes)
    if (entry === null) {
      // A script whose entry has mistakes must not be run without it.
      const script = childOf(node, 'script')
      return script?.kind === 'scalar' && typeof script.value === 'string' ? resolve(dirname(source.file), script.value) : null
    }
    const { line, column } = source.locate(node.offset)
    const tell = (key: string, message: string): void => {
      source.mistakes.add(childOf(node, key)?.offset ?? node.offset, [...at, key], message)
    }
    const script = resolve(dirname(source.file), entry.script)
    if (pathKind(script) !== 'file') {
      tell('script', `there is no file ${entry.script} beside ${basename(source.file)}`)
      return script
    }
    const problem = this.claim(entry.id, `${source.file}:${line}:${column}`)
    if (problem === null) this.patterns.push(toPattern(entry, script, { file: source.file, line }))
    else tell('id', problem)
    return script
  }

  private addPlain(script: string): void {
    const id = basename(script, extname(script))
    const mistakes = new MistakeList(script)
    this.lists.push(mistakes)
    const problem = SCENARIO_ID.test(id)
      ? this.claim(id, script)
      : `"${id}" cannot be a pattern's id: name the file with letters, digits, dots, dashes and underscores`
    const entry = { id, name: id, script, expected_behavior: PLAIN_BEHAVIOR }
    if (problem === null) this.patterns.push(toPattern(entry, script, { file: script, line: 1 }))
    else mistakes.add(0, [], problem)
  }

  /** null, or why the id cannot be had. */
  private claim(id: string, place: string): string | null {
    const earlier = this.places.get(id)
    if (earlier !== undefined) return `"${id}" is taken by ${earlier}: ids are unique over all patterns`
    this.places.set(id, place)
    return null
  }

  /** Patterns in the order of the folders; in each the manifest's first, then the other scripts by name. */
  result() {
    return { patterns: this.patterns, mistakes: this.lists.flatMap((list) => list.toArray()) }
  }
}

/** What k6 runs, or may: a default function, options, or whatever another module exports under the same names. */
const RUNS =
  /\bexport\s+(?:default\b|\*\s*from\b|(?:const|let|var|function|class)\s+(?:options|default)\b|\{[^}]*\b(?:options|default)\b)|\bmodule\.exports\b|\bexports\./
const COMMENTS = /\/\*[\s\S]*?\*\/|(?<![:"'`\\])\/\/.*$/gm

/** A module with neither default function nor options is there for others to import. One that cannot be read is for k6 to tell of. */
function isHelper(script: string): boolean {
  const code = codeOf(script)
  return code !== null && !RUNS.test(code)
}

/** Without its comments; null when it cannot be read. */
function codeOf(script: string): string | null {
  try {
    return readFileSync(script, 'utf8').replace(COMMENTS, '')
  } catch {
    return null
  }
}

const PLAIN_BEHAVIOR = "The script's own thresholds hold."

function toPattern(entry: PatternInput, script: string, source: LoadPattern['source']): LoadPattern {
  return {
    ...{ id: entry.id, name: entry.name, expectedBehavior: entry.expected_behavior, script },
    thresholds: entry.thresholds ?? null,
    gateUsers: entry.gate_users ?? null,
    measure: entry.measure ?? [],
    model: entry.model ?? 'closed',
    thinkSeconds: entry.think_seconds ?? null,
    answerSeconds: entry.answer_seconds ?? null,
    onDemand: entry.on_demand ?? false,
    scales: entry.profiles ?? {},
    environment: entry.environment ?? {},
    scriptOptions: literalOptions(codeOf(script) ?? ''),
    source,
  }
}

/** null when the folder cannot be read. */
function scriptsOf(folder: string): string[] | null {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && SCRIPT_ENDS.has(extname(entry.name)) && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort()
  } catch {
    return null
  }
}
