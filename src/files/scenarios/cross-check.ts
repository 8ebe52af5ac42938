/** Names in scenarios that must exist in the stack they are run on. */
import type { Descriptor } from '../../core/descriptor.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { Lacks } from '../../kinds/define-entry.ts'
import type { Mistake } from '../mistakes.ts'
import { entryPlace, type LocateKey } from './files.ts'
import { unknownName } from '../../kinds/references.ts'

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
  const services = descriptor.services.map((service) => service.name)
  for (const scenario of scenarios) {
    const { faults, control } = scenario
    const tell: Lacks = (path, message) => {
      mistakes.push({ ...locate(scenario, path), message: `${message} in stack "${descriptor.name}"` })
    }
    faults.forEach((fault, index) => {
      const at = faults.length > 1 ? ['faults', index] : []
      for (const { path, message } of fault.missing(descriptor)) tell([...at, ...path], message)
    })
    scenario.mayDie.forEach((name, index) => {
      if (!services.includes(name)) tell(['may_die', index], unknownName('service', name, services))
    })
    if (control !== null && !services.includes(control)) tell(['control'], unknownName('service', control, services))
    scenario.expect.forEach((clause, index) => {
      for (const { path, message } of clause.missing(descriptor)) tell(['expect', index, clause.kind, ...path], message)
    })
  }
  return mistakes
}
