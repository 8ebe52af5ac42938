import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSpeeds } from '../mock-worker/models.ts'
import { VramBudget } from '../mock-worker/vram.ts'
import { startWorker } from '../mock-worker/worker.ts'
import { Cleanup, bodyOf, eventually, listen, post, recordingLog, TASK, temporaryFolder, TOKEN } from '../testing/support.ts'
import { startHive } from './hive.ts'
import { HIVE_POLICY, type HivePolicy } from './policy.ts'

const cleanup = new Cleanup()
let folder: string
beforeEach(async () => {
  folder = await temporaryFolder(cleanup)
})
afterEach(() => cleanup.run())

const QUICK: HivePolicy = { ...HIVE_POLICY, registrationLimitMs: 600, deadAfterMs: 600, workerWaitMs: 400 }

interface Hive {
  readonly url: string
  readonly events: () => Record<string, unknown>[]
  close(): Promise<void>
}

async function hive(policy: Partial<HivePolicy> = {}, port = 0): Promise<Hive> {
  const { log, events } = recordingLog()
  const started = await startHive({ host: '127.0.0.1', port, token: TOKEN, folder, policy: { ...QUICK, ...policy }, log })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await started.close()
  }
  cleanup.add(close)
  return { url: `http://127.0.0.1:${started.port}`, events, close }
}

/** A real worker, 1 ms per token, with room for so many tokens. */
async function worker(at: Hive, name: string, room = 300): Promise<void> {
  const started = await startWorker({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    hiveOrigin: at.url,
    ownUrl: (port) => `http://127.0.0.1:${port}`,
    container: name,
    loadMs: 20,
    heartbeatEveryMs: 50,
    inference: {
      speeds: parseSpeeds('', 1),
      vram: new VramBudget({ totalBytes: room, modelBytes: 0, whenShort: 'refuse' }),
      vramBytesPerToken: 1,
      longestMs: 10_000,
      streamEveryMs: 20,
      progressEveryMs: 100,
      maxActive: 100,
    },
    log: recordingLog().log,
  })
  cleanup.add(() => started.close())
}

/** A worker whose answers are scripted. It registers and is ready; unless it `beats`, it is heard only when the test asks for it. */
async function scriptedWorker(
  at: Hive,
  name: string,
  answer: RequestListener,
  beats = false,
): Promise<{ registration: string; asked: string[] }> {
  const asked: string[] = []
  const server = await listen((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push(body)
      answer(request, response)
    })
  }, cleanup)
  const claim = { worker_id: name, url: server.origin, pid: process.pid, container: name }
  const { registration } = (await (await post(`${at.url}/v1/workers/register`, claim)).json()) as { registration: string }
  expect((await post(`${at.url}/v1/workers/ready`, { registration })).status).toBe(200)
  if (beats) {
    const timer = setInterval(() => {
      post(`${at.url}/v1/heartbeat`, { registration }).catch(() => undefined)
    }, 100)
    cleanup.add(() => {
      clearInterval(timer)
    })
  }
  return { registration, asked }
}

interface Listed {
  id: string
  worker_id: string
  state: string
  in_flight: number
}

async function list(at: Hive): Promise<Listed[]> {
  const answer = await fetch(`${at.url}/v1/workers/list`, { headers: { authorization: `Bearer ${TOKEN}` } })
  return ((await answer.json()) as { workers: Listed[] }).workers
}

const states = async (at: Hive): Promise<string[]> => (await list(at)).map((entry) => `${entry.worker_id} ${entry.state}`)
const ask = (at: Hive, fields: object = {}, id: string = randomUUID()): Promise<Response> =>
  post(`${at.url}/v1/inference`, { ...TASK, ...fields }, { 'x-task-id': id })
const untilReady = (at: Hive, count: number): Promise<unknown> =>
  eventually(
    'ready workers',
    () => states(at),
    (found) => found.filter((entry) => entry.endsWith(' ready')).length === count,
  )

