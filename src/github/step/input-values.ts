/** What a single input may be: strict, as a misspelt value that is ignored is a check that nobody runs. */
import { ChaosError } from '../../core/errors.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Reads inputs by their names; an input that is left empty has its default. */
export class InputReader<Name extends string> {
  private readonly env: Env
  private readonly defaults: Readonly<Record<Name, string>>

  constructor(env: Env, defaults: Readonly<Record<Name, string>>) {
    this.env = env
    this.defaults = defaults
  }

  /** A workflow passes `''` on for what its own caller left out. */
  text(name: Name): string {
    return this.given(name) ? (this.env[variableOf(name)] ?? '').trim() : this.defaults[name]
  }

  given(name: Name): boolean {
    return (this.env[variableOf(name)] ?? '').trim() !== ''
  }

  textOrNull(name: Name): string | null {
    const value = this.text(name)
    return value === '' ? null : value
  }

  /** `parse` gives null for what is not allowed. */
  parsed<T>(name: Name, parse: (text: string) => T | null, allowed: string): T | null {
    const text = this.textOrNull(name)
    if (text === null) return null
    const value = parse(text)
    if (value === null) throw refusal(name, text, allowed)
    return value
  }

  /** Entries are separated by commas or newlines. */
  list(name: Name): string[] {
    const value = this.text(name)
    if (value === '') return []
    const parts = value
      .split('\n')
      .filter((line) => line.trim() !== '')
      .flatMap((line) => line.replace(/,\s*$/, '').split(','))
      .map((part) => part.trim())
    if (parts.includes('')) throw refusal(name, value, 'names separated by commas or newlines, none of them empty')
    return parts
  }

  /** A limit may hold commas. */
  lines(name: Name): string[] {
    return this.text(name)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }

  boolean(name: Name): boolean {
    const value = this.text(name)
    // The YAML 1.2 core schema, as the runner's own toolkit reads it.
    if (/^(true|True|TRUE)$/.test(value)) return true
    if (/^(false|False|FALSE)$/.test(value)) return false
    throw refusal(name, value, 'true, false')
  }

  oneOf<T extends string>(name: Name, allowed: readonly T[]): T {
    return oneOf(name, this.text(name), allowed)
  }

  listOf<T extends string>(name: Name, allowed: readonly T[]): T[] {
    return this.list(name).map((value) => oneOf(name, value, allowed))
  }

  integer(name: Name, minimum: number, maximum: number): number {
    const value = this.text(name)
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (!(parsed >= minimum && parsed <= maximum)) throw refusal(name, value, `a whole number from ${minimum} to ${maximum}`)
    return parsed
  }

  integerOrNull(name: Name, minimum: number, maximum: number): number | null {
    return this.text(name) === '' ? null : this.integer(name, minimum, maximum)
  }
}

export function variableOf(name: string): string {
  return `INPUT_${name.toUpperCase()}`
}

export function refusal(name: string, value: string, allowed: string): ChaosError {
  return new ChaosError('BAD_INPUT', `the input ${name} is "${value.slice(0, 200)}"; allowed: ${allowed}`)
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw refusal(name, value, allowed.join(', '))
  return found
}
