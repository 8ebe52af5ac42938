import { ChaosError } from './errors.ts'

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * Fills `${NAME}` with the run's variables, for example a secret in an Authorization header.
 * @throws BAD_INPUT for a name that the run does not know: an empty token would look like a broken service.
 */
export function fillVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(REFERENCE, (_reference, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined) {
      const known = Object.keys(variables).sort().join(', ') || 'none'
      throw new ChaosError('BAD_INPUT', `the stack's descriptor refers to \${${name}}, which has no value (known: ${known})`)
    }
    return value
  })
}

/** Fills `${NAME}` of these names, and leaves all else as it is. */
export function fillKnown(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(REFERENCE, (reference, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? reference) : reference,
  )
}

export function fillRecord(
  record: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fillVariables(value, variables)]))
}
