/** Names in scenarios that must exist in the stack they are run on. */
import type { Descriptor } from '../core/descriptor.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { FaultRequest, Scenario } from '../core/scenario.ts'
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
  const combined = scenario.faults.length > 1
  scenario.faults.forEach((fault, index) => {
    const at = combined ? ['faults', index] : []
    checkService([...at, 'target'], fault.spec['target'])
    if ('links' in fault.spec) checkLinks(fault.spec, descriptor, at, tell)
    checkPoolUse(fault, descriptor, at, tell)
    checkDisk(fault, descriptor, at, tell)
  })
  checkService(['control'], scenario.control ?? undefined)
  scenario.expect.forEach((clause, index) => {
    const path = ['expect', index, clause.probe]
    checkService([...path, 'service'], clause.spec['service'])
    if (clause.probe === 'request' || clause.probe === 'workload')
      checkRequest([...path, 'name'], clause.spec['name'], descriptor, tell)
    if (clause.probe === 'pool' && descriptor.pool === null) tell(path, 'needs a pool, and none is declared')
  })
}

/** Faults that are aimed by what the pool says need one, of the service that they hit. */
function checkPoolUse({ kind, spec }: FaultRequest, { pool }: Descriptor, at: KeyPath, tell: Tell): void {
  const timing = spec['timing']
  const timed = kind === 'crash' && (timing === 'during_inference' || timing === 'during_registration')
  if (!timed && kind !== 'unanswered_stop') return
  const key = timed ? 'timing' : 'timeout_seconds'
  if (pool === null) tell([...at, key], 'needs a pool, and none is declared')
  else if (pool.service !== spec['target'])
    tell([...at, key], `is for members of the pool only, and that is service "${pool.service}"`)
  else if (timing === 'during_inference' && pool.work === null)
    tell([...at, key], 'needs a pool with "work", a request to keep a member busy with; there is none')
  else if (!timed && pool.stop === null)
    tell([...at, key], 'needs a pool with "stop", a way to ask for the stop of a member; there is none')
}

function checkDisk({ kind, spec }: FaultRequest, descriptor: Descriptor, at: KeyPath, tell: Tell): void {
  if (kind !== 'disk' || spec['path'] !== null) return
  const service = descriptor.services.find(({ name }) => name === spec['target'])
  if (service?.data === null) tell(at, `names no path, and service "${service.name}" has no data path`)
}

function checkLinks(spec: JsonObject, descriptor: Descriptor, at: KeyPath, tell: Tell): void {
  const names = descriptor.links.map((link) => link.name)
  if (names.length === 0) return
  const links = spec['links']
  if (Array.isArray(links)) {
    links.forEach((name: Json, index) => {
      if (typeof name === 'string' && !names.includes(name)) tell([...at, 'link', index], unknownName('link', name, names))
    })
  } else if (spec['allLinks'] !== true && descriptor.defaultLink === null) {
    tell(at, `names no link, and there is no default_link (known: ${names.join(', ')})`)
  }
}

function checkRequest(path: KeyPath, name: Json | undefined, descriptor: Descriptor, tell: Tell): void {
  const names = Object.keys(descriptor.requests)
  if (typeof name === 'string' && !names.includes(name)) tell(path, unknownName('request', name, names))
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
