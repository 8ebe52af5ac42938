/**
 * A double of the service that keeps artifacts: what `@actions/artifact` speaks, the blob storage behind it, and the REST
 * endpoints by which another run finds them. It remembers, and fails where a test says so.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerBlob } from './blobs.ts'
import { sendJson } from './http.ts'
import { answerRest, restEndpoint, type RestEndpoint } from './rest.ts'
import { ResultsStore, type StoredArtifact } from './store.ts'
import { answerTwirp, METHODS, type Method } from './twirp.ts'

export type Operation = Method | 'block' | 'blocklist' | 'blob-read' | RestEndpoint

/** `hang`: no answer, ever. `reset`: the connection is cut. `cut`: the answer begins, and then the connection is cut. */
export type Failure = 'hang' | 'reset' | 'cut' | { readonly status: number; readonly body: unknown }

export interface ResultsDouble {
  /** Ends in a slash. */
  readonly url: string
  /** For GITHUB_API_URL where the REST endpoints are all that is needed. */
  readonly apiUrl: string
  readonly store: ResultsStore
  /** What was asked for, in order. */
  readonly operations: readonly Operation[]
  /** What a runner gives a step of the run: names are unique within it. */
  environment(runId: number, job?: string): { ACTIONS_RESULTS_URL: string; ACTIONS_RUNTIME_TOKEN: string }
  /** An artifact that was not made by the library. */
  put(artifact: { runId: number; name: string; content: Buffer; contentType?: string; isExpired?: boolean }): StoredArtifact
  /** The next `times` requests for it fail. */
  fail(operation: Operation, failure: Failure, times?: number): void
  /** Answers the REST endpoints on somebody else's server; false: the request is for something else and was not touched. */
  rest(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Called before a blob is read. */
  onRead: () => void
  /** The Authorization headers that came with each operation. */
  readonly tokensSeen: Readonly<Partial<Record<Operation, readonly string[]>>>
  /** Requests that hang now. */
  hanging(): number
  [Symbol.asyncDispose](): Promise<void>
}

const TWIRP = /^\/twirp\/github\.actions\.results\.api\.v1\.ArtifactService\/(\w+)$/
const BLOB = /^\/blobs\/(\d+)$/

export async function startResultsDouble(): Promise<ResultsDouble> {
  const store = new ResultsStore()
  const failures: { operation: Operation; failure: Failure; times: number }[] = []
  const operations: Operation[] = []
  const tokensSeen: Partial<Record<Operation, readonly string[]>> = {}
  const hanging = new Set<ServerResponse>()
  let url = ''
  const blobUrl = (artifact: StoredArtifact): string =>
    `${url}blobs/${artifact.id}?se=2100-01-01T00%3A00%3A00Z&sp=rw&sv=2025-11-05&sr=b&sig=${artifact.blob.signature}`

  const answer = async (
    operation: Operation,
    [request, response]: readonly [IncomingMessage, ServerResponse],
    work: () => Promise<void> | void,
  ): Promise<void> => {
    operations.push(operation)
    tokensSeen[operation] = [...(tokensSeen[operation] ?? []), request.headers.authorization ?? '']
    const planned = failures.find((one) => one.operation === operation && one.times > 0)
    if (planned === undefined) return work()
    planned.times -= 1
    if (planned.failure === 'hang') {
      hanging.add(response)
      response.on('close', () => hanging.delete(response))
    } else if (planned.failure === 'reset') response.destroy()
    else if (planned.failure === 'cut') {
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': '1000' })
      response.write('PK', () => response.destroy())
    } else sendJson(response, planned.failure.status, planned.failure.body)
  }

  const rest = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const endpoint = restEndpoint(request)
    if (endpoint === null) return false
    await answer(endpoint, [request, response], () => {
      answerRest({ store, blobUrl }, request, response)
    })
    return true
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = new URL(request.url ?? '/', url)
    const method = METHODS.find((one) => one === TWIRP.exec(target.pathname)?.[1])
    const blob = BLOB.exec(target.pathname)
    if (method !== undefined && request.method === 'POST')
      await answer(method, [request, response], () => answerTwirp({ store, blobUrl }, method, request, response))
    else if (blob !== null)
      await answer(blobOperation(request, target), [request, response], () => {
        if (request.method !== 'PUT') double.onRead()
        return answerBlob(store.get(Number(blob[1])), target, request, response)
      })
    else if (!(await rest(request, response)))
      sendJson(response, 404, { code: 'bad_route', msg: `no handler for path ${target.pathname}` })
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A bug of the double's own must not look like a failure that a test asked for.
      if (!response.headersSent) sendJson(response, 418, { code: 'internal', msg: String(error) })
      else response.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  const double: ResultsDouble = {
    url,
    apiUrl: `${url}api`,
    store,
    operations,
    environment: (runId, job = 'job') => ({ ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: unsignedToken(runId, job) }),
    put({ runId, name, content, contentType = 'application/zip', isExpired = false }) {
      const artifact = store.create({ runId: String(runId), jobId: 'job', name, mimeType: contentType })
      if (artifact === null) throw new Error(`run ${runId} has an artifact ${name}`)
      Object.assign(artifact.blob, { content, contentType })
      return Object.assign(artifact, { isFinal: true, isExpired })
    },
    fail(operation, failure, times = 1) {
      failures.push({ operation, failure, times })
    },
    rest,
    onRead: () => undefined,
    tokensSeen,
    hanging: () => hanging.size,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return double
}

function blobOperation(request: IncomingMessage, url: URL): Operation {
  if (request.method !== 'PUT') return 'blob-read'
  return url.searchParams.get('comp') === 'blocklist' ? 'blocklist' : 'block'
}

/** The client reads the ids of run and job from the token, and verifies nothing. */
function unsignedToken(runId: number, job: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const scope = `Actions.Results:${runId}:${job}`
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ scp: `Actions.GenericRead:00000000 ${scope}`, iss: 'double' })}.`
}
