/** Azure's blob storage, as far as its client needs it for one block blob behind a signed URL. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from './http.ts'
import type { StoredArtifact } from './store.ts'

const MOST_BLOCK_BYTES = 512 * 1024 ** 2

export async function answerBlob(
  artifact: StoredArtifact | undefined,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (artifact === undefined || url.searchParams.get('sig') !== artifact.blob.signature) {
    azureError(response, 403, 'AuthenticationFailed')
    return
  }
  if (request.method === 'PUT') await put(artifact, url, request, response)
  else read(artifact, request.method === 'HEAD', response)
}

async function put(artifact: StoredArtifact, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { blob } = artifact
  const body = await readBody(request, MOST_BLOCK_BYTES)
  switch (url.searchParams.get('comp')) {
    case 'block':
      blob.blocks.set(url.searchParams.get('blockid') ?? '', body)
      break
    case 'blocklist': {
      const ids = Array.from(body.toString().matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g), (match) => match[1] ?? '')
      const blocks = ids.map((id) => blob.blocks.get(id))
      if (blocks.includes(undefined)) {
        azureError(response, 400, 'InvalidBlockList')
        return
      }
      commit(artifact, Buffer.concat(blocks.filter((block) => block !== undefined)), request)
      break
    }
    default:
      if (request.headers['x-ms-blob-type'] !== 'BlockBlob') {
        azureError(response, 400, 'InvalidHeaderValue')
        return
      }
      commit(artifact, body, request)
  }
  response.writeHead(201, { etag: '"0x1"', 'last-modified': new Date().toUTCString() })
  response.end()
}

function commit({ blob }: StoredArtifact, content: Buffer, request: IncomingMessage): void {
  blob.content = content
  blob.contentType = String(request.headers['x-ms-blob-content-type'] ?? 'application/octet-stream')
}

function read({ blob, name }: StoredArtifact, isHead: boolean, response: ServerResponse): void {
  if (blob.content === null) {
    azureError(response, 404, 'BlobNotFound')
    return
  }
  const file = blob.contentType === 'application/zip' ? `${name}.zip` : name
  response.writeHead(200, {
    'content-type': blob.contentType,
    'content-length': String(blob.content.length),
    'content-disposition': `attachment; filename="${encodeURIComponent(file)}"; filename*=UTF-8''${encodeURIComponent(file)}`,
  })
  response.end(isHead ? undefined : blob.content)
}

function azureError(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code })
  response.end(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`)
}