describe('a pool of real workers', () => {
  test('a job is answered; its body depends on nothing but the request and its id', async () => {
    const at = await hive()
    await worker(at, 'one')
    await worker(at, 'two')
    await untilReady(at, 2)
    const bodies = await Promise.all([1, 2].map(async () => (await ask(at, { max_tokens: 50 }, 'same-id')).text()))
    expect(bodies[0]).toBe(bodies[1])
    const others = await Promise.all(
      ['x', 'y'].map(async (id) => (await ask(at, { max_tokens: 50 }, id)).json() as Promise<Record<string, unknown>>),
    )
    expect(others[0]).toMatchObject({ task_id: 'x', model: 'm', tokens: 50, finish_reason: 'length' })
    expect(others[0]?.['text']).toBe(others[1]?.['text'])
    expect((await ask(at)).headers.get('x-worker-id')).toMatch(/^worker-(one|two)$/)
  })

  test('work is spread, and shown while it runs', async () => {
    const at = await hive()
    await worker(at, 'one')
    await worker(at, 'two')
    await untilReady(at, 2)
    const answers = [1, 2].map(() => ask(at, { max_tokens: 200 }))
    await eventually(
      'busy workers',
      () => list(at),
      (found) => found.every((entry) => entry.state === 'busy' && entry.in_flight === 1),
    )
    const used = await Promise.all(answers.map(async (answer) => (await answer).headers.get('x-worker-id')))
    expect(used.sort()).toEqual(['worker-one', 'worker-two'])
  })

  test('a stream begins at once, has all the text, and says so at its end', async () => {
    const at = await hive()
    await worker(at, 'one')
    await untilReady(at, 1)
    const whole = (await (await ask(at, { max_tokens: 150 })).json()) as { text: string }
    const answer = await ask(at, { max_tokens: 150, stream: true })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const text = await answer.text()
    const events = text
      .trim()
      .split('\n\n')
      .map((line) => line.replace(/^data: /, ''))
    expect(events.pop()).toBe('[DONE]')
    const parsed = events.map((line) => JSON.parse(line) as { type: string; t?: string; tokens_out?: number })
    expect([parsed[0]?.type, parsed.at(-1)]).toEqual(['started', { type: 'end', tokens_out: 150, stop_reason: 'MAX_TOKENS' }])
    expect(parsed.map((event) => event.t ?? '').join('')).toBe(whole.text)
  })

  test('503 while one is merely busy, as it may have the memory in a moment', async () => {
    const at = await hive()
    await scriptedWorker(at, 'full', (_request, response) => response.writeHead(507).end('{}'))
    await scriptedWorker(at, 'busy', (_request, response) => response.writeHead(503).end('{}'))
    const answer = await ask(at)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await states(at)).toEqual(['full ready', 'busy ready'])
  })

  test('507 when no worker has the memory', async () => {
    const at = await hive()
    await worker(at, 'one')
    await worker(at, 'two')
    await untilReady(at, 2)
    const answer = await ask(at, { max_tokens: 301 })
    expect(answer.status).toBe(507)
    expect(await answer.json()).toMatchObject({ error: { code: 'INSUFFICIENT_VRAM' } })
    expect((await ask(at)).status).toBe(200)
    await untilReady(at, 2)
  })
})

