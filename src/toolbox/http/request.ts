import type { Endpoint, SentRequest } from '../operations/arguments.ts'

/**
 * The bytes of a GET request. The path comes first on the wire, so that the kernel can recognise a packet of ours by how
 * it begins (`GET <path>`).
 * @throws Error for a path or header that would break out of its line.
 */
export function requestBytes(
  target: Endpoint,
  path: string,
  headers: Readonly<Record<string, string>>,
  connection: 'close' | 'keep-alive',
): Buffer {
  return bytesOf('GET', target, path, { ...headers, Connection: connection })
}

/** Any method, with a body of its own length, on a connection that stays open. @throws Error as requestBytes. */
export function requestWithBody(target: Endpoint, request: SentRequest): Buffer {
  if (!/^[A-Z]{1,20}$/.test(request.method)) throw new Error(`not a method: ${JSON.stringify(request.method)}`)
  const body = Buffer.from(request.body ?? '', 'utf8')
  const length = request.body === null ? {} : { 'Content-Length': String(body.length) }
  const head = bytesOf(request.method, target, request.path, { ...request.headers, ...length, Connection: 'keep-alive' })
  return Buffer.concat([head, body])
}

function bytesOf(method: string, target: Endpoint, path: string, headers: Readonly<Record<string, string>>): Buffer {
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new Error(`a request path starts with / and has no spaces: ${JSON.stringify(path)}`)
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const all = { Host: `${host}:${target.port}`, ...headers }
  const lines = Object.entries(all).map(([name, value]) => {
    if (!/^[\w-]+$/.test(name) || !/^[\x20-\x7e\t]*$/.test(value)) throw new Error(`not a header: ${JSON.stringify(name)}`)
    return `${name}: ${value}\r\n`
  })
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
}
