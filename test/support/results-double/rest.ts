/** The two REST endpoints by which another run's artifacts are found and downloaded. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from './http.ts'
import { digestOf, type ResultsStore, type StoredArtifact } from './store.ts'

export interface RestContext {
  readonly store: ResultsStore
  readonly blobUrl: (artifact: StoredArtifact) => string
}

export type RestEndpoint = 'list' | 'zip'

/** Which of the two a request is for; null for all else. Whatever comes before `/repos/` does not matter. */
export function restEndpoint(request: IncomingMessage): RestEndpoint | null {
  const { pathname } = urlOf(request)
  if (request.method !== 'GET') return null
  if (LIST.test(pathname)) return 'list'
  return ZIP.test(pathname) ? 'zip' : null
}

const LIST = /\/repos\/([^/]+)\/([^/]+)\/actions\/runs\/(\d+)\/artifacts$/
const ZIP = /\/repos\/([^/]+)\/([^/]+)\/actions\/artifacts\/(\d+)\/zip$/

export function answerRest(context: RestContext, request: IncomingMessage, response: ServerResponse): void {
  const url = urlOf(request)
  const list = LIST.exec(url.pathname)
  if ((request.headers.authorization ?? '') === '') refuse(response, 401, 'Requires authentication')
  else if (list !== null) sendList(context, list, url, response)
  else redirect(context, Number(ZIP.exec(url.pathname)?.[3]), response)
}

function sendList(
  { store }: RestContext,
  [, owner = '', repo = '', runId = '']: RegExpExecArray,
  url: URL,
  response: ServerResponse,
): void {
  const name = url.searchParams.get('name')
  const perPage = Math.min(100, Number(url.searchParams.get('per_page') ?? 30))
  const page = Number(url.searchParams.get('page') ?? 1)
  const found = store.ofRun(runId).filter((one) => name === null || one.name === name)
  const base = `${url.origin}${url.pathname.replace(/\/actions\/runs\/.*$/, '')}`
  if (page * perPage < found.length) {
    const next = new URL(url)
    next.searchParams.set('page', String(page + 1))
    response.setHeader('link', `<${next.href}>; rel="next"`)
  }
  const artifacts = found.slice((page - 1) * perPage, page * perPage).map((one) => shown(one, base, `${owner}/${repo}`))
  sendJson(response, 200, { total_count: found.length, artifacts })
}

function shown(artifact: StoredArtifact, base: string, repository: string): object {
  const content = artifact.blob.content ?? Buffer.alloc(0)
  const url = `${base}/actions/artifacts/${artifact.id}`
  return {
    id: artifact.id,
    node_id: Buffer.from(`artifact:${repository}:${artifact.id}`).toString('base64'),
    name: artifact.name,
    size_in_bytes: content.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: artifact.isExpired,
    created_at: artifact.createdAt.toISOString(),
    expires_at: artifact.expiresAt.toISOString(),
    updated_at: artifact.createdAt.toISOString(),
    digest: digestOf(content),
    workflow_run: null,
  }
}

function redirect({ store, blobUrl }: RestContext, id: number, response: ServerResponse): void {
  const artifact = store.get(id)
  if (artifact?.isFinal !== true) refuse(response, 404, 'Not Found')
  else if (artifact.isExpired) refuse(response, 410, 'Artifact has expired')
  else {
    response.writeHead(302, { location: blobUrl(artifact) })
    response.end()
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { message, documentation_url: 'https://docs.github.com/rest', status: String(status) })
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`)
}
