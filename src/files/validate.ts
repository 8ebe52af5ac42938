import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkAgainstDescriptor } from './scenarios/cross-check.ts'
import { printable } from '../kinds/display.ts'
import { childOf } from './json-tree.ts'
import { readLoadFolders } from './load/files.ts'
import { formatMistake, type Mistake } from './mistakes.ts'
import { pathKind, readJsonSource } from './read-source.ts'
import { MAX_FILES, validateScenarioFiles } from './scenarios/files.ts'
import { checkDefects } from './stack/defects.ts'
import { checkDescriptorFile } from './stack/file.ts'

/**
 * Checks, without Docker, scenario files, folders of such (every .json below), manifests of load patterns, and stack
 * descriptors together with the scenarios and patterns that they name. `write` gets whole lines.
 * @returns the exit code: 0 all is well, 2 mistakes.
 */
export function runValidate(paths: readonly string[], write: (text: string) => void): 0 | 2 {
  const writeLine = (line: string): void => {
    write(`${line}\n`)
  }
  const all = paths.flatMap(expandFolder)
  if (all.length === 0 || all.length > MAX_FILES) {
    writeLine(all.length === 0 ? nothing(paths) : `${all.length} files: at most ${MAX_FILES} are checked in one go`)
    return 2
  }
  const kinds = all.map((path) => ({ path, kind: kindOf(path) }))
  const plain = kinds.flatMap(({ path, kind }) => (kind === 'scenarios' ? [path] : []))
  const checked = kinds.flatMap(({ path, kind }): Checked[] => {
    if (kind === 'scenarios') return []
    return [kind === 'stack' ? validateStack(path) : validateLoad(dirname(path))]
  })
  const { scenarios, mistakes: ofPlain } = validateScenarioFiles(plain)
  checked.push({ stacks: 0, scenarios: scenarios.length, patterns: 0, files: plain.length, mistakes: ofPlain })
  const mistakes = checked.flatMap((one) => one.mistakes)
  for (const mistake of mistakes) writeLine(formatMistake(mistake))
  writeLine(summary(mistakes, checked))
  return mistakes.length === 0 ? 0 : 2
}

function nothing(paths: readonly string[]): string {
  if (paths.length === 0) return 'nothing to validate: name at least one scenario file, folder or stack descriptor'
  return `nothing to validate: there is no .json file in ${printable(paths.join(', '), 500)}`
}

interface Checked {
  readonly stacks: number
  readonly scenarios: number
  readonly patterns: number
  readonly files: number
  readonly mistakes: readonly Mistake[]
}

/** A manifest stands for its folder: what no entry names is a pattern as well. */
function validateLoad(folder: string): Checked {
  const { patterns, mistakes } = readLoadFolders([folder])
  return { stacks: 0, scenarios: 0, patterns: patterns.length, files: 1, mistakes }
}

function validateStack(file: string): Checked {
  const { descriptor, mistakes, locate } = checkDescriptorFile(file)
  if (descriptor === null) return { stacks: 1, scenarios: 0, patterns: 0, files: 1, mistakes }
  const read = validateScenarioFiles(descriptor.scenarioFiles)
  const found = [...read.mistakes, ...checkAgainstDescriptor(read.scenarios, descriptor, read.locate)]
  const load = readLoadFolders(descriptor.loadFolders)
  // With mistakes in these an id may only seem to be missing.
  if (read.mistakes.length === 0 && load.mistakes.length === 0)
    found.push(...checkDefects([...read.scenarios, ...load.patterns], { ...descriptor, file }, locate))
  const files = 1 + descriptor.scenarioFiles.length + descriptor.loadFolders.length
  return {
    stacks: 1,
    scenarios: read.scenarios.length,
    patterns: load.patterns.length,
    files,
    mistakes: [...found, ...load.mistakes],
  }
}

function summary(mistakes: readonly Mistake[], checked: readonly Checked[]): string {
  const sum = (key: Exclude<keyof Checked, 'mistakes'>): number => checked.reduce((total, one) => total + one[key], 0)
  const files = counted(sum('files'), 'file')
  if (mistakes.length > 0) {
    const lines = mistakes.reduce((total, { more }) => total + (more ?? 1), 0)
    return `${counted(lines, 'mistake')} in ${counted(new Set(mistakes.map(({ file }) => file)).size, 'file')}; ${files} checked`
  }
  const stacks = sum('stacks') === 0 ? '' : ` and ${counted(sum('stacks'), 'stack')}`
  const patterns = sum('patterns') === 0 ? '' : `, ${counted(sum('patterns'), 'load pattern')}`
  return `valid: ${counted(sum('scenarios'), 'scenario')}${patterns}${stacks} in ${files}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function expandFolder(path: string): string[] {
  if (pathKind(path) !== 'folder') return [path]
  return globSync('**/*.json', { cwd: path })
    .sort()
    .map((file) => join(path, file))
}

/** Told by its content, as nothing prescribes the file's name. Its mistakes are told when it is checked. */
function kindOf(path: string): 'stack' | 'load' | 'scenarios' {
  const { root } = readJsonSource(path)
  const has = (key: string): boolean => root !== null && childOf(root, key) !== undefined
  if (has('compose') || has('services')) return 'stack'
  return has('patterns') ? 'load' : 'scenarios'
}
