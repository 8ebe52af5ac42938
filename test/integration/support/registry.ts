/** A registry that has what `docker save` wrote, in the place of ghcr.io: Docker pulls from it as from any other. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`: Docker takes loopback addresses without TLS. */
  readonly host: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
}

/** Serves one image under `name:tag`, and nothing else. */
export async function registryWith(image: string, name: string, tag: string): Promise<Registry> {
  const layout = await mkdtemp(join(tmpdir(), 'chaos-registry-'))
  await run('docker', ['save', '--output', join(layout, 'image.tar'), image])
  await run('tar', ['--extract', '--file', join(layout, 'image.tar'), '--directory', layout])
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  const manifest = index.manifests[0]?.digest ?? ''
  const blob = (digest: string): Promise<Buffer> => readFile(join(layout, 'blobs', ...digest.split(':')))
  const asked: string[] = []
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const [, kind, reference = ''] = new RegExp(`^/v2/${name}/(manifests|blobs)/([\\w:.-]+)$`).exec(path) ?? []
    const digest = kind === 'manifests' && reference === tag ? manifest : reference
    if (path === '/v2/') return void response.end('{}')
    const content = /^sha256:[0-9a-f]{64}$/.test(digest) ? await blob(digest).catch(() => null) : null
    if (content === null) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    const type = kind === 'manifests' ? MANIFEST : 'application/octet-stream'
    response.writeHead(200, { 'content-type': type, 'content-length': content.length, 'docker-content-digest': digest })
    response.end(content)
  }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request.url ?? '', response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(layout, { recursive: true })
    },
  }
}
