/** The default stack as everyone gets it, twice on one machine. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDescriptor } from '../../src/files/stack/file.ts'
import type { PoolMember } from '../../src/ports/stack.ts'
import type { Toxic } from '../../src/ports/toxiproxy.ts'
import { systemClock } from '../../src/core/time/clock.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { docker, exec, signal } from './stack-fixture.ts'

const TOKEN = 'LLORCH_API_TOKEN'
const LATENCY_MS = 1_000
const LARGE_TOKENS = 8_000
const FEW_TOKENS = 50

let sides: readonly OpenRig[] = []

function side(): Promise<OpenRig> {
  const descriptor = loadDescriptor(join(import.meta.dirname, '..', '..', 'stack', 'stack.json'))
  // No token of the machine: each copy draws its own.
  return openRig(descriptor, { ...process.env, [TOKEN]: undefined })
}

function sideAt(index: number): OpenRig {
  const found = sides[index]
  if (found === undefined) throw new Error(`no side ${index}`)
  return found
}

function ask(to: OpenRig, tokens: number, options: { as?: OpenRig; fields?: object } = {}): Promise<Response> {
  const token = (options.as ?? to).stack.variables[TOKEN] ?? ''
  return fetch(`${to.stack.entryUrl}/v2/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: 'tinyllama-draft', prompt: 'p', max_tokens: tokens, temperature: 0, ...options.fields }),
    signal: AbortSignal.timeout(20_000),
  })
}

async function workersOf({ stack, runId }: OpenRig): Promise<string[]> {
  const containers = await stack.containers.list('mock-worker', signal())
  expect(containers.every(({ name }) => name.startsWith(`chaos-${runId}-`))).toBe(true)
  return containers.map(({ id }) => id.slice(0, 12))
}

/** A worker that got no CPU time for two seconds is out of the pool until it registers again. */
async function awaitWholePool({ stack, observer }: OpenRig, workers: number): Promise<void> {
  const pool = stack.pool(observer)
  if (pool === null) throw new Error('the default stack has a pool')
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: 30_000, signal: signal(), clock: systemClock }
  const isWhole = (members: readonly PoolMember[]): boolean =>
    members.filter(({ meaning }) => meaning === 'ready').length === workers
  await waitUntil(`${workers} ready workers`, (abort) => pool.members(abort), isWhole, options)
}

beforeAll(async () => {
  sides = await Promise.all([side(), side()])
})

afterAll(async () => {
  for (const rig of sides) await rig[Symbol.asyncDispose]()
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
      await awaitWholePool(here, own.length)
      // Of workers with nothing to do, the one that waited longest is next: one after the other, each gets its turn.
      const used: (string | undefined)[] = []
      for (let task = 0; task < 2 * own.length; task += 1) {
        const answer = await ask(here, FEW_TOKENS, { fields: { model: 'tinyllama' } })
        const body = await answer.text()
        expect(answer.status, body).toBe(200)
        expect(JSON.parse(body)).toMatchObject({ tokens: FEW_TOKENS, finish_reason: 'length' })
        used.push(answer.headers.get('x-worker-id')?.replace('worker-', ''))
      }
      expect([...new Set(used)].toSorted()).toEqual(own.toSorted())
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
    const timed = async (to: OpenRig): Promise<number> => {
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
