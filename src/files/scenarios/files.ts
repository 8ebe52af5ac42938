/** Scenario files as a whole: every mistake of every file at once, and ids that are unique over all of them. */
import { realpathSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { SUITES, type SuiteName } from '../../core/model.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { keyPathText, type KeyPath } from '../../kinds/display.ts'
import { childOf, nodeAt, type JsonNode, type JsonObjectNode } from '../json-tree.ts'
import { mistakesError, type Mistake } from '../mistakes.ts'
import { readJsonSource, type JsonSource } from '../read-source.ts'
import { checkEntry, type CheckedEntry } from './entry.ts'
import { toExpectation } from './expect-schema.ts'
import { MAX_ENTRIES, SCENARIO_ID, scenarioFileSchema } from './schema.ts'
import { checkNode } from '../schema-issues.ts'

export const MAX_FILES = 500
const DEFAULT_DURATION_SECONDS = 30

/** Where a key of a scenario stands in its file; of a key that is not there, the place of what should hold it. */
export type LocateKey = (scenario: Scenario, path: KeyPath) => Omit<Mistake, 'message'>

export interface ScenarioFiles {
  /** Entries without a mistake, in the order of the files and within them. */
  readonly scenarios: Scenario[]
  readonly mistakes: Mistake[]
  readonly locate: LocateKey
}

interface Entry {
  readonly source: JsonSource
  readonly node: JsonNode
  readonly at: KeyPath
}

/** Reads and checks files. Touches nothing but them; never throws for what they hold. */
export function validateScenarioFiles(paths: readonly string[]): ScenarioFiles {
  if (paths.length > MAX_FILES) {
    const message = `${paths.length} files were named; at most ${MAX_FILES} are read in one go`
    return { scenarios: [], mistakes: [{ file: paths[0] ?? '', line: 1, column: 1, key: '', message }], locate: entryPlace }
  }
  const reader = new FileSetReader()
  for (const path of withoutRepeats(paths)) reader.read(path)
  return reader.result()
}

/** As validateScenarioFiles, for callers that need them right. @throws ChaosError BAD_INPUT with all mistakes. */
export function loadScenarios(paths: readonly string[]): ScenarioFiles {
  const files = validateScenarioFiles(paths)
  if (files.mistakes.length > 0) throw mistakesError('the scenario files', files.mistakes)
  return files
}

/** Without the files' text at hand: the entry's line. */
export const entryPlace: LocateKey = (scenario, path) => ({ ...scenario.source, column: 1, key: keyPathText(path) })

class FileSetReader {
  private readonly sources: JsonSource[] = []
  private readonly scenarios: Scenario[] = []
  private readonly entries = new Map<string, Entry>()

  read(path: string): void {
    const source = readJsonSource(path)
    this.sources.push(source)
    if (source.root === null) return
    const list = childOf(source.root, 'scenarios')
    // The entries are checked on their own, and the keys around them here, also when the list is unusable.
    checkNode(scenarioFileSchema, source.root, [], source.mistakes)
    const suite = suiteOf(path, childOf(source.root, 'suite'))
    if (list?.kind !== 'array' || list.items.length > MAX_ENTRIES) return
    list.items.forEach((node, index) => {
      this.readEntry({ source, node, at: ['scenarios', index] }, suite)
    })
  }

  private readEntry(entry: Entry, suite: SuiteName): void {
    const { source, node, at } = entry
    const checked = checkEntry(node, at, source.mistakes)
    const id = node.kind === 'object' ? idOf(node) : null
    if (id !== null && !this.claimId(id, entry)) return
    if (checked === null) return
    const { line } = source.locate(node.offset)
    this.scenarios.push(toScenario(checked, suite, { file: source.file, line }))
  }

  /** False, after a mistake, when another entry has the id already. */
  private claimId(id: string, entry: Entry): boolean {
    const earlier = this.entries.get(id)
    if (earlier === undefined) {
      this.entries.set(id, entry)
      return true
    }
    const { file, line, column } = placeOf(earlier, ['id'])
    const here = nodeAt(entry.node, ['id'])
    entry.source.mistakes.add(
      here.offset,
      [...entry.at, 'id'],
      () => `"${id}" is taken by ${file}:${line}:${column}: ids are unique over all files`,
    )
    return false
  }

  result(): ScenarioFiles {
    const locate: LocateKey = (scenario, path) => {
      const entry = this.entries.get(scenario.id)
      return entry === undefined ? entryPlace(scenario, path) : placeOf(entry, path)
    }
    return { scenarios: this.scenarios, mistakes: this.sources.flatMap((source) => source.mistakes.toArray()), locate }
  }
}

/** Total: whatever the schemas let through has a meaning here. */
function toScenario(checked: CheckedEntry, suite: SuiteName, source: Scenario['source']): Scenario {
  const entry = checked.common
  return {
    id: entry.id,
    name: entry.name,
    suite,
    expectedBehavior: entry.expected_behavior,
    faults: checked.faults,
    expect: (entry.expect ?? []).map(toExpectation),
    durationSeconds: entry.duration_seconds ?? DEFAULT_DURATION_SECONDS,
    profileSeconds: entry.profiles ?? {},
    recoveryLimitSeconds: entry.recovery_seconds ?? null,
    control: entry.control ?? null,
    mayDie: entry.may_die ?? [],
    exclusive: entry.exclusive ?? false,
    mayBeUnused: entry.unused !== undefined,
    freshStack: entry.fresh_stack ?? false,
    source,
  }
}

function placeOf({ source, node, at }: Entry, path: KeyPath): Omit<Mistake, 'message'> {
  return { file: source.file, ...source.locate(nodeAt(node, path).offset), key: keyPathText([...at, ...path]) }
}

function idOf(node: JsonObjectNode): string | null {
  const id = node.members.get('id')?.value
  return id?.kind === 'scalar' && typeof id.value === 'string' && SCENARIO_ID.test(id.value) ? id.value : null
}

function suiteOf(path: string, key: JsonNode | undefined): SuiteName {
  const named = key?.kind === 'scalar' ? SUITES.find((suite) => suite === key.value) : undefined
  const folder = basename(dirname(resolve(path)))
  return named ?? SUITES.find((suite) => suite === folder) ?? 'chaos'
}

/** The same file under two names, as overlapping globs give it, is one file. */
function withoutRepeats(paths: readonly string[]): string[] {
  const seen = new Set<string>()
  return paths.filter((path) => {
    const real = realOf(path)
    if (seen.has(real)) return false
    seen.add(real)
    return true
  })
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // It cannot be read, which reading it will say.
    return resolve(path)
  }
}
