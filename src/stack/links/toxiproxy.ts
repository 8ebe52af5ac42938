/**
 * toxiproxy's REST API, the part we use. The server answers 200 to attributes it does not know and to values it cannot
 * use, so whatever is set is read back and compared.
 */
import { z } from 'zod'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import { parseAs } from '../../core/json.ts'
import type { Toxic, ToxiproxyPort, ToxiproxyProxy } from '../../ports/toxiproxy.ts'
import { withDeadline } from '../../core/time/wait.ts'

/** A pending reset_peer holds the server back for as long as its own timeout; other calls take milliseconds. */
const CALL_LIMIT_MS = 10_000
/**
 * Where a client has just gone away, the server waits 5 s for each piece that is still on its way to it (`WriteOutput` in
 * its link.go), and for all of them before it answers.
 */
const REMOVAL_LIMIT_MS = 30_000
const MAX_BODY_BYTES = 1024 * 1024

const TOXIC = z.object({
  name: z.string(),
  type: z.string(),
  stream: z.enum(['upstream', 'downstream']),
  toxicity: z.number(),
  attributes: z.record(z.string(), z.number()),
})
const PROXY = z.object({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  toxics: z.array(TOXIC),
})
const PROXIES = z.record(z.string(), PROXY)

interface Answer {
  readonly status: number
  readonly body: string
}

/** `baseUrl`: where the API listens, for example `http://127.0.0.1:8474`. */
export function createToxiproxy(baseUrl: string): ToxiproxyPort {
  return new Toxiproxy(baseUrl.replace(/\/$/, ''))
}

class Toxiproxy implements ToxiproxyPort {
  private readonly baseUrl: string

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl
  }

  async proxies(signal: AbortSignal): Promise<ToxiproxyProxy[]> {
    return Object.values(this.parse('GET /proxies', PROXIES, await this.mustSend('GET', '/proxies', null, signal)))
  }

  async addToxic(proxy: string, toxic: Toxic, signal: AbortSignal): Promise<void> {
    await this.mustSend('POST', `${proxyPath(proxy)}/toxics`, toxic, signal)
    const path = toxicPath(proxy, toxic.name)
    const found = this.parse(path, TOXIC, await this.mustSend('GET', path, null, signal))
    const differences = compareToxics(toxic, found)
    if (differences.length === 0) return
    await this.removeToxic(proxy, toxic.name, signal)
    throw this.failed(`toxic ${toxic.name} on ${proxy} is not what was asked for: ${differences.join('; ')}`)
  }

  async removeToxic(proxy: string, toxic: string, signal: AbortSignal): Promise<boolean> {
    const path = toxicPath(proxy, toxic)
    const removed = await this.send('DELETE', path, null, signal)
    if (removed.status === 404) return false
    this.mustBeOk('DELETE', path, removed)
    const after = await this.send('GET', path, null, signal)
    if (after.status !== 404) throw this.failed(`toxic ${toxic} on ${proxy} is still there after its removal`)
    return true
  }

  async setEnabled(proxy: string, enabled: boolean, signal: AbortSignal): Promise<void> {
    const path = proxyPath(proxy)
    await this.mustSend('PATCH', path, { enabled }, signal)
    const found = this.parse(path, PROXY, await this.mustSend('GET', path, null, signal))
    if (found.enabled !== enabled)
      throw this.failed(`proxy ${proxy} is ${found.enabled ? 'enabled' : 'disabled'} after it was set otherwise`)
  }

  private async mustSend(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    const answer = await this.send(method, path, body, signal)
    this.mustBeOk(method, path, answer)
    return answer
  }

  private mustBeOk(method: string, path: string, { status, body }: Answer): void {
    if (status < 200 || status > 299) throw this.failed(`${method} ${path} was answered ${status}: ${errorText(body)}`)
  }

  private async send(method: string, path: string, body: unknown, parent: AbortSignal): Promise<Answer> {
    const name = `toxiproxy at ${this.baseUrl}: ${method} ${path}`
    const limitMs = method === 'DELETE' ? REMOVAL_LIMIT_MS : CALL_LIMIT_MS
    try {
      return await withDeadline(name, limitMs, parent, (signal) => this.request(method, path, body, signal))
    } catch (error) {
      if (isChaosError(error)) throw error
      throw new ChaosError('TOXIPROXY_FAILED', `${name} got no answer: ${describeError(error, 500)}`, {
        hint: 'See whether the toxiproxy container runs and whether its API port is published on this machine.',
        cause: error,
      })
    }
  }

  private async request(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      signal,
      redirect: 'error',
      headers: {
        // The server refuses browsers, which it tells by `Mozilla/`.
        'user-agent': 'chaos-action',
        // A pooled connection would outlive a restarted toxiproxy and fail the next call, which may be a revert.
        connection: 'close',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await boundedText(response) }
  }

  private parse<T>(what: string, schema: z.ZodType<T>, { body }: Answer): T {
    try {
      return schema.parse(JSON.parse(body))
    } catch (error) {
      throw this.failed(`${what} was answered with something else than toxiproxy 2 does: ${describeError(error, 300)}`)
    }
  }

  private failed(what: string): ChaosError {
    return new ChaosError('TOXIPROXY_FAILED', `toxiproxy at ${this.baseUrl}: ${what}`)
  }
}

/** What of `wanted` the server has differently, in words. Attributes that were not asked for have their defaults. */
export function compareToxics(wanted: Toxic, found: Toxic): string[] {
  const differ = (name: string, asked: string | number, has: string | number | undefined): string[] =>
    asked === has ? [] : [`${name} is ${String(has ?? 'not there')}, not ${String(asked)}`]
  return [
    ...differ('name', wanted.name, found.name),
    ...differ('type', wanted.type, found.type),
    ...differ('stream', wanted.stream, found.stream),
    // The server keeps it in 32 bits.
    ...differ('toxicity', Math.fround(wanted.toxicity), Math.fround(found.toxicity)),
    ...Object.entries(wanted.attributes).flatMap(([name, value]) => differ(`attribute ${name}`, value, found.attributes[name])),
  ]
}

function proxyPath(proxy: string): string {
  return `/proxies/${encodeURIComponent(proxy)}`
}

function toxicPath(proxy: string, toxic: string): string {
  return `${proxyPath(proxy)}/toxics/${encodeURIComponent(toxic)}`
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const body = response.body as ReadableStream<Uint8Array> | null
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The server's own words where it sent its usual error object. */
function errorText(body: string): string {
  return parseAs(z.object({ error: z.string() }), body)?.error ?? body.trim().slice(0, 500)
}
