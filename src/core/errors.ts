/** Stable codes for failures a user may search for. The message says what, where and what to do; the code never changes. */
export type ErrorCode =
  | 'ABORTED'
  | 'BAD_INPUT'
  | 'DOCKER_UNAVAILABLE'
  | 'COMPOSE_FAILED'
  | 'IMAGE_MISSING'
  | 'STACK_UNHEALTHY'
  | 'TARGET_NOT_FOUND'
  | 'TOXIPROXY_FAILED'
  | 'TOOLBOX_FAILED'
  | 'NOT_STEADY'
  | 'NOT_REVERTED'
  | 'TIMEOUT'
  | 'CAPABILITY_MISSING'
  | 'POOL_UNREADABLE'
  | 'COMPLETED_UNREADABLE'
  | 'LOAD_FAILED'
  | 'HOST_GUARD'
  | 'LEDGER_FAILED'
  | 'INTERNAL'

/** An error whose message is meant for the user. `code` is stable; `hint` is the next step, when there is one. */
export class ChaosError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ChaosError'
    this.code = code
    this.hint = options.hint
  }
}

/** True also for a ChaosError of another copy of this module, as two bundles in one process would have. */
export function isChaosError(value: unknown, code?: ErrorCode): value is ChaosError {
  if (!(value instanceof Error) || value.name !== 'ChaosError' || !('code' in value)) return false
  return code === undefined || value.code === code
}

/** A program that is not on this machine, with what to install. */
export function missingProgram(file: string, cause: unknown): ChaosError {
  const hint = `Install ${file === 'docker' ? 'Docker Engine with the Compose plugin (≥ 2.24)' : file}, or put it on PATH.`
  const code = file === 'docker' ? 'DOCKER_UNAVAILABLE' : 'BAD_INPUT'
  return new ChaosError(code, `the program \`${file}\` was not found`, { hint, cause })
}

/** `ENOENT` and its like: what the system said of a failed call; undefined for anything else. */
export function systemErrorCode(value: unknown): string | undefined {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' ? value.code : undefined
}

/** The text of anything thrown, with its chain of causes, bounded so that a report stays readable. */
export function describeError(value: unknown, maxLength = 2_000): string {
  const parts: string[] = []
  let current: unknown = value
  for (let depth = 0; depth < 5 && current !== undefined; depth += 1) {
    parts.push(current instanceof Error ? current.message || current.name : plainText(current))
    current = current instanceof Error ? current.cause : undefined
  }
  const text = parts.filter((part, index) => index === 0 || !parts[index - 1]?.includes(part)).join(': ')
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

/** The same, and what to do about it where it says so. */
export function explainError(value: unknown): string {
  const hint = isChaosError(value) ? value.hint : undefined
  return hint === undefined ? describeError(value) : `${describeError(value)}. ${hint}`
}

/** JSON, or the type of what has none. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  // The library's type hides that undefined and functions give undefined.
  const text = JSON.stringify(value) as string | undefined
  return text ?? typeof value
}

/** The abort reason as an error that callers can tell from a failure. */
export function abortedError(signal: AbortSignal, what: string): ChaosError {
  if (isChaosError(signal.reason, 'TIMEOUT') || isChaosError(signal.reason, 'HOST_GUARD')) return signal.reason
  return new ChaosError('ABORTED', `${what} was cancelled`, { cause: signal.reason })
}

/** For the default branch of a switch over a union: a new member becomes a compile error, not a silent default. */
export function assertNever(value: never, what: string): never {
  throw new ChaosError('INTERNAL', `unexpected ${what}: ${JSON.stringify(value)}`)
}
