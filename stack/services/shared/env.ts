/** Settings from the environment. A value that cannot be used refuses the start: a default taken in its place would hide the mistake. */
export type Env = Readonly<Record<string, string | undefined>>

export class BadSettingError extends Error {
  constructor(name: string, problem: string) {
    super(`${name} ${problem}`)
    this.name = 'BadSettingError'
  }
}

/** @throws BadSettingError when the variable is unset or empty and there is no fallback. */
export function readText(env: Env, name: string, fallback?: string): string {
  const value = env[name]?.trim() ?? ''
  if (value !== '') return value
  if (fallback === undefined) throw new BadSettingError(name, 'must be set and not empty')
  return fallback
}

/** @throws BadSettingError when the variable is not a whole number between the limits. */
export function readInteger(env: Env, name: string, fallback: number, limits: { minimum: number; maximum: number }): number {
  const text = readText(env, name, String(fallback))
  const value = Number(text)
  if (!Number.isInteger(value) || value < limits.minimum || value > limits.maximum) {
    const range = `${limits.minimum} to ${limits.maximum}`
    throw new BadSettingError(name, `is "${text}" and must be a whole number from ${range}`)
  }
  return value
}

/** Base URL without a trailing slash. @throws BadSettingError for anything that is not http. */
export function readUrl(env: Env, name: string, fallback?: string): string {
  const text = readText(env, name, fallback)
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.protocol !== 'http:' || url.pathname !== '/' || url.search !== '') {
    throw new BadSettingError(name, `is "${text}" and must be a URL such as http://host:port`)
  }
  return url.origin
}
