/** Names in scenarios that must exist in the stack they are run on. */
import type { Descriptor } from '../../core/descriptor.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { KeyPath } from '../../kinds/display.ts'
import type { Mistake } from '../mistakes.ts'
import { entryPlace } from './files.ts'
import type { LocateKey } from './files.ts'
import { unknownName } from '../../kinds/references.ts'

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
  const combined = scenario.faults.length > 1
  scenario.faults.forEach((fault, index) => {
    const at = combined ? ['faults', index] : []
    for (const { path, message } of fault.missing(descriptor)) tell([...at, ...path], message)
  })
  const { control } = scenario
  if (control !== null && !services.includes(control)) tell(['control'], unknownName('service', control, services))
  scenario.expect.forEach((clause, index) => {
    for (const { path, message } of clause.missing(descriptor)) tell(['expect', index, clause.kind, ...path], message)
  })
}

/** Defects that name scenarios which no scenario file of the stack has, and clauses of scenarios that are to stay green. */
export function checkDefects(
  entries: readonly { readonly id: string }[],
  descriptor: Descriptor,
  locate: (path: KeyPath) => { line: number; column: number },
): Mistake[] {
  const ids = entries.map(({ id }) => id)
  const mistakes: Mistake[] = []
  for (const [name, defect] of Object.entries(descriptor.defects?.known ?? {})) {
    const lists = { fails: defect.fails, may_fail: defect.mayFail, blinds: defect.blinds }
    const named = Object.entries(lists).flatMap(([key, list]) => list.map((id, index) => ({ key, id, index })))
    for (const { key, id, index } of named) {
      if (ids.includes(id)) continue
      const path = ['defects', 'known', name, key, index]
      mistakes.push({
        file: descriptor.file,
        ...locate(path),
        key: `defects.known.${name}.${key}[${String(index)}]`,
        message: unknownName('scenario', id, ids),
      })
    }
    for (const id of Object.keys(defect.clauses).filter((one) => !defect.fails.includes(one))) {
      const path = ['defects', 'known', name, 'clauses', id]
      const message = `says what is missed in ${id}, which is not among the scenarios that it fails`
      mistakes.push({ file: descriptor.file, ...locate(path), key: path.join('.'), message })
    }
  }
  return mistakes
}
