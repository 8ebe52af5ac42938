/** Which operation a request asks for. */
import { githubOpenApi, type Operation } from './openapi.ts'
import { OPERATIONS } from './operations.ts'

export interface Route {
  readonly operation: Operation
  readonly parameters: Readonly<Record<string, string>>
}

/** undefined for nothing that the double can do. */
export function route(method: string, pathname: string): Route | undefined {
  for (const id of Object.keys(OPERATIONS)) {
    const operation = githubOpenApi().operation(id)
    const match = operation.method === method ? pattern(operation.path).exec(pathname) : null
    if (match === null) continue
    const parameters = Object.entries({ ...match.groups }).map(([name, value]) => [name, decodeURIComponent(value)])
    return { operation, parameters: Object.fromEntries(parameters) as Route['parameters'] }
  }
  return undefined
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}

/** GraphQL has a schema of its own, of which exactly one question is asked. */
export function graphqlProblems(method: string, body: unknown): string[] {
  if (method !== 'POST') return [`${method} is not for GraphQL`]
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  return typeof query === 'string' && /^\s*query\s*\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test(query)
    ? []
    : ['/body/query: the double answers { viewer { login } } only']
}
