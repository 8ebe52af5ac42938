/** Secrets that a compose file gives its services. Pure. */
import { secretValuesOf } from '../../redaction/secret-names.ts'

type Pairs = Readonly<Record<string, string | null>>

/** What stands beside a password in plain view, and is often the same word. */
const PLAIN_NAME = /(?:user|username|name|db|database|host|org|bucket)$/i

/**
 * Values of secret-looking variables and build arguments in the merged configuration. Names of services, volumes and
 * networks, and what variables such as POSTGRES_DB say in plain view, are none: reports cannot do without them.
 */
export function secretsInCompose(config: unknown): string[] {
  const services = Object.entries(objectOf(objectOf(config)['services']))
  const variables = services.flatMap(([, service]) => {
    const { environment, build } = objectOf(service)
    return [pairsOf(environment), pairsOf(objectOf(build)['args'])]
  })
  const plain = [
    ...['services', 'networks', 'volumes'].flatMap((kind) => Object.keys(objectOf(objectOf(config)[kind]))),
    ...services.flatMap(([, service]) => {
      const { image } = objectOf(service)
      return typeof image === 'string' ? image.split(/[/:@]/) : []
    }),
    ...variables.flatMap((pairs) =>
      Object.entries(pairs).flatMap(([name, value]) => (PLAIN_NAME.test(name) ? [value ?? ''] : [])),
    ),
  ]
  return [...new Set(variables.flatMap((pairs) => secretValuesOf(pairs, plain)))]
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Of an object, or of a list of `name=value`. Compose prints each dollar twice. */
function pairsOf(value: unknown): Pairs {
  const entries = Array.isArray(value)
    ? value.map((pair): [string, unknown] => {
        const text = String(pair)
        const at = text.indexOf('=')
        return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)]
      })
    : Object.entries(objectOf(value))
  return Object.fromEntries(entries.map(([name, one]) => [name, typeof one === 'string' ? one.replaceAll('$$', '$') : null]))
}
