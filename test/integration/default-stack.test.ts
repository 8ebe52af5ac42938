/** The default stack as everyone gets it, twice on one machine. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDescriptor } from '../../src/config/stack-file.ts'
import type { Toxic } from '../../src/core/ports.ts'
import type { StackUnderTest } from '../../src/runtime/running-stack.ts'
import { bringUp } from '../../src/runtime/stack.ts'
import { createToxiproxy } from '../../src/runtime/toxiproxy.ts'
import { docker, exec, leftoversOf, signal, testRun, type TestRun } from './runtime-fixture.ts'

const TOKEN = 'LLORCH_API_TOKEN'
const LATENCY_MS = 1_000
const LARGE_TOKENS = 8_000
/** Two seconds of work: twelve tasks sent together then overlap, however slowly they arrive. */
const OVERLAPPING_TOKENS = 1_000

interface Side {
  readonly run: TestRun
  readonly stack: StackUnderTest
}

let sides: readonly Side[] = []

async function side(): Promise<Side> {
  const descriptor = loadDescriptor(join(import.meta.dirname, '..', '..', 'stack', 'stack.json'))
  const run = await testRun()
  try {
    // No token of the machine: each copy draws its own.
    const env = { ...process.env, [TOKEN]: undefined }
    return { run, stack: await bringUp(run.options(descriptor, { env, toxiproxyAt: createToxiproxy })) }
  } catch (error) {
    await run[Symbol.asyncDispose]()
    throw error
  }
}

function sideAt(index: number): Side {
  const found = sides[index]
  if (found === undefined) throw new Error(`no side ${String(index)}`)
  return found
}

function ask(to: Side, tokens: number, options: { as?: Side; fields?: object } = {}): Promise<Response> {
  const token = (options.as ?? to).stack.variables[TOKEN] ?? ''
  return fetch(`${to.stack.entryUrl}/v2/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: 'tinyllama-draft', prompt: 'p', max_tokens: tokens, temperature: 0, ...options.fields }),
    signal: AbortSignal.timeout(20_000),
  })
}

async function workersOf({ stack, run }: Side): Promise<string[]> {
  const containers = await stack.containers.list('mock-worker', signal())
  expect(containers.every(({ name }) => name.startsWith(`chaos-${run.runId}-`))).toBe(true)
  return containers.map(({ id }) => id.slice(0, 12))
}

beforeAll(async () => {
  sides = await Promise.all([side(), side()])
})

afterAll(async () => {
  for (const { run, stack } of sides) {
    await stack.down(signal())
    expect(await leftoversOf(run.runId)).toEqual([])
    await run[Symbol.asyncDispose]()
  }
})

describe('two copies of the default stack', () => {
  test.each(['queen-rbee', 'rbee-hive', 'mock-worker'])(
    '%s starts from what V8 compiled in the build of its image',
    async (service) => {
      const [container] = await sideAt(0).stack.containers.list(service, signal())
      const { Image } = await docker.getContainer(container?.id ?? '').inspect()
      // Without its token it ends as soon as it has been loaded. Node says nothing where the cache is not taken, as for another user.
      const argv = ['run', '--rm', '--network', 'none', '--env', 'NODE_DEBUG_NATIVE=COMPILE_CACHE', Image]
      const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
      const { stdout, stderr } = await exec.run('docker', argv, { env, limitMs: 30_000, signal: signal() })
      expect(stdout + stderr).toMatch(/code cache for ESM file:\/\/\/app\/index\.js was accepted/)
    },
  )

  test('each answers through all its legs, with its own workers', async () => {
    for (const [index] of sides.entries()) {
      const here = sideAt(index)
      const own = await workersOf(here)
      expect(own).toHaveLength(4)
      const used = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const answer = await ask(here, OVERLAPPING_TOKENS, { fields: { model: 'tinyllama' } })
          expect(answer.status).toBe(200)
          expect(await answer.json()).toMatchObject({ tokens: OVERLAPPING_TOKENS, finish_reason: 'length' })
          return answer.headers.get('x-worker-id')?.replace('worker-', '')
        }),
      )
      expect(own).toEqual(expect.arrayContaining([...new Set(used)]))
      // Least loaded first: twelve at once cannot all have gone to one or two.
      expect(new Set(used).size).toBeGreaterThanOrEqual(3)
    }
  })

  test('a large answer and a stream arrive whole', async () => {
    const here = sideAt(0)
    const whole = (await (await ask(here, LARGE_TOKENS)).json()) as { tokens: number; text: string }
    expect(whole.tokens).toBe(LARGE_TOKENS)
    const streamed = await (await ask(here, LARGE_TOKENS, { fields: { stream: true } })).text()
    const events = streamed.trim().split('\n\n')
    expect(events.at(-1)).toBe('data: [DONE]')
    const text = events
      .slice(0, -1)
      .map((event) => (JSON.parse(event.replace(/^data: /, '')) as { t?: string }).t ?? '')
      .join('')
    expect(text).toBe(whole.text)
  })

  test('neither takes the token of the other', async () => {
    expect((await ask(sideAt(0), 1, { as: sideAt(1) })).status).toBe(401)
    expect((await ask(sideAt(1), 1, { as: sideAt(0) })).status).toBe(401)
    expect((await ask(sideAt(1), 1)).status).toBe(200)
  })

  test('a toxic in one does not slow the other', async () => {
    const timed = async (to: Side): Promise<number> => {
      const startedMs = performance.now()
      expect((await ask(to, 1)).status).toBe(200)
      return performance.now() - startedMs
    }
    const toxiproxy = sideAt(0).stack.toxiproxy()
    if (toxiproxy === null) throw new Error('no toxiproxy')
    const toxic: Toxic = {
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: LATENCY_MS, jitter: 0 },
    }
    await toxiproxy.addToxic('queen-proxy', toxic, signal())
    expect(await timed(sideAt(0))).toBeGreaterThanOrEqual(LATENCY_MS)
    expect(await timed(sideAt(1))).toBeLessThan(LATENCY_MS)
    await toxiproxy.removeToxic('queen-proxy', 'slow', signal())
    expect(await timed(sideAt(0))).toBeLessThan(LATENCY_MS)
  })
})
