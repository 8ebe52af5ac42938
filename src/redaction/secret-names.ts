/** Which variables hold secrets, told by their names, and which of their values are worth hiding. Pure. */

/** In names in snake case. `auth` as a word only: an author is none. */
const SECRET_NAME =
  /token|secret|passw(?:or)?d|passphrase|credential|(?:api|access|private|signing|encryption|master|deploy|account|ssh|license|session|shared)_?key|(?:^|_)o?auth(?:n|z|2|entication|orization)?(?:_|$)|_pwd$/
/** What stands beside a secret, and is none: where it lies, how long it lasts, who it is of. */
const BESIDE_A_SECRET =
  /_(?:urls?|uri|host|port|endpoint|issuer|audience|realm|scopes?|types?|methods?|mode|alg|algorithms?|policy|files?|path|dir|folder|sock|socket|ttl|timeout(?:_\w+)?|expir\w*|lifetime|age|days|hours|minutes|seconds|ms|limits?|count|length|size|budget|bucket|enabled|disabled|required|user|username|name|prefix|version)$/
/** Of language models, which count in tokens. */
const COUNTED_TOKENS = /tokeni[sz]|(?:max|min|num|total|prompt|completion|input|output|new)_(?:new_)?tokens?$/

/** True also for `dbPassword` and `x-api-key`. */
export function isSecretName(name: string): boolean {
  const plain = name
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toLowerCase()
  return SECRET_NAME.test(plain) && !BESIDE_A_SECRET.test(plain) && !COUNTED_TOKENS.test(plain)
}

/** In any name, what stands beside a secret among them: more may be kept from a program than would be starred out of a report. */
const HINT = /token|secret|passw|credential|private_?key|api_?key|access_?key/i

/** Whether a variable of the name is kept from programs that have not asked for it. True of every name that `isSecretName` says. */
export function hintsAtSecret(name: string): boolean {
  return HINT.test(name) || isSecretName(name)
}

/** Shorter ones would blot out parts of ordinary words. */
export const SHORTEST_SECRET = 6

/**
 * Words that are no secret even where one is asked for, and that reports cannot do without: placeholders, and what our own
 * verdicts and suites are called.
 */
const PLAIN_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwd', 'secret', 'secrets', 'changeme', 'change-me', 'change_me', 'example', 'default', 'public', 'private'],
  ...['postgres', 'postgresql', 'mariadb', 'mongodb', 'rabbitmq', 'localhost', 'undefined', 'enabled', 'disabled', 'required'],
  ...['development', 'production', 'staging', 'testing', 'bearer', 'digest', 'cookie', 'session', 'github', 'authorization'],
  ...['passed', 'failed', 'inconclusive', 'skipped', 'stress', 'healthy', 'unhealthy', 'running', 'exited', 'scram-sha-256'],
])

/** Numbers, booleans, sizes, durations, paths, references to other variables, and words that everybody uses. */
export function isPlainValue(value: string): boolean {
  if (/^[+-]?\d{1,30}(?:\.\d{1,30})?(?:ms|s|m|h|d|%|[kmgt]i?b?)?$/i.test(value)) return true
  if (/^(?:true|false|null|none|yes|no|on|off)$/i.test(value) || PLAIN_WORDS.has(value.toLowerCase())) return true
  if (/^\*+$/.test(value) || /^\$(?:\w{1,200}|\{[^{}]{1,200}\})$/.test(value)) return true
  return isPath(value)
}

/** Long names of files seldom mix small letters and capitals; keys in base64, which may begin with a slash, do. */
function isPath(value: string): boolean {
  if (!/^(?:\/|\.{1,2}\/|~\/|[A-Za-z]:\\)[\w@%.,:~ \\/-]*$/.test(value)) return false
  return !value.split(/[\\/]/).some((part) => part.length >= 10 && /[a-z]/.test(part) && /[A-Z]/.test(part))
}

/**
 * The values of variables that are secret by their names.
 * @param plain words that are none wherever they stand: a database is often named like its password.
 */
export function secretValuesOf(
  variables: Readonly<Record<string, string | null | undefined>>,
  plain: readonly string[] = [],
): string[] {
  const known = new Set(plain.map((word) => word.toLowerCase()))
  const values = Object.entries(variables).flatMap(([name, value]) => (isSecretName(name) ? [value ?? ''] : []))
  return [...new Set(values.map((value) => value.trim()))].filter(
    (value) => value.length >= SHORTEST_SECRET && !isPlainValue(value) && !known.has(value.toLowerCase()),
  )
}
