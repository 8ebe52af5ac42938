/** The queen as a process of its own: flooded, and short of descriptors. */
import { readFile } from 'node:fs/promises'
import { request, type Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { exhaustDescriptors, keptConnection, look } from '../testing/descriptors.ts'
import { freePort, openDescriptors, spawnService, type ServiceProcess } from '../testing/processes.ts'
import { Cleanup, bodyOf, eventually, listen, TASK, TOKEN } from '../testing/support.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** A queen over a hive that answers every task after `answerMs`. */
async function queen(answerMs: number, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const hive = await listen((incoming, response) => {
    void bodyOf(incoming).then(async () => {
      if (incoming.method === 'POST') await sleep(answerMs)
      response.end('{"tokens":10}')
    })
  }, cleanup)
  const port = await freePort()
  const settings = { LLORCH_HIVE_URL: hive.origin, QUEEN_WARM_CONNECTIONS: '4', ...env }
  return spawnService({ name: 'queen-rbee', portVariable: 'LLORCH_QUEEN_PORT', port }, settings, cleanup)
}

interface Answer {
  readonly status: number | string | undefined
  readonly retryAfter: string | undefined
  readonly tookMs: number
}

/** Every one on a connection of its own unless an agent is given. */
function submit(at: ServiceProcess, agent: Agent | false = false): Promise<Answer> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const done = (status: Answer['status'], retryAfter?: string): void => {
      resolve({ status, retryAfter, tookMs: performance.now() - startedMs })
    }
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    request(`${at.url}/v2/tasks`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        done(response.statusCode, response.headers['retry-after'])
      })
    })
      .on('error', (error: NodeJS.ErrnoException) => {
        done(error.code)
      })
      .end(JSON.stringify(TASK))
  })
}

const flood = (at: ServiceProcess, count: number): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, () => submit(at)))

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, retryAfter } of answers) {
    const key = `${String(status)}${retryAfter === undefined ? '' : ` retry after ${retryAfter}`}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

async function residentMib({ pid }: ServiceProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
}

test('a thousand at once are all answered, and memory stays within bounds', async () => {
  const at = await queen(100)
  const counts = tally(await flood(at, 1_000))
  expect(Object.keys(counts).filter((key) => key !== '200' && key !== '503 retry after 1')).toEqual([])
  expect(counts['200']).toBeGreaterThan(0)
  expect(at.isRunning()).toBe(true)
  expect(await residentMib(at)).toBeLessThan(300)
  expect((await submit(at)).status).toBe(200)
})

test('more than it has places for are sent away at once, told to come again', async () => {
  const at = await queen(600, { QUEEN_MAX_ACTIVE: '20', QUEEN_MAX_WAITING: '30' })
  const counts = tally(await flood(at, 400))
  expect(Object.keys(counts).sort()).toEqual(['200', '503 retry after 1'])
  // How many get a place depends on how long the flood takes to arrive; most cannot.
  expect(counts['200']).toBeGreaterThanOrEqual(20)
  expect(counts['503 retry after 1']).toBeGreaterThan(100)
})

test('with the defect every request costs memory that is never given back', async () => {
  // Far more than have to be there at once, as they come one by one where the machine is busy.
  const healthy = await queen(1_000)
  await flood(healthy, 150)
  const hoarding = await queen(1_000, { RBEE_DEFECTS: 'hoards-memory' })
  expect((await submit(hoarding)).status).toBe(200)
  await flood(hoarding, 150)
  expect((await residentMib(hoarding)) - (await residentMib(healthy))).toBeGreaterThan(150)
})

test('without free descriptors it turns new clients away at once and serves the old ones', async () => {
  const at = await queen(10)
  const old = keptConnection(cleanup)
  expect((await submit(at, old)).status).toBe(200)
  const openBefore = (await openDescriptors(at.pid)).length
  const release = await exhaustDescriptors(at, cleanup)
  const tookMs: number[] = []
  for (let index = 0; index < 5; index += 1) {
    const turned = await submit(at)
    expect(turned.status).toBe('ECONNRESET')
    tookMs.push(turned.tookMs)
    expect((await submit(at, old)).status).toBe(200)
  }
  expect(Math.max(...tookMs)).toBeLessThan(5_000)
  expect(Math.min(...tookMs)).toBeLessThan(1_000)
  expect(at.isRunning()).toBe(true)
  await release()
  await eventually(
    'service',
    () => look(`${at.url}/health`, false),
    ({ outcome }) => outcome === 200,
  )
  expect((await submit(at)).status).toBe(200)
  await eventually(
    'about the old number of descriptors',
    async () => (await openDescriptors(at.pid)).length,
    (open) => open <= openBefore + 8,
  )
})

test('with the defect it ends then', async () => {
  const at = await queen(10, { RBEE_DEFECTS: 'queen-dies-without-descriptors' })
  await sleep(1_000)
  expect((await submit(at)).status).toBe(200)
  await Promise.race([exhaustDescriptors(at, cleanup).catch(() => undefined), at.ended])
  expect(await at.ended).toBe(1)
})

test.each([
  ['refuses-after-a-shortage', 503, 0],
  ['hoards-descriptors', 200, 60],
] as const)('with the defect %s it is not the same afterwards', async (defect, status, more) => {
  const at = await queen(10, { RBEE_DEFECTS: defect })
  const old = keptConnection(cleanup)
  expect((await submit(at, old)).status).toBe(200)
  const openBefore = (await openDescriptors(at.pid)).length
  const release = await exhaustDescriptors(at, cleanup)
  await sleep(1_000)
  await release()
  await eventually(
    'the number of descriptors',
    async () => (await openDescriptors(at.pid)).length - openBefore,
    (grown) => grown >= more && grown <= more + 12,
  )
  expect((await submit(at, old)).status).toBe(status)
})