describe('a worker that does not finish', () => {
  const good: RequestListener = (_request, response) => response.end(JSON.stringify({ text: 'whole', tokens: 10, end: true }))

  test('a job goes to another one, and the first gets no more until it is heard again', async () => {
    const at = await hive()
    const bad = await scriptedWorker(at, 'bad', (request) => request.socket.destroy())
    const other = await scriptedWorker(at, 'other', good, true)
    const answers = await Promise.all([1, 2, 3].map(async () => (await ask(at)).json()))
    expect(answers).toMatchObject([{ text: 'whole' }, { text: 'whole' }, { text: 'whole' }])
    const before = bad.asked.length
    await ask(at)
    expect(bad.asked).toHaveLength(before)
    await post(`${at.url}/v1/heartbeat`, { registration: bad.registration })
    await ask(at)
    expect(bad.asked).toHaveLength(before + 1)
    expect(other.asked.length).toBeGreaterThanOrEqual(5)
  })

  test('a stream goes on with another one where the first broke off', async () => {
    const at = await hive()
    const bad = await scriptedWorker(at, 'bad', (_request, response) => {
      response.write(`${JSON.stringify({ text: 'one', tokens: 1 })}\n`)
      setTimeout(() => response.socket?.destroy(), 20)
    })
    await scriptedWorker(at, 'good', (_request, response) => {
      response.end(`${JSON.stringify({ text: ' two', tokens: 9 })}\n${JSON.stringify({ end: true })}\n`)
    })
    const text = await (await ask(at, { stream: true })).text()
    expect(text.match(/"t":"[^"]*"/g)).toEqual(['"t":"one"', '"t":" two"'])
    expect(text).toContain('[DONE]')
    expect(bad.asked).toHaveLength(1)
  })

  test('the next worker is told how far the first one came', async () => {
    const at = await hive()
    let calls = 0
    const flaky = await scriptedWorker(at, 'flaky', (_request, response) => {
      calls += 1
      response.write(`${JSON.stringify({ text: 'x', tokens: 4 })}\n`)
      if (calls === 1) setTimeout(() => response.socket?.destroy(), 10)
      else response.end(`${JSON.stringify({ end: true })}\n`)
    })
    const answer = ask(at, { stream: true })
    await eventually('the break', at.events, (lines) => lines.some((line) => line['event'] === 'run_failed'))
    await post(`${at.url}/v1/heartbeat`, { registration: flaky.registration })
    await (await answer).text()
    expect(flaky.asked.map((body) => (JSON.parse(body) as { skip_tokens: number }).skip_tokens)).toEqual([0, 4])
  })

  test('a stream that nobody can finish is cut, never ended as if whole', async () => {
    const at = await hive()
    await scriptedWorker(at, 'bad', (_request, response) => {
      response.write(`${JSON.stringify({ text: 'one', tokens: 1 })}\n`)
      setTimeout(() => response.socket?.destroy(), 20)
    })
    const answer = await ask(at, { stream: true })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  test('one that is silent for too long is removed, and its job answered by another', async () => {
    const at = await hive()
    await scriptedWorker(at, 'frozen', () => undefined)
    const answer = ask(at)
    await eventually(
      'the job on it',
      () => states(at),
      (found) => found.includes('frozen busy'),
    )
    await scriptedWorker(at, 'other', good, true)
    expect(await (await answer).json()).toMatchObject({ text: 'whole' })
    expect(await states(at)).not.toContainEqual(expect.stringContaining('frozen'))
  })

  test('no worker at all: 503 after a bounded wait, or an answer if one comes in time', async () => {
    const at = await hive()
    const early = await ask(at)
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1'])
    const late = ask(at)
    await scriptedWorker(at, 'other', good)
    expect((await late).status).toBe(200)
  })
})

describe('jobs', () => {
  test('one id runs once, whoever asks how often; another request of that id is refused', async () => {
    const at = await hive()
    const slow = await scriptedWorker(at, 'slow', (_request, response) => {
      setTimeout(() => response.end(JSON.stringify({ text: 'x', tokens: 10, end: true })), 50)
    })
    const answers = await Promise.all([1, 2, 3].map(async () => (await ask(at, {}, 'id-1')).text()))
    expect(new Set(answers).size).toBe(1)
    await (await ask(at, {}, 'id-1')).text()
    expect(slow.asked).toHaveLength(1)
    expect((await ask(at, { max_tokens: 11 }, 'id-1')).status).toBe(409)
  })

  test('an id is known for longer than its answer: what comes late is not run again', async () => {
    const at = await hive({ keepFinishedMs: -1, keepIds: 2 })
    const { asked } = await scriptedWorker(at, 'w', (_request, response) =>
      response.end(JSON.stringify({ text: 'x', tokens: 10, end: true })),
    )
    const statusOf = async (id: string): Promise<number> => {
      const answer = await ask(at, {}, id)
      await answer.text()
      return answer.status
    }
    expect([await statusOf('a'), await statusOf('a')]).toEqual([200, 409])
    expect(await (await ask(at, {}, 'a')).json()).toMatchObject({ error: { code: 'TASK_DONE' } })
    expect([await statusOf('b'), await statusOf('a')]).toEqual([200, 409])
    expect(asked).toHaveLength(2)
    // The third one is one too many.
    expect([await statusOf('c'), await statusOf('b'), await statusOf('a')]).toEqual([200, 409, 200])
    expect(asked).toHaveLength(4)
  })

  test('a failed job may be tried again', async () => {
    const at = await hive({ workerWaitMs: 30 })
    expect((await ask(at, {}, 'id-2')).status).toBe(503)
    await scriptedWorker(at, 'w', (_request, response) => response.end(JSON.stringify({ text: 'x', tokens: 10, end: true })))
    expect((await ask(at, {}, 'id-2')).status).toBe(200)
  })

  test('more open jobs than allowed are refused', async () => {
    const at = await hive({ maxOpenJobs: 2 })
    const answers = await Promise.all([1, 2, 3].map(() => ask(at)))
    const codes = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { error: { code: string } }).error.code),
    )
    expect(codes.sort()).toEqual(['NO_WORKER', 'NO_WORKER', 'TOO_MANY_JOBS'])
  })

  test('an accepted one survives the hive: it is run after the restart and listed as completed', async () => {
    const first = await hive()
    await scriptedWorker(first, 'frozen', () => undefined)
    const lost = new AbortController()
    const answer = fetch(`${first.url}/v1/inference`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'x-task-id': 'survivor' },
      body: JSON.stringify(TASK),
      signal: lost.signal,
    })
    await eventually(
      'the job on it',
      () => states(first),
      (found) => found.includes('frozen busy'),
    )
    lost.abort()
    await expect(answer).rejects.toThrow()
    await first.close()
    const port = Number(new URL(first.url).port)
    // Also when the workers take longer to come back than a client would wait.
    const second = await hive({ workerWaitMs: 20 }, port)
    await sleep(200)
    const done = await scriptedWorker(second, 'other', (_request, response) =>
      response.end(JSON.stringify({ text: 'x', tokens: 10, end: true })),
    )
    await eventually(
      'the run',
      () => done.asked.length,
      (count) => count === 1,
    )
    const completed = (after: string): Promise<unknown> =>
      fetch(`${second.url}/v1/jobs/completed${after}`, { headers: { authorization: `Bearer ${TOKEN}` } }).then((answer) =>
        answer.json(),
      )
    await eventually(
      'the record',
      () => completed(''),
      (page) => JSON.stringify(page) === '{"ids":["survivor"],"next":9}',
    )
    expect(await completed('?after=end')).toEqual({ ids: [], next: 9 })
    expect(await completed('?after=9')).toEqual({ ids: [], next: 9 })
    expect(await completed('?after=10')).toMatchObject({ error: { code: 'GONE' } })
    expect(await completed('?after=x')).toMatchObject({ error: { code: 'BAD_PLACE' } })
  })
})

