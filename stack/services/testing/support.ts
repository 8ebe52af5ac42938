/** What the tests of the services share: real sockets on 127.0.0.1, nothing faked but the other side's behaviour. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { Logger } from '../shared/log.ts'

export const TOKEN = 'test-token'

/** A log whose lines can be looked at. */
export function recordingLog(): { log: Logger; events: () => Record<string, unknown>[] } {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) })
  return { log, events: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

/** Things to undo after a test, the newest first. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step()
  }
}

export async function listen(listener: RequestListener, cleanup: Cleanup): Promise<{ origin: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.add(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

export async function temporaryFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-services-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Reads until `ok` accepts. @throws Error with the last value after `limitMs`. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T> | T,
  ok: (value: T) => boolean,
  limitMs = 30_000,
): Promise<T> {
  const endMs = performance.now() + limitMs
  for (;;) {
    const value = await read()
    if (ok(value)) return value
    if (performance.now() > endMs) throw new Error(`${what} did not happen; last seen: ${JSON.stringify(value)}`)
    await sleep(10)
  }
}

/** POSTs JSON with the token. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  })
}

export const TASK = { model: 'm', prompt: 'p', max_tokens: 10, temperature: 0 } as const
