/** What compose files and requests get filled in with: images, secrets, defects. Pure but for the random secrets. */
import { randomBytes } from 'node:crypto'
import type { Descriptor } from '../core/descriptor.ts'
import { ChaosError } from '../core/errors.ts'

/** A secret that the environment has stays; any other is random per run, so that none is ever written down. */
export function secretValues(descriptor: Descriptor, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(descriptor.secrets.map((name) => [name, env[name] || randomBytes(24).toString('hex')]))
}

/**
 * The variable that switches defects on. Set to nothing where none is asked for: one that came in by the environment would
 * be judged without standing in the report.
 * @throws BAD_INPUT for a defect that the stack does not know.
 */
export function defectVariables(descriptor: Descriptor, defects: readonly string[]): Record<string, string> {
  const known = descriptor.defects
  if (known === null) {
    if (defects.length === 0) return {}
    const text = `the stack ${descriptor.name} declares no defects, so ${defects.join(', ')} cannot be switched on`
    throw new ChaosError('BAD_INPUT', text)
  }
  const unknown = defects.filter((name) => !Object.hasOwn(known.known, name))
  if (unknown.length > 0) {
    throw new ChaosError('BAD_INPUT', `unknown defect ${unknown.join(', ')}`, {
      hint: `${descriptor.name} knows: ${Object.keys(known.known).sort().join(', ')}`,
    })
  }
  return { [known.variable]: [...new Set(defects)].join(',') }
}
