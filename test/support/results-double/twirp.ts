/** `github.actions.results.api.v1.ArtifactService`: Twirp, requests in proto3 JSON, replies with the names of the proto file. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, sendJson } from './http.ts'
import { digestOf, type ResultsStore, type StoredArtifact } from './store.ts'

export const METHODS = ['CreateArtifact', 'FinalizeArtifact', 'ListArtifacts', 'GetSignedArtifactURL', 'DeleteArtifact'] as const
export type Method = (typeof METHODS)[number]

export interface TwirpContext {
  readonly store: ResultsStore
  /** With a signature that allows to read and write. */
  readonly blobUrl: (artifact: StoredArtifact) => string
}

type FieldType = 'string' | 'int32' | 'int64' | 'timestamp'
type Fields = Readonly<Record<string, string | number>>

const IDS = { workflow_run_backend_id: 'string', workflow_job_run_backend_id: 'string' } as const
/** Wrapper messages are plain values in JSON. */
const REQUESTS: Readonly<Record<Method, Readonly<Record<string, FieldType>>>> = {
  CreateArtifact: { ...IDS, name: 'string', expires_at: 'timestamp', version: 'int32', mime_type: 'string' },
  FinalizeArtifact: { ...IDS, name: 'string', size: 'int64', hash: 'string' },
  ListArtifacts: { ...IDS, name_filter: 'string', id_filter: 'int64' },
  GetSignedArtifactURL: { ...IDS, name: 'string' },
  DeleteArtifact: { ...IDS, name: 'string' },
}

const STATUS = {
  malformed: 400,
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
} as const

class TwirpError extends Error {
  readonly code: keyof typeof STATUS

  constructor(code: keyof typeof STATUS, message: string) {
    super(message)
    this.code = code
  }
}

const MOST_REQUEST_BYTES = 1024 ** 2
const FORBIDDEN_IN_NAMES = /[":<>|*?\r\n\\/]/

export async function answerTwirp(
  context: TwirpContext,
  method: Method,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const fields = decoded(method, await readBody(request, MOST_REQUEST_BYTES))
    checkToken(request.headers.authorization ?? '', fields)
    sendJson(response, 200, HANDLERS[method](context, fields))
  } catch (error) {
    if (!(error instanceof TwirpError)) throw error
    sendJson(response, STATUS[error.code], { code: error.code, msg: error.message })
  }
}

const HANDLERS: Readonly<Record<Method, (context: TwirpContext, fields: Fields) => object>> = {
  CreateArtifact({ store, blobUrl }, fields) {
    const name = text(fields, 'name')
    if (name === '' || name.length > 256 || FORBIDDEN_IN_NAMES.test(name))
      throw new TwirpError('invalid_argument', 'the artifact name is not valid')
    if (fields['version'] !== 7) throw new TwirpError('invalid_argument', 'this double knows version 7 of artifacts only')
    const expiresAt = fields['expires_at'] === undefined ? {} : { expiresAt: new Date(fields['expires_at']) }
    const mimeType = text(fields, 'mime_type')
    const jobId = text(fields, 'workflow_job_run_backend_id')
    const artifact = store.create({ runId: runIdOf(fields), jobId, name, mimeType, ...expiresAt })
    if (artifact === null) throw new TwirpError('already_exists', 'an artifact with this name already exists on the workflow run')
    return { ok: true, signed_upload_url: blobUrl(artifact) }
  },
  FinalizeArtifact({ store }, fields) {
    const artifact = named(store, fields)
    const { content } = artifact.blob
    if (content === null) throw new TwirpError('invalid_argument', 'nothing was committed to the blob')
    if (String(fields['size'] ?? 0) !== String(content.length))
      throw new TwirpError('invalid_argument', `the blob has ${content.length} bytes`)
    if (fields['hash'] !== undefined && fields['hash'] !== digestOf(content))
      throw new TwirpError('invalid_argument', `the blob's digest is ${digestOf(content)}`)
    artifact.isFinal = true
    return { ok: true, artifact_id: String(artifact.id) }
  },
  ListArtifacts({ store }, fields) {
    const { name_filter: name, id_filter: id } = fields
    const found = store
      .ofRun(runIdOf(fields))
      .filter((one) => (name === undefined || one.name === name) && (id === undefined || String(one.id) === String(id)))
    return { artifacts: found.map(listed) }
  },
  GetSignedArtifactURL({ store, blobUrl }, fields) {
    return { signed_url: blobUrl(named(store, fields)) }
  },
  DeleteArtifact({ store }, fields) {
    const { id } = named(store, fields)
    store.delete(id)
    return { ok: true, artifact_id: String(id) }
  },
}

function listed(artifact: StoredArtifact): object {
  const content = artifact.blob.content ?? Buffer.alloc(0)
  return {
    workflow_run_backend_id: artifact.runId,
    workflow_job_run_backend_id: artifact.jobId,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(content.length),
    created_at: artifact.createdAt.toISOString(),
    digest: digestOf(content),
  }
}

function named(store: ResultsStore, fields: Fields): StoredArtifact {
  const artifact = store.find(runIdOf(fields), text(fields, 'name'))
  if (artifact === undefined) throw new TwirpError('not_found', 'the artifact was not found')
  return artifact
}

/** The token names the run and the job; a request for another one is refused. */
function checkToken(authorization: string, fields: Fields): void {
  const scopes = scopesOf(authorization)
  if (scopes === null) throw new TwirpError('unauthenticated', 'the token is not valid')
  const wanted = `Actions.Results:${runIdOf(fields)}:${text(fields, 'workflow_job_run_backend_id')}`
  if (!scopes.includes(wanted)) throw new TwirpError('permission_denied', `the token is not for ${wanted}`)
}

function scopesOf(authorization: string): string[] | null {
  try {
    const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/.exec(authorization)?.[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scp?: unknown }
    return typeof claims.scp === 'string' ? claims.scp.split(' ') : null
  } catch {
    return null
  }
}

/** @throws malformed for what the proto file does not know: a misspelt field is no field that was left out. */
function decoded(method: Method, body: Buffer): Fields {
  const known = REQUESTS[method]
  const fields: Record<string, string | number> = {}
  for (const [key, value] of Object.entries(parsed(body))) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const type = Object.hasOwn(known, name) ? known[name] : undefined
    if (type === undefined) throw new TwirpError('malformed', `the json request could not be decoded: unknown field "${key}"`)
    if (value === null) continue
    if (!hasType(value, type)) throw new TwirpError('malformed', `the json request could not be decoded: "${key}" is no ${type}`)
    fields[name] = value
  }
  return fields
}

function parsed(body: Buffer): object {
  try {
    const value = JSON.parse(body.toString()) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below.
  }
  throw new TwirpError('malformed', 'the json request could not be decoded')
}

function hasType(value: unknown, type: FieldType): value is string | number {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'timestamp':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value)
    case 'int32':
      return typeof value === 'number' && Number.isInteger(value)
    case 'int64':
      return typeof value === 'string' ? /^-?\d{1,19}$/.test(value) : Number.isInteger(value)
  }
}

function text(fields: Fields, name: string): string {
  return String(fields[name] ?? '')
}

function runIdOf(fields: Fields): string {
  return text(fields, 'workflow_run_backend_id')
}