describe('jobs that nobody waits for', () => {
  const LONG = { max_tokens: 250, stream: true }

  /** Asks, waits until a worker has begun, and goes away. */
  async function askAndLeave(at: Hive, id: string): Promise<void> {
    const leave = new AbortController()
    const answer = await fetch(`${at.url}/v1/inference`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'x-task-id': id },
      body: JSON.stringify({ ...TASK, ...LONG, max_tokens: 5_000 }),
      signal: leave.signal,
    })
    expect(answer.status).toBe(200)
    leave.abort()
  }

  /** A worker with room for one such job only. */
  async function smallWorker(at: Hive): Promise<void> {
    await worker(at, 'small', 5_100)
    await untilReady(at, 1)
  }

  test('are given up after a while, which frees what they hold', async () => {
    const at = await hive({ abandonAfterMs: 200 })
    await smallWorker(at)
    await askAndLeave(at, 'left')
    const statuses = [(await ask(at, LONG)).status]
    expect(statuses).toEqual([507])
    await eventually(
      'room',
      async () => statuses.push((await ask(at, LONG)).status),
      () => statuses.at(-1) === 200,
    )
    // Those for which there was no room have failed, and the one that was left. The room is there as soon as the worker lets
    // go; the job ends, and is counted, when the hive has heard of it.
    const failed = `rbee_hive_jobs_total{outcome="failed"} ${statuses.length}\n`
    const page = await eventually(
      'the job to be counted',
      async () => (await fetch(`${at.url}/metrics`)).text(),
      (text) => text.includes(failed),
    )
    expect(page).toContain('rbee_hive_failovers_total 0')
  })

  test('go on for who comes back in time, and for as long as one of two stays', async () => {
    const at = await hive({ abandonAfterMs: 300 })
    await smallWorker(at)
    await askAndLeave(at, 'mine')
    const again = ask(at, { ...LONG, max_tokens: 5_000 }, 'mine')
    await askAndLeave(at, 'mine')
    expect(await (await again).text()).toContain('"tokens_out":5000')
    expect((await list(at)).map(({ state }) => state)).toEqual(['ready'])
  })
})

describe('registrations', () => {
  test('a heartbeat of a stranger is answered 404, one without ready fails and is listed so', async () => {
    const at = await hive({ registrationLimitMs: 100 })
    expect((await post(`${at.url}/v1/heartbeat`, { registration: 'reg-x' })).status).toBe(404)
    const claim = { worker_id: 'w', url: 'http://127.0.0.1:1', pid: 1, container: 'w' }
    const { registration } = (await (await post(`${at.url}/v1/workers/register`, claim)).json()) as { registration: string }
    expect(await states(at)).toEqual(['w registering'])
    await eventually(
      'the failure',
      () => states(at),
      (found) => found.includes('w failed'),
    )
    expect((await post(`${at.url}/v1/workers/ready`, { registration })).status).toBe(404)
    expect((await post(`${at.url}/v1/workers/${registration}/stop`, {})).status).toBe(409)
    expect((await post(`${at.url}/v1/workers/nobody/stop`, {})).status).toBe(404)
  })

  test.each([
    ['a pid that is none', { pid: 0 }],
    ['a url of another kind', { url: 'ftp://x' }],
    ['no container', { container: '' }],
  ])('%s is refused', async (_what, fields) => {
    const at = await hive()
    const claim = { worker_id: 'w', url: 'http://127.0.0.1:1', pid: 1, container: 'w', ...fields }
    expect((await post(`${at.url}/v1/workers/register`, claim)).status).toBe(422)
  })

  test('ready with a worker, alive without', async () => {
    const at = await hive()
    expect((await fetch(`${at.url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${at.url}/v1/health`)).status).toBe(200)
    await scriptedWorker(at, 'w', () => undefined)
    expect((await fetch(`${at.url}/health/ready`)).status).toBe(200)
    const page = await (await fetch(`${at.url}/metrics`)).text()
    expect(page).toContain('rbee_hive_workers_total{state="ready"} 1')
  })
})
