import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Descriptor } from '../core/descriptor.ts'
import { ChaosError } from '../core/errors.ts'
import type { Scenario } from '../core/scenario.ts'
import { formatMistake } from '../config/mistakes.ts'
import { checkAgainstDescriptor } from '../config/cross-check.ts'
import { validateScenarioFiles } from '../config/scenario-files.ts'
import { selectScenarios } from '../config/select.ts'
import { loadDescriptor } from '../config/stack-file.ts'
import type { RunRequest } from './run-request.ts'

/**
 * The descriptor and the scenarios of a request. A stack's own scenario files are used unless others are named: `--stack`
 * never falls back to those of the default stack.
 * @throws BAD_INPUT with every mistake found.
 */
export function loadPlan(request: Pick<RunRequest, 'stackFile' | 'scenarioGlobs' | 'suites' | 'only' | 'profile' | 'defects'>): {
  descriptor: Descriptor
  scenarios: Scenario[]
} {
  const descriptor = loadDescriptor(request.stackFile)
  const files = request.scenarioGlobs.length === 0 ? [...descriptor.scenarioFiles] : expand(request.scenarioGlobs)
  const { scenarios, mistakes, locate } = validateScenarioFiles(files)
  const all = [...mistakes, ...checkAgainstDescriptor(scenarios, descriptor, locate)]
  if (all.length > 0) throw new ChaosError('BAD_INPUT', `the scenario files have mistakes:\n${all.map(formatMistake).join('\n')}`)
  refuseUnknownDefects(descriptor, request.defects)
  const inSuites = scenarios.filter((scenario) => request.suites.includes(scenario.suite))
  const selected = request.only.length === 0 ? inSuites : selectScenarios(inSuites, request.only)
  return {
    descriptor,
    scenarios: request.profile === 'smoke' && request.only.length === 0 ? firstOfEachSuite(selected) : selected,
  }
}

/** smoke is one scenario of each kind. */
function firstOfEachSuite(scenarios: readonly Scenario[]): Scenario[] {
  return scenarios.filter((scenario, index) => scenarios.findIndex((other) => other.suite === scenario.suite) === index)
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
