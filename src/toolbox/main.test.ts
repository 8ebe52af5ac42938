import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ToolboxAcceptance, ToolboxReply } from '../core/toolbox.ts'

const PROGRAM = join(import.meta.dirname, 'main.ts')
const LIMIT_MS = 15_000

/** Runs the program outside any container, writes the lines, and closes its input after the expected number of replies. */
function run(
  lines: readonly string[],
  options: { env?: Record<string, string>; replies?: number; end?: (child: ReturnType<typeof spawn>) => void } = {},
): Promise<{ code: number | null; accepted: ToolboxAcceptance[]; replies: ToolboxReply[]; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', CHAOS_TTL_MS: '60000', CHAOS_OBJECTS: 'test', ...options.env }
    const child = spawn(process.execPath, [PROGRAM], { env, timeout: LIMIT_MS, killSignal: 'SIGKILL' })
    const output = { stdout: '', stderr: '' }
    const answers = (): (ToolboxAcceptance | ToolboxReply)[] =>
      output.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as ToolboxAcceptance | ToolboxReply)
    const replies = (): ToolboxReply[] => answers().filter((answer) => 'ok' in answer)
    const end = options.end ?? (() => child.stdin.end())
    let ended = false
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString()
      if (ended || replies().length < (options.replies ?? lines.length)) return
      ended = true
      end(child)
    })
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    child.on('error', reject)
    // A program that ends in the middle of a line has closed the pipe; its exit code is what the test looks at.
    child.stdin.on('error', () => undefined)
    child.on('close', (code) => {
      const accepted = answers().filter((answer) => 'limitMs' in answer)
      resolve({ code, accepted, replies: replies(), stderr: output.stderr })
    })
    for (const line of lines) child.stdin.write(`${line}\n`)
  })
}

const ask = (id: number, op: string, args: unknown = {}): string => JSON.stringify({ id, op, args })

describe('the toolbox program', () => {
  it('answers line by line and ends with its input', async () => {
    const { code, accepted, replies, stderr } = await run([
      ask(1, 'renew'),
      'no json',
      ask(2, 'nothing'),
      ask(3, 'renew', { x: 1 }),
      ask(4, 'toString'),
    ])
    expect(code).toBe(0)
    expect(accepted).toEqual([{ id: 1, limitMs: 0 }])
    expect(replies).toContainEqual({ id: 1, ok: true, reply: { ttlMs: 60_000 } })
    expect(replies).toContainEqual({ id: 0, ok: false, error: 'not a request: no json' })
    expect(replies).toContainEqual({ id: 2, ok: false, error: "unknown operation 'nothing'" })
    expect(replies).toContainEqual({ id: 3, ok: false, error: expect.stringContaining('bad arguments for renew') as string })
    expect(replies).toContainEqual({ id: 4, ok: false, error: "unknown operation 'toString'" })
    expect(stderr).toBe('ended: standard input was closed; undone: nothing was installed\n')
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends by %s with 0', async (signal) => {
    const { code, stderr } = await run([ask(1, 'renew')], { end: (child) => child.kill(signal) })
    expect(code).toBe(0)
    expect(stderr).toContain(`ended: ${signal}`)
  })

  it('ends when its lease runs out, though its input is open', async () => {
    const { code, stderr } = await run([ask(1, 'renew')], { env: { CHAOS_TTL_MS: '1000' }, end: () => undefined })
    expect(code).toBe(0)
    expect(stderr).toContain('ended: nobody renewed the lease')
  })

  it.each([
    [{ CHAOS_TTL_MS: '' }, 'the lease must be'],
    [{ CHAOS_OBJECTS: 'A B' }, 'the word for object names'],
    [{ CHAOS_AVOID: 'nfft' }, "cannot avoid 'nfft'"],
  ])('does not start with %j', async (env, words) => {
    const { code, stderr } = await run([], { env })
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })

  it('ends at a line without end instead of keeping it', async () => {
    const { code, stderr } = await run(['x'.repeat(2 * 1024 * 1024)], { replies: 99 })
    expect(code).toBe(0)
    expect(stderr).toContain('a line is longer than 1048576')
  })

  it('tells a cut answer from a whole one, and a closed connection from a silent one', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => response.socket?.destroy())
      } else response.end('whole')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const probe = (id: number, path: string): string =>
      ask(id, 'probe.http', { target: { host: '127.0.0.1', port }, path, headers: {}, count: 1, intervalMs: 0, timeoutMs: 5_000 })
    const transfer = ask(3, 'probe.transfer', {
      target: { host: '127.0.0.1', port },
      path: '/cut',
      headers: {},
      repeat: 3,
      limitMs: 5_000,
    })
    try {
      const { replies } = await run([probe(1, '/'), probe(2, '/cut'), transfer])
      const reply = (id: number): unknown => replies.find((candidate) => candidate.id === id)
      expect(reply(1)).toMatchObject({ reply: { samples: [{ status: 200, error: null }] } })
      expect(reply(2)).toMatchObject({
        reply: {
          samples: [{ status: null, totalMs: null, closeMs: null, error: expect.stringMatching(/^(eof|ECONNRESET)$/) as string }],
        },
      })
      expect(reply(3)).toMatchObject({ reply: { end: expect.stringMatching(/^(eof|reset)$/) as string } })
    } finally {
      server.close()
    }
  })
})
