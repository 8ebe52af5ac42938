/**
 * What a child process may see of our environment. Compose files use `${NAME}` of the user's environment, whatever the
 * names are, so this is a list of what is kept back, not of what is let through:
 *
 * - the runner's own channels and credentials, and the action's inputs: always kept back;
 * - names that hint at a secret (`NPM_TOKEN`, `SSH_KEY`; the one rule is src/redaction's): kept back unless `declared` names
 *   them. A stack declares one by naming it in its descriptor or in its compose files; nothing else in a child has a use for it;
 * - settings that would change what our own Node or compose calls mean.
 */
import { hintsAtSecret } from '../../redaction/secret-names.ts'

const KEPT_BACK_PREFIXES = ['INPUT_', 'ACTIONS_'] as const

const KEPT_BACK = new Set([
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  'NODE_OPTIONS',
  // Project and files are always given as flags; from the environment they could only contradict them.
  'COMPOSE_FILE',
  'COMPOSE_PROJECT_NAME',
  'COMPOSE_ENV_FILES',
])

/** Credentials that Docker's own programs read, by the names they give them. */
const DOCKER_OWN = new Set(['DOCKER_AUTH_CONFIG'])

/**
 * The environment for a child, from ours. `add` is set in it whatever else holds; `declared` names what hints at a secret and
 * may pass, and never opens what belongs to the runner. Pure: reads only its arguments.
 */
export function childEnv(
  source: Readonly<Record<string, string | undefined>>,
  rules: { readonly add?: Readonly<Record<string, string>>; readonly declared?: ReadonlySet<string> } = {},
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && mayPass(name, rules.declared ?? new Set())) env[name] = value
  }
  return { ...env, ...rules.add }
}

function mayPass(name: string, declared: ReadonlySet<string>): boolean {
  // Windows and some shells keep variables in other cases; a token in lower case is a token.
  const upper = name.toUpperCase()
  if (KEPT_BACK.has(upper) || KEPT_BACK_PREFIXES.some((prefix) => upper.startsWith(prefix))) return false
  return !hintsAtSecret(name) || DOCKER_OWN.has(name) || declared.has(name)
}

/** Names of `source` that hint at a secret and occur as a word in one of the texts: how a compose file declares what it uses. */
export function declaredSecrets(source: Readonly<Record<string, string | undefined>>, texts: readonly string[]): Set<string> {
  const words = new Set(texts.flatMap((text) => text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []))
  return new Set(Object.keys(source).filter((name) => hintsAtSecret(name) && words.has(name)))
}
