import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { ProfileName, SuiteName } from '../../core/model.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { formatMistake } from '../../files/mistakes.ts'
import { checkAgainstDescriptor } from '../../files/scenarios/cross-check.ts'
import { readLoadFolders } from '../../files/load/files.ts'
import { validateScenarioFiles } from '../../files/scenarios/files.ts'
import { selectScenarios } from '../../files/scenarios/select.ts'
import { loadDescriptor } from '../../files/stack/file.ts'
import type { RunRequest } from './request.ts'

export interface Plan {
  readonly descriptor: Descriptor
  readonly scenarios: readonly Scenario[]
  readonly patterns: readonly LoadPattern[]
  /** Holds while the scenarios run, whatever suites were chosen. */
  readonly underLoad: LoadPattern | null
}

interface Candidate {
  readonly id: string
  readonly suite: SuiteName
  readonly scenario?: Scenario
  readonly pattern?: LoadPattern
}

/**
 * The descriptor, the scenarios and the load patterns of a request. A stack's own scenario files are used unless others are named: `--stack`
 * never falls back to those of the default stack.
 * @throws BAD_INPUT with every mistake found.
 */
export function loadPlan(
  request: Pick<RunRequest, 'stackFile' | 'scenarioGlobs' | 'suites' | 'only' | 'profile' | 'defects' | 'underLoad'>,
): Plan {
  const descriptor = loadDescriptor(request.stackFile)
  const files = request.scenarioGlobs.length === 0 ? [...descriptor.scenarioFiles] : expand(request.scenarioGlobs)
  const { scenarios, mistakes, locate } = validateScenarioFiles(files)
  // Who names scenario files means those and nothing else.
  const load = readLoadFolders(request.scenarioGlobs.length === 0 ? descriptor.loadFolders : [])
  const all = [...mistakes, ...checkAgainstDescriptor(scenarios, descriptor, locate), ...load.mistakes]
  if (all.length > 0)
    throw new ChaosError('BAD_INPUT', `the scenarios and load patterns have mistakes:\n${all.map(formatMistake).join('\n')}`)
  refuseUnknownDefects(descriptor, request.defects)
  const candidates: readonly Candidate[] = [
    ...scenarios.map((scenario) => ({ id: scenario.id, suite: scenario.suite, scenario })),
    ...load.patterns.map((pattern) => ({ id: pattern.id, suite: 'load' as const, pattern })),
  ]
  refuseSharedIds(candidates)
  const chosen = choose(candidates, request)
  if (request.underLoad !== null && !chosen.some(({ scenario }) => scenario !== undefined))
    throw new ChaosError('BAD_INPUT', `${request.underLoad} is to hold while scenarios run, and none is chosen`, {
      hint: 'Choose some of chaos or stress, or leave out what is to hold.',
    })
  return {
    descriptor,
    scenarios: chosen.flatMap(({ scenario }) => (scenario === undefined ? [] : [scenario])),
    patterns: chosen.flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern])),
    underLoad: request.underLoad === null ? null : heldPattern(request.underLoad, descriptor),
  }
}

/** Of the descriptor's own, also where only some scenario files are named. @throws BAD_INPUT when there is none of that id. */
function heldPattern(id: string, descriptor: Descriptor): LoadPattern {
  const { patterns } = readLoadFolders(descriptor.loadFolders)
  const found = patterns.find((pattern) => pattern.id === id)
  if (found !== undefined) return found
  throw new ChaosError('BAD_INPUT', `the stack ${descriptor.name} has no load pattern ${id} to hold`, {
    hint: `It has: ${patterns.map((pattern) => pattern.id).join(', ') || 'none'}.`,
  })
}

/** Of folders of scripts, for a load without a stack. @throws BAD_INPUT with every mistake found. */
export function choosePatterns(folders: readonly string[], only: readonly string[], profile: ProfileName): LoadPattern[] {
  const { patterns, mistakes } = readLoadFolders(folders)
  if (mistakes.length > 0)
    throw new ChaosError('BAD_INPUT', `the load patterns have mistakes:\n${mistakes.map(formatMistake).join('\n')}`)
  const candidates = patterns.map((pattern) => ({ id: pattern.id, suite: 'load' as const, pattern }))
  refuseSharedIds(candidates)
  return choose(candidates, { suites: ['load'], only, profile }).flatMap(({ pattern }) =>
    pattern === undefined ? [] : [pattern],
  )
}

function choose(
  candidates: readonly Candidate[],
  { suites, only, profile }: Pick<RunRequest, 'suites' | 'only' | 'profile'>,
): Candidate[] {
  const inSuites = candidates.filter(({ suite }) => suites.includes(suite))
  if (only.length > 0) return selectScenarios(inSuites, only)
  const usual = inSuites.filter(({ pattern }) => pattern?.onDemand !== true)
  return profile === 'smoke' ? firstOfEachSuite(usual) : usual
}

function refuseSharedIds(candidates: readonly Candidate[]): void {
  const shared = candidates.find(({ id }, index) => candidates.findIndex((other) => other.id === id) !== index)
  if (shared !== undefined) throw new ChaosError('BAD_INPUT', `${shared.id} is the id of a scenario and of a load pattern`)
}

/** smoke is one of each kind. */
function firstOfEachSuite(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ suite }, index) => candidates.findIndex((other) => other.suite === suite) === index)
}

function expand(globs: readonly string[]): string[] {
  return globs.flatMap((glob) => {
    const files = globSync(glob)
      .map((file) => resolve(file))
      .sort()
    if (files.length === 0) throw new ChaosError('BAD_INPUT', `--scenarios ${glob} matches no file`)
    return files
  })
}

function refuseUnknownDefects(descriptor: Descriptor, names: readonly string[]): void {
  const known = Object.keys(descriptor.defects?.known ?? {})
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new ChaosError('BAD_INPUT', `the stack ${descriptor.name} has no defect ${unknown.join(', ')}`, {
    hint: `It has: ${known.join(', ') || 'none'}.`,
  })
}
