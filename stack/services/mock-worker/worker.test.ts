import { afterEach, describe, expect, test } from 'vitest'
import { Cleanup, listen, post, recordingLog, TASK, TOKEN, bodyOf, eventually } from '../testing/support.ts'
import { parseSpeeds } from './models.ts'
import type { WorkerPolicy } from './policy.ts'
import { tokensText } from './text.ts'
import { VramBudget } from './vram.ts'
import { startWorker } from './worker.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

describe('text', () => {
  test('is a function of its seed, whole or in parts', () => {
    const whole = tokensText('seed', 0, 8_000)
    expect(tokensText('seed', 0, 3) + tokensText('seed', 3, 5_000) + tokensText('seed', 5_000, 8_000)).toBe(whole)
    expect(whole.split(' ')).toHaveLength(8_000)
    expect(whole.length).toBeGreaterThan(40_000)
    expect(tokensText('other', 0, 20)).not.toBe(tokensText('seed', 0, 20))
  })
})

describe('settings', () => {
  test('speeds by model name', () => {
    const speeds = parseSpeeds('fast=0.01, slow=20', 2)
    expect(['fast', 'slow', 'any'].map((name) => speeds.msPerToken(name))).toEqual([0.01, 20, 2])
    for (const bad of ['fast', 'fast=', 'fast=x', '=1', 'a=1=2', 'a=-1']) expect(() => parseSpeeds(bad, 2)).toThrow(bad)
  })

  test('a model that does not fit the device is refused', () => {
    expect(() => new VramBudget({ totalBytes: 10, modelBytes: 11, whenShort: 'refuse' })).toThrow(RangeError)
  })
})

interface Worker {
  readonly url: string
  readonly calls: [string, Record<string, unknown>][]
}

/** A worker under a hive that answers each call with the given status. */
async function workerUnder(
  hive: (path: string, calls: number) => number,
  { vramTokens = 1_000, whenShort = 'refuse' }: { vramTokens?: number; whenShort?: WorkerPolicy['whenVramShort'] } = {},
): Promise<Worker> {
  const calls: Worker['calls'] = []
  const upstream = await listen((request, response) => {
    void bodyOf(request).then((body) => {
      const path = request.url ?? ''
      calls.push([path, JSON.parse(body) as Record<string, unknown>])
      const status = hive(path, calls.filter(([other]) => other === path).length)
      response.writeHead(status).end(JSON.stringify({ registration: `reg-${calls.length}` }))
    })
  }, cleanup)
  const worker = await startWorker({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    hiveOrigin: upstream.origin,
    ownUrl: (port) => `http://127.0.0.1:${port}`,
    container: 'box',
    loadMs: 50,
    heartbeatEveryMs: 20,
    inference: {
      speeds: parseSpeeds('', 1),
      vram: new VramBudget({ totalBytes: vramTokens, modelBytes: 0, whenShort }),
      vramBytesPerToken: 1,
      longestMs: 10_000,
      streamEveryMs: 10,
      progressEveryMs: 40,
      maxActive: 4,
    },
    log: recordingLog().log,
  })
  cleanup.add(() => worker.close())
  return { url: `http://127.0.0.1:${worker.port}`, calls }
}

const accept = (path: string): number => (path === '/v1/workers/register' ? 201 : 200)

describe('registration', () => {
  const healthOf = async (worker: Worker): Promise<number> => (await fetch(`${worker.url}/health`)).status

  test('register, load, ready; healthy only when the model is loaded', async () => {
    const worker = await workerUnder(accept)
    expect(await healthOf(worker)).toBe(503)
    await eventually(
      'healthy',
      () => healthOf(worker),
      (status) => status === 200,
    )
    const paths = worker.calls.map(([path]) => path)
    expect(paths[0]).toBe('/v1/workers/register')
    expect(paths.indexOf('/v1/heartbeat')).toBeLessThan(paths.indexOf('/v1/workers/ready'))
    expect(worker.calls[0]?.[1]).toMatchObject({ worker_id: 'worker-box', container: 'box', pid: process.pid })
  })

  test('loaded, but not healthy, until a hive has counted it as ready', async () => {
    // As with a hive for which the load took too long: it does not know this registration any more.
    let isKnown = false
    const worker = await workerUnder((path, calls) => {
      if (path === '/v1/workers/register') return 201
      return isKnown || (path === '/v1/heartbeat' && calls <= 20) ? 200 : 404
    })
    await eventually(
      'not counted as ready',
      () => worker.calls.map(([path]) => path),
      (paths) => paths.includes('/v1/workers/ready') && paths.filter((path) => path === '/v1/workers/register').length > 1,
    )
    expect(await healthOf(worker)).toBe(503)
    isKnown = true
    await eventually(
      'healthy',
      () => healthOf(worker),
      (status) => status === 200,
    )
  })

  test('a hive that is not there is asked again; one that forgot gets a new registration, without a new load', async () => {
    const worker = await workerUnder((path, calls) => {
      if (path === '/v1/workers/register') return calls === 1 ? 500 : 201
      return path === '/v1/heartbeat' && calls === 10 ? 404 : 200
    })
    const registrations = (): number => worker.calls.filter(([path]) => path === '/v1/workers/register').length
    await eventually('a new registration', registrations, (count) => count === 3)
    await eventually(
      'ready again',
      () => worker.calls.filter(([path]) => path === '/v1/workers/ready'),
      (calls) => calls.length === 2,
    )
  })

  test('leaving is told to the hive', async () => {
    const worker = await workerUnder(accept)
    await eventually(
      'ready',
      () => worker.calls,
      (calls) => calls.some(([path]) => path === '/v1/workers/ready'),
    )
    await cleanup.run()
    expect(worker.calls.some(([, body]) => body['state'] === 'stopping')).toBe(true)
  })
})

