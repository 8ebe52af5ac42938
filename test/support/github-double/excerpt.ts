/** Of an OpenAPI document what a few operations need. */
import { isNode, references, type Node } from './json-schema.ts'

/** Examples are as large as all the rest, and check nothing. */
const LEFT_OUT = new Set(['example', 'examples', 'x-github', 'externalDocs'])

/** The operations of these ids in their paths, and every component that they refer to, also by another. @throws for what it does not know. */
export function excerptOf(document: Node, ids: readonly string[]): Node {
  const paths: Record<string, Record<string, unknown>> = {}
  const missing = new Set(ids)
  for (const [path, item] of entries(document['paths'])) {
    for (const [method, operation] of entries(item)) {
      if (!isNode(operation) || typeof operation['operationId'] !== 'string' || !missing.delete(operation['operationId']))
        continue
      // The checker looks at those of an operation only, and GitHub has no others.
      if (isNode(item) && Object.hasOwn(item, 'parameters')) throw new Error(`${path} has parameters for all its operations`)
      paths[path] = { ...paths[path], [method]: withoutExamples(operation) }
    }
  }
  if (missing.size > 0) throw new Error(`the document has no operation ${[...missing].join(', ')}`)
  return { openapi: document['openapi'], info: document['info'], paths, components: componentsOf(document, paths) }
}

function componentsOf(document: Node, paths: unknown): Node {
  const found = new Map<string, unknown>()
  const wanted = references(paths)
  for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
    if (found.has(ref)) continue
    const component = withoutExamples(lookup(document, ref))
    found.set(ref, component)
    wanted.push(...references(component))
  }
  const components: Record<string, Record<string, unknown>> = {}
  for (const [ref, component] of [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [kind = '', name = ''] = ref.replace('#/components/', '').split('/')
    components[kind] = { ...components[kind], [name]: component }
  }
  return components
}

function lookup(document: Node, ref: string): unknown {
  const [, of, kind = '', name = '', more] = ref.split('/')
  const ofKind = isNode(document['components']) ? document['components'][kind] : undefined
  const found = of === 'components' && more === undefined && isNode(ofKind) ? ofKind[name] : undefined
  if (found === undefined) throw new Error(`the document has nothing at ${ref}`)
  return found
}

function withoutExamples(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExamples)
  if (!isNode(value)) return value
  // Below `properties` the keys are names: a property may be called as a word of the dialect is.
  return Object.fromEntries(
    entries(value)
      .filter(([key]) => !LEFT_OUT.has(key))
      .map(([key, item]) => [key, key === 'properties' ? ofEach(item) : withoutExamples(item)]),
  )
}

function ofEach(properties: unknown): unknown {
  return isNode(properties)
    ? Object.fromEntries(entries(properties).map(([name, one]) => [name, withoutExamples(one)]))
    : properties
}

function entries(node: unknown): [string, unknown][] {
  return isNode(node) ? Object.entries(node) : []
}
