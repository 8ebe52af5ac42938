/** Names in scenarios that must exist in the stack they are run on. */
import type { Descriptor } from '../core/descriptor.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Scenario } from '../core/scenario.ts'
import type { KeyPath } from './display.ts'
import type { Mistake } from './mistakes.ts'
import { entryPlace } from './scenario-files.ts'
import type { LocateKey } from './scenario-files.ts'
import { unknownName } from './stack-checks.ts'

type Tell = (path: KeyPath, message: string) => void

/**
 * Unknown links, services and requests. A network entry on a stack that declares no link is no mistake: it is skipped
 * when run. `locate` of validateScenarioFiles gives exact places; without it the line of the entry is told.
 */
export function checkAgainstDescriptor(
  scenarios: readonly Scenario[],
  descriptor: Descriptor,
  locate: LocateKey = entryPlace,
): Mistake[] {
  const mistakes: Mistake[] = []
  for (const scenario of scenarios) {
    const tell: Tell = (path, message) => {
      mistakes.push({ ...locate(scenario, path), message: `${message} in stack "${descriptor.name}"` })
    }
    checkScenario(scenario, descriptor, tell)
  }
  return mistakes
}

function checkScenario(scenario: Scenario, descriptor: Descriptor, tell: Tell): void {
  const services = descriptor.services.map((service) => service.name)
  const checkService = (path: KeyPath, name: Json | undefined): void => {
    if (typeof name === 'string' && !services.includes(name)) tell(path, unknownName('service', name, services))
  }
  for (const fault of scenario.faults) {
    checkService(['target'], fault.spec['target'])
    if ('links' in fault.spec) checkLinks(fault.spec, descriptor, tell)
  }
  checkService(['control'], scenario.control ?? undefined)
  scenario.expect.forEach((clause, index) => {
    const path = ['expect', index, clause.probe]
    if (clause.probe === 'log_gaps') checkService([...path, 'service'], clause.spec['service'])
    if (clause.probe === 'request') checkRequest([...path, 'name'], clause.spec['name'], descriptor, tell)
  })
}

function checkLinks(spec: JsonObject, descriptor: Descriptor, tell: Tell): void {
  const names = descriptor.links.map((link) => link.name)
  if (names.length === 0) return
  const links = spec['links']
  if (Array.isArray(links)) {
    links.forEach((name: Json, index) => {
      if (typeof name === 'string' && !names.includes(name)) tell(['link', index], unknownName('link', name, names))
    })
  } else if (spec['allLinks'] !== true && descriptor.defaultLink === null) {
    tell([], `names no link, and there is no default_link (known: ${names.join(', ')})`)
  }
}

function checkRequest(path: KeyPath, name: Json | undefined, descriptor: Descriptor, tell: Tell): void {
  const names = Object.keys(descriptor.requests)
  if (typeof name === 'string' && !names.includes(name)) tell(path, unknownName('request', name, names))
}

/** Defects that name scenarios which no scenario file of the stack has. */
export function checkDefects(
  scenarios: readonly Scenario[],
  descriptor: Descriptor,
  locate: (path: KeyPath) => { line: number; column: number },
): Mistake[] {
  const ids = scenarios.map((scenario) => scenario.id)
  const mistakes: Mistake[] = []
  for (const [name, defect] of Object.entries(descriptor.defects?.known ?? {})) {
    defect.fails.forEach((id, index) => {
      if (ids.includes(id)) return
      const path = ['defects', 'known', name, 'fails', index]
      mistakes.push({
        file: descriptor.file,
        ...locate(path),
        key: `defects.known.${name}.fails[${String(index)}]`,
        message: unknownName('scenario', id, ids),
      })
    })
  }
  return mistakes
}
