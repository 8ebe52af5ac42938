/**
 * GitHub's published description of its REST API: every request and every reply of the double is held against it.
 * github-openapi.json is what it says of the double's operations, but for its examples (build/github-openapi.ts).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { escapePointer, isNode, mapValues, references, toJsonSchema, unknownKeys, type Node } from './json-schema.ts'

export interface Operation {
  /** `issues/create-comment`. */
  readonly id: string
  readonly method: string
  /** `/repos/{owner}/{repo}/…`. */
  readonly path: string
  readonly description: Node
}

export interface IncomingRequest {
  readonly pathParameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** undefined: there was none. */
  readonly body: unknown
  readonly contentType: string | undefined
}

export interface OpenApi {
  operation(id: string): Operation
  /** What is wrong with it, each with its JSON pointer; empty when nothing is. */
  checkRequest(operation: Operation, request: IncomingRequest): string[]
  checkReply(operation: Operation, status: number, body: unknown): string[]
}

const FILE = join(import.meta.dirname, 'github-openapi.json')
const METHODS = ['get', 'post', 'patch', 'put', 'delete']
const SCHEMA_ID = 'github'

let loaded: OpenApi | null = null

/** Read once for each process, when it is first needed. */
export function githubOpenApi(): OpenApi {
  loaded ??= new Checker(JSON.parse(readFileSync(FILE, 'utf8')) as Node)
  return loaded
}

class Checker implements OpenApi {
  private readonly document: Node
  private readonly operations = new Map<string, Operation>()
  private readonly validators = new Map<string, ValidateFunction>()

  constructor(document: Node) {
    this.document = document
    for (const [path, item] of entries(document['paths'])) {
      for (const method of METHODS) {
        const description = isNode(item) ? item[method] : undefined
        if (!isNode(description)) continue
        const id = String(description['operationId'])
        this.operations.set(id, { id, method: method.toUpperCase(), path, description })
      }
    }
  }

  operation(id: string): Operation {
    const operation = this.operations.get(id)
    if (operation === undefined) throw new Error(`GitHub's OpenAPI has no operation ${id}`)
    return operation
  }

  checkRequest(operation: Operation, request: IncomingRequest): string[] {
    return [...this.checkParameters(operation, request), ...this.checkBody(operation, request)]
  }

  checkReply(operation: Operation, status: number, body: unknown): string[] {
    const responses = child(operation.description, 'responses')
    const documented = this.resolve(child(responses, String(status)))
    if (documented === undefined && status < 400) return [`/status: ${status} is not documented`]
    // Any operation may fail in ways that are the same for all, and that the description therefore leaves out.
    const schema = documented === undefined ? { $ref: '#/components/schemas/basic-error' } : jsonContent(documented)
    if (schema === undefined) return body === undefined ? [] : ['/body: there must be none']
    if (body === undefined) return ['/body: is missing']
    return this.validate(`${operation.id} ${status}`, schema, body).map((problem) => `/body${problem}`)
  }

  private checkParameters(operation: Operation, { pathParameters, query }: IncomingRequest): string[] {
    const problems: string[] = []
    const known = list(operation.description['parameters'])
      .map((one) => this.resolve(one))
      .filter(isNode)
    const ofQuery = known.filter((one) => one['in'] === 'query')
    for (const parameter of [...known.filter((one) => one['in'] === 'path'), ...ofQuery]) {
      const name = String(parameter['name'])
      const at = `/${String(parameter['in'])}/${escapePointer(name)}`
      const text = parameter['in'] === 'path' ? pathParameters[name] : (query.get(name) ?? undefined)
      if (text === undefined) {
        if (parameter['required'] === true) problems.push(`${at}: is missing`)
        continue
      }
      const value = fromText(text, parameter['schema'])
      problems.push(...this.validate(`${operation.id} ${at}`, parameter['schema'], value).map((problem) => `${at}${problem}`))
    }
    for (const name of new Set(query.keys())) {
      if (!ofQuery.some((one) => one['name'] === name)) problems.push(`/query/${escapePointer(name)}: there is no such parameter`)
      if (query.getAll(name).length > 1) problems.push(`/query/${escapePointer(name)}: is there twice`)
    }
    return problems
  }

  private checkBody(operation: Operation, { body, contentType }: IncomingRequest): string[] {
    const documented = operation.description['requestBody']
    if (!isNode(documented)) return body === undefined ? [] : ['/body: there must be none']
    if (body === undefined) return documented['required'] === true ? ['/body: is missing'] : []
    if (!/^application\/json\b/.test(contentType ?? '')) return [`/headers/content-type: ${contentType ?? 'is missing'}`]
    const schema = jsonContent(documented)
    const problems = this.validate(`${operation.id} request`, schema, body)
    const unknown = unknownKeys(schema, body, (ref) => this.lookup(ref)).map((pointer) => `${pointer}: there is no such key`)
    return [...problems, ...unknown].map((problem) => `/body${problem}`)
  }

  private validate(name: string, schema: unknown, value: unknown): string[] {
    let validator = this.validators.get(name)
    if (validator === undefined) {
      validator = this.compile(schema)
      this.validators.set(name, validator)
    }
    if (validator(value)) return []
    return (validator.errors ?? []).map(
      (error) => `${error.instancePath}: ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    )
  }

  /** With no more of the document than the schema refers to. */
  private compile(schema: unknown): ValidateFunction {
    const ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats: FORMATS })
    const schemas: Record<string, unknown> = {}
    const wanted = references(schema)
    for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
      const name = ref.replace('#/components/schemas/', '')
      if (Object.hasOwn(schemas, name)) continue
      const found = this.lookup(ref)
      schemas[name] = toJsonSchema(found)
      wanted.push(...references(found))
    }
    const converted = toJsonSchema(schema)
    return ajv.compile({ $id: SCHEMA_ID, ...(isNode(converted) ? converted : {}), components: { schemas } })
  }

  private resolve(value: unknown): unknown {
    return isNode(value) && typeof value['$ref'] === 'string' ? this.lookup(value['$ref']) : value
  }

  private lookup(ref: string): unknown {
    const found = ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((node, key) => child(node, key.replaceAll('~1', '/').replaceAll('~0', '~')), this.document)
    if (found === undefined) throw new Error(`GitHub's OpenAPI has nothing at ${ref}`)
    return found
  }
}

/** Numbers in a path or a query are text there. */
function fromText(text: string, schema: unknown): unknown {
  const type = child(schema, 'type')
  if (type === 'integer' || type === 'number') return /^-?\d+$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function jsonContent(node: unknown): unknown {
  return child(child(child(node, 'content'), 'application/json'), 'schema')
}

function child(node: unknown, key: string): unknown {
  return isNode(node) && Object.hasOwn(node, key) ? node[key] : undefined
}

function entries(node: unknown): [string, unknown][] {
  return isNode(node) ? Object.entries(mapValues(node, (value) => value)) : []
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const FORMATS = {
  'date-time': (text: string) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  uri: (text: string) => URL.canParse(text),
  email: /^[^@\s]+@[^@\s]+$/,
  int64: { type: 'number' as const, validate: (value: number) => Number.isInteger(value) },
  date: true as const,
  'uri-template': true as const,
}
