/** What code that nobody of the repository has reviewed may do on this machine: the input `allow-untrusted`. Pure. */
import { ChaosError } from '../core/errors.ts'
import { didYouMean } from '../core/suggest.ts'

/** What a compose stack may ask for that reaches beyond its own containers. */
export const DANGER_KINDS = [
  'privileged',
  'host-namespace',
  'foreign-container',
  'docker-socket',
  'device',
  'capability',
  'security-opt',
  'sysctl',
  'mount',
  'file',
  'external',
  'address',
  'limit',
  'build',
  'logging',
  'host-program',
  'unknown-key',
] as const

export type DangerKind = (typeof DANGER_KINDS)[number]

/** `fork`: run the code of a fork's pull request on a self-hosted runner at all. */
export const ALLOW_KINDS = ['fork', ...DANGER_KINDS] as const

export type AllowKind = (typeof ALLOW_KINDS)[number]

/**
 * The kinds that are allowed: none for `false` or an empty list, all for `true`, else those that are named.
 * @throws BAD_INPUT for an unknown name, and for `true` or `false` beside others.
 */
export function parseAllow(list: readonly string[]): ReadonlySet<AllowKind> {
  const names = list.map((name) => name.trim()).filter((name) => name !== '')
  const [first, another] = names
  if (first !== undefined && another === undefined) {
    if (/^(true|True|TRUE)$/.test(first)) return new Set(ALLOW_KINDS)
    if (/^(false|False|FALSE)$/.test(first)) return new Set()
  }
  return new Set(names.map(kindOf))
}

function kindOf(name: string): AllowKind {
  const kind = ALLOW_KINDS.find((one) => one === name)
  if (kind !== undefined) return kind
  const allowed = `true, false, or any of ${ALLOW_KINDS.join(', ')}`
  throw new ChaosError(
    'BAD_INPUT',
    `allow-untrusted names "${name.slice(0, 100)}"; allowed: ${allowed}${didYouMean(name, ALLOW_KINDS)}`,
  )
}
