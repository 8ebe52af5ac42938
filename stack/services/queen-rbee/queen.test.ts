import { request as httpRequest, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { HEALTHY_INTAKE, type IntakePolicy } from '../shared/intake.ts'
import { Cleanup, bodyOf, eventually, listen, post, recordingLog, TASK, TOKEN } from '../testing/support.ts'
import { exponentialBackoff } from './backoff.ts'
import { upstreamPolicy, type UpstreamPolicy } from './policy.ts'
import { startQueen } from './queen.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** The real policy, ten times as fast. */
const QUICK: UpstreamPolicy = {
  ...upstreamPolicy(new Set()),
  attemptLimitMs: 120,
  answerLimitMs: 600,
  backoff: exponentialBackoff(20),
  body: { idleMs: 200, idleFromBytes: 0, totalMs: null, whenIdle: 'cut' },
}

interface Queen {
  readonly url: string
  readonly events: () => Record<string, unknown>[]
  /** Task ids of the inference requests that the upstream got, in order. */
  readonly asked: string[]
}

/** A queen over an upstream whose answer to the n-th inference request (from 1) is scripted. */
async function queenOver(
  answer: (attempt: number, ...args: Parameters<RequestListener>) => void,
  options: {
    policy?: Partial<UpstreamPolicy>
    intake?: Partial<IntakePolicy>
    active?: number
    waiting?: number
    warm?: number
    sockets?: Set<Socket>
  } = {},
): Promise<Queen> {
  const asked: string[] = []
  const upstream = await listen((request, response) => {
    options.sockets?.add(request.socket)
    if (request.method === 'GET') {
      response.end('{}')
      return
    }
    asked.push(String(request.headers['x-task-id']))
    const attempt = asked.length
    void bodyOf(request).then(() => {
      answer(attempt, request, response)
    })
  }, cleanup)
  const { log, events } = recordingLog()
  const queen = await startQueen({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    hiveOrigin: upstream.origin,
    warmConnections: options.warm ?? 2,
    admission: { active: options.active ?? 10, waiting: options.waiting ?? 10 },
    policy: { ...QUICK, ...options.policy },
    intake: { ...HEALTHY_INTAKE, ...options.intake },
    log,
  })
  cleanup.add(() => queen.close())
  return { url: `http://127.0.0.1:${queen.port}`, events, asked }
}

const json: (text: string) => Parameters<typeof queenOver>[0] = (text) => (_attempt, _request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'x-worker-id': 'w1' })
  response.end(text)
}

