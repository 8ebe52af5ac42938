/** OpenAPI 3.0's dialect of JSON Schema, in the words that ajv understands. */

export type Node = Readonly<Record<string, unknown>>

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const NOT_FOR_CHECKS = new Set([
  'nullable',
  'example',
  'examples',
  'description',
  'title',
  'default',
  'deprecated',
  'externalDocs',
])

/** `nullable` becomes a type of its own; what only documents is left out. References stay as they are. */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema)
  if (!isNode(schema)) return schema
  const converted: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (NOT_FOR_CHECKS.has(key) || key.startsWith('x-')) continue
    // Below `properties` the keys are names and not words of the dialect.
    converted[key] =
      key === 'properties' && isNode(value) ? mapValues(value, toJsonSchema) : literal(key) ? value : toJsonSchema(value)
  }
  return schema['nullable'] === true ? orNull(converted) : converted
}

function literal(key: string): boolean {
  return key === 'enum' || key === 'required' || key === 'pattern'
}

function orNull(schema: Record<string, unknown>): unknown {
  const { type, enum: values } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}) }
}

export function mapValues(node: Node, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(value)]))
}

/** Every `$ref` in it. */
export function references(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(references)
  if (!isNode(schema)) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : references(value),
  )
}

/**
 * Keys of a request that its schema does not know, as JSON pointers. GitHub ignores them, so a misspelt one would be a
 * feature that is not there.
 */
export function unknownKeys(schema: unknown, value: unknown, resolve: (ref: string) => unknown, pointer = ''): string[] {
  if (!isNode(schema)) return []
  if (typeof schema['$ref'] === 'string') return unknownKeys(resolve(schema['$ref']), value, resolve, pointer)
  if (Array.isArray(value))
    return value.flatMap((item, index) => unknownKeys(schema['items'], item, resolve, `${pointer}/${index}`))
  const { properties } = schema
  if (!isNode(value) || !isNode(properties)) return []
  return Object.entries(value).flatMap(([key, item]) =>
    Object.hasOwn(properties, key)
      ? unknownKeys(properties[key], item, resolve, `${pointer}/${escapePointer(key)}`)
      : [`${pointer}/${escapePointer(key)}`],
  )
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