describe('inference', () => {
  const ask = (worker: Worker, fields: Record<string, unknown> = {}): Promise<Response> =>
    post(`${worker.url}/v1/inference`, { ...TASK, job_id: 'j1', ...fields })

  test('the same question has the same answer; warmth makes it the job’s own', async () => {
    const worker = await workerUnder(accept)
    const texts = await Promise.all(
      [{}, { job_id: 'j2' }, { temperature: 1 }, { temperature: 1, job_id: 'j2' }].map(async (fields) =>
        (await ask(worker, fields)).json(),
      ),
    )
    expect(texts[0]).toEqual(texts[1])
    expect(texts[2]).not.toEqual(texts[3])
    expect(texts[0]).toMatchObject({ tokens: 10 })
  })

  test('takes its time for each token, and no more for those it may skip', async () => {
    const worker = await workerUnder(accept)
    const startedMs = performance.now()
    await (await ask(worker, { max_tokens: 100 })).text()
    const wholeMs = performance.now() - startedMs
    expect(wholeMs).toBeGreaterThanOrEqual(99)
    const rest = await (await ask(worker, { max_tokens: 500, skip_tokens: 495 })).json()
    expect(performance.now() - startedMs - wholeMs).toBeLessThan(490)
    expect(rest).toMatchObject({ tokens: 5 })
    expect(await (await ask(worker, { skip_tokens: 10 })).json()).toEqual({ end: true })
  })

  test('a stream is the same text in pieces, with an end that can be told from a cut', async () => {
    const worker = await workerUnder(accept)
    const inPieces = async (fields: object): Promise<{ text: string; tokens: number; end?: boolean }[]> =>
      (await (await ask(worker, { max_tokens: 600, ...fields })).text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { text: string; tokens: number; end?: boolean })
    const plain = await inPieces({})
    const stream = await inPieces({ stream: true })
    // Every 40 and every 10 ms of 600: what is there already another worker need not make again.
    expect(plain.length).toBeGreaterThan(1)
    expect(stream.length).toBeGreaterThan(plain.length)
    for (const pieces of [plain, stream]) {
      expect(pieces.map((piece) => piece.end ?? false)).toEqual([...pieces.slice(1).map(() => false), true])
      expect(pieces.reduce((sum, piece) => sum + piece.tokens, 0)).toBe(600)
    }
    expect(stream.map((piece) => piece.text).join('')).toBe(plain.map((piece) => piece.text).join(''))
  })

  test('507 when the memory is taken, and again room when it is free', async () => {
    const worker = await workerUnder(accept, { vramTokens: 1_500 })
    const long = ask(worker, { max_tokens: 1_000 }).then((answer) => answer.text())
    await eventually(
      'the long one',
      async () => (await fetch(`${worker.url}/metrics`)).text(),
      (page) => page.includes('active 1'),
    )
    expect((await ask(worker, { max_tokens: 1_000 })).status).toBe(507)
    expect(await long).toContain('"end":true')
    expect((await ask(worker, { max_tokens: 1_000 })).status).toBe(200)
  })

  test('a worker that keeps what it refused has no room for anybody in the end', async () => {
    const worker = await workerUnder(accept, { vramTokens: 1_500, whenShort: 'refuse-and-keep-it' })
    expect((await ask(worker, { max_tokens: 1_000 })).status).toBe(200)
    expect((await ask(worker, { max_tokens: 1_600 })).status).toBe(507)
    expect((await ask(worker, { max_tokens: 10 })).status).toBe(507)
  })

  test('a worker that ignores its memory takes more than there is, and says so', async () => {
    const worker = await workerUnder(accept, { vramTokens: 1_500, whenShort: 'take-it-all-the-same' })
    const answers = await Promise.all([1, 2].map(() => ask(worker, { max_tokens: 1_000, stream: true })))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
    const page = await (await fetch(`${worker.url}/metrics`)).text()
    expect(page).toContain('rbee_worker_vram_used_bytes 2002\n')
    expect(page).toContain('rbee_worker_vram_total_bytes 1500\n')
  })

  test('who goes away gives the memory back at once', async () => {
    const worker = await workerUnder(accept, { vramTokens: 1_000_000 })
    const gauge = async (): Promise<string> => (await fetch(`${worker.url}/metrics`)).text()
    const leave = new AbortController()
    const answer = await fetch(`${worker.url}/v1/inference`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ ...TASK, job_id: 'j', max_tokens: 20_000, stream: true }),
      signal: leave.signal,
    })
    expect(answer.status).toBe(200)
    await eventually('the claim', gauge, (page) => page.includes('vram_used_bytes 20001\n'))
    leave.abort()
    await eventually('the release', gauge, (page) => page.includes('vram_used_bytes 0\n'), 1_000)
  })

  test('503 when too many run', async () => {
    const worker = await workerUnder(accept, { vramTokens: 1_000_000 })
    const long = await Promise.all([1, 2, 3, 4].map(() => ask(worker, { max_tokens: 20_000, stream: true })))
    expect(long.map((answer) => answer.status)).toEqual([200, 200, 200, 200])
    expect((await ask(worker, { max_tokens: 100 })).status).toBe(503)
    for (const answer of long) await answer.body?.cancel()
  })
})