describe('answers', () => {
  test('a good one comes through with its headers, and no line is logged for it', async () => {
    const queen = await queenOver(json('{"tokens":10}'))
    const answer = await post(`${queen.url}/v2/tasks`, TASK, { 'x-task-id': 'mine' })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('{"tokens":10}')
    expect([answer.headers.get('x-task-id'), answer.headers.get('x-worker-id')]).toEqual(['mine', 'w1'])
    expect(queen.asked).toEqual(['mine'])
    expect(queen.events().filter((line) => 'task_id' in line)).toEqual([])
  })

  test('a refusal of the hive is an answer, not a failure', async () => {
    const queen = await queenOver((_attempt, _request, response) => response.writeHead(507).end('{"error":{}}'))
    expect((await post(`${queen.url}/v2/tasks`, TASK)).status).toBe(507)
    expect(queen.asked).toHaveLength(1)
  })

  test.each([
    ['no token', {}, TASK, 401],
    ['a bad body', { authorization: `Bearer ${TOKEN}` }, { model: 'm' }, 422],
    ['a bad task id', { authorization: `Bearer ${TOKEN}`, 'x-task-id': 'a b' }, TASK, 400],
  ])('%s never reaches the hive', async (_what, headers, body, status) => {
    const queen = await queenOver(json('{}'))
    const answer = await fetch(`${queen.url}/v2/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(status)
    expect(queen.asked).toEqual([])
  })
})

describe('failed attempts', () => {
  test('a silent hive: pauses grow, 503 before the limit, one line per failure and per further start', async () => {
    const queen = await queenOver(() => undefined)
    const startedMs = performance.now()
    const answer = await post(`${queen.url}/v2/tasks`, TASK, { 'x-task-id': 't1' })
    expect(performance.now() - startedMs).toBeLessThan(QUICK.answerLimitMs)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(queen.asked).toEqual(['t1', 't1', 't1'])
    const lines = queen.events().filter((line) => line['task_id'] === 't1')
    expect(lines.map((line) => [line['event'], line['attempt']])).toEqual([
      ['attempt_failed', 1],
      ['attempt_started', 2],
      ['attempt_failed', 2],
      ['attempt_started', 3],
      ['attempt_failed', 3],
    ])
    const at = lines.map((line) => Number(line['time']))
    const gaps = [Number(at[1]) - Number(at[0]), Number(at[3]) - Number(at[2])]
    expect(gaps[0]).toBeGreaterThanOrEqual(19)
    expect(gaps[1]).toBeGreaterThanOrEqual(39)
  })

  test.each<[string, string, Parameters<typeof queenOver>[0]]>([
    ['a reset', 'reset', (_attempt, request) => void request.socket.resetAndDestroy()],
    ['an early end', 'closed', (_attempt, request) => void request.socket.destroy()],
    ['503', 'busy', (_attempt, _request, response) => void response.writeHead(503).end()],
    [
      'a body that breaks off',
      'closed',
      (_attempt, _request, response) => {
        response.writeHead(200, { 'content-length': 100 })
        response.write('{"tokens"')
        setTimeout(() => response.socket?.destroy(), 10)
      },
    ],
  ])('%s is tried again with the same task id', async (_what, reason, fail) => {
    const patient = { attemptLimitMs: 5_000, answerLimitMs: 10_000 }
    const queen = await queenOver(
      (attempt, request, response) => {
        if (attempt === 1) fail(attempt, request, response)
        else json('{"tokens":10}')(attempt, request, response)
      },
      { policy: patient },
    )
    const answer = await post(`${queen.url}/v2/tasks`, TASK, { 'x-task-id': 't2' })
    expect(await answer.json()).toEqual({ tokens: 10 })
    expect(queen.asked).toEqual(['t2', 't2'])
    expect(queen.events().find((line) => line['event'] === 'attempt_failed')).toMatchObject({ reason, attempt: 1 })
  })

  test('what the policy does not retry is answered at once', async () => {
    const queen = await queenOver((_attempt, request) => void request.socket.resetAndDestroy(), {
      policy: { retries: (reason) => reason !== 'reset' },
    })
    expect((await post(`${queen.url}/v2/tasks`, TASK)).status).toBe(503)
    expect(queen.asked).toHaveLength(1)
  })

  test('a client that goes away ends the attempts', async () => {
    const queen = await queenOver(() => undefined)
    const request = httpRequest(`${queen.url}/v2/tasks`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    })
    request.on('error', () => undefined)
    request.end(JSON.stringify(TASK))
    await eventually(
      'the first attempt',
      () => queen.asked.length,
      (count) => count === 1,
    )
    request.destroy()
    const cancelled = (): Promise<string> => fetch(`${queen.url}/metrics`).then((answer) => answer.text())
    await eventually('the end of the task', cancelled, (text) => text.includes('rbee_queen_tasks_total{outcome="cancelled"} 1'))
    expect(queen.asked).toHaveLength(1)
  })
})

describe('bodies that are passed on', () => {
  const LARGE = 'x'.repeat(40_000)

  test('a slow but steady one arrives whole, however long it takes', async () => {
    const queen = await queenOver((_attempt, _request, response) => {
      response.writeHead(200, { 'content-length': LARGE.length })
      const parts = Array.from({ length: 20 }, (_, index) => LARGE.slice(index * 2_000, (index + 1) * 2_000))
      const next = (): void => {
        response.write(parts.pop() ?? '')
        if (parts.length > 0) setTimeout(next, 40)
      }
      next()
    })
    const answer = await post(`${queen.url}/v2/tasks`, TASK)
    expect(await answer.text()).toBe(LARGE)
  })

  test.each<[string, Partial<UpstreamPolicy>, (end: () => void) => void]>([
    ['one that is cut', {}, (end) => setTimeout(end, 20)],
    ['one that stops flowing', {}, () => undefined],
    ['one that takes too long, where there is such a limit', { body: { ...QUICK.body, totalMs: 100 } }, () => undefined],
  ])('%s never ends as if whole', async (_what, policy, then) => {
    const queen = await queenOver(
      (_attempt, _request, response) => {
        response.writeHead(200)
        response.write(LARGE)
        then(() => response.socket?.destroy())
      },
      { policy },
    )
    const answer = await post(`${queen.url}/v2/tasks`, TASK)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
    const cut = await eventually('the line', queen.events, (lines) => lines.some((line) => line['event'] === 'answer_cut'))
    expect(cut.filter((line) => line['event'] === 'attempt_failed')).toEqual([])
  })

  test.each([
    ['go-on', true],
    ['wait', false],
  ] as const)('others %s meanwhile, whoever asks', async (besideLargeAnswers, isServed) => {
    let finish = (): void => undefined
    const queen = await queenOver(
      (attempt, _request, response) => {
        response.writeHead(200, { 'content-length': attempt === 1 ? LARGE.length : 2 })
        if (attempt !== 1) response.end('{}')
        else {
          response.write(LARGE.slice(1))
          finish = () => response.end('x')
        }
      },
      { policy: { besideLargeAnswers, body: { ...QUICK.body, idleMs: 5_000 } } },
    )
    const large = await post(`${queen.url}/v2/tasks`, TASK)
    const small = post(`${queen.url}/v2/tasks`, TASK).then((answer) => answer.text())
    expect(await Promise.race([small, sleep(500)])).toBe(isServed ? '{}' : undefined)
    finish()
    expect([await large.text(), await small]).toEqual([`${LARGE.slice(1)}x`, '{}'])
  })

  test('the defect that ends a pausing one passes a part on as the whole', async () => {
    const queen = await queenOver(
      (_attempt, _request, response) => {
        response.writeHead(200)
        response.write(LARGE)
      },
      { policy: { body: { idleMs: 30, idleFromBytes: 0, totalMs: null, whenIdle: 'end' } } },
    )
    expect(await (await post(`${queen.url}/v2/tasks`, TASK)).text()).toBe(LARGE)
  })
})

describe('limits', () => {
  test('more than the queue holds get 503 at once; those who wait are served', async () => {
    const queen = await queenOver(
      (...args) => {
        setTimeout(() => {
          json('{}')(...args)
        }, 50)
      },
      { active: 1, waiting: 1 },
    )
    const answers = await Promise.all([1, 2, 3].map(() => post(`${queen.url}/v2/tasks`, TASK)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 503])
    expect(answers.find((answer) => answer.status === 503)?.headers.get('retry-after')).toBe('1')
  })

  test('connections are opened ahead, and again after they were closed', async () => {
    const sockets = new Set<Socket>()
    const queen = await queenOver(json('{}'), { warm: 4, sockets })
    const warm = async (): Promise<number> => {
      const page = await (await fetch(`${queen.url}/metrics`)).text()
      return Number(/^rbee_queen_warm_connections (\d+)$/m.exec(page)?.[1])
    }
    await eventually('warm connections', warm, (count) => count === 4)
    const before = [...sockets]
    for (const socket of before) socket.resetAndDestroy()
    await eventually(
      'new connections',
      () => sockets.size - before.length,
      (count) => count >= 4,
    )
    await eventually('warm connections', warm, (count) => count === 4)
    expect((await post(`${queen.url}/v2/tasks`, TASK)).status).toBe(200)
    expect(queen.asked).toHaveLength(1)
  })

  test('ready only while the hive answers; alive in any case', async () => {
    const { log } = recordingLog()
    const queen = await startQueen({
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      hiveOrigin: 'http://127.0.0.1:1',
      warmConnections: 1,
      admission: { active: 1, waiting: 1 },
      policy: QUICK,
      intake: HEALTHY_INTAKE,
      log,
    })
    cleanup.add(() => queen.close())
    const url = `http://127.0.0.1:${queen.port}`
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect((await fetch(`${url}/no/such/page`)).status).toBe(401)
    expect((await post(`${url}/no/such/page`, {})).status).toBe(404)
  })
})
