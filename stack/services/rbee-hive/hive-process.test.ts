/** The hive and its workers as processes of their own: killed, stopped, and short of space and descriptors. */
import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exhaustDescriptors, keptConnection, look } from '../testing/descriptors.ts'
import { freePort, limitProcess, openDescriptors, spawnHive, spawnWorker, type ServiceProcess } from '../testing/processes.ts'
import { Cleanup, eventually, post, TASK, temporaryFolder, TOKEN } from '../testing/support.ts'

const cleanup = new Cleanup()
let folder: string
let port: number
beforeEach(async () => {
  folder = await temporaryFolder(cleanup)
  port = await freePort()
})
afterEach(() => cleanup.run())

interface Listed {
  readonly id: string
  readonly worker_id: string
  readonly state: string
  readonly reason: string | null
  readonly in_flight: number
}

const hive = (defects = ''): Promise<ServiceProcess> => spawnHive({ port, folder, defects }, cleanup)

async function worker(at: ServiceProcess, name: string): Promise<ServiceProcess> {
  return spawnWorker({ name, port: await freePort(), hiveUrl: at.url }, cleanup)
}

async function list(at: ServiceProcess): Promise<Listed[]> {
  const answer = await fetch(`${at.url}/v1/workers/list`, { headers: { authorization: `Bearer ${TOKEN}` } })
  return ((await answer.json()) as { workers: Listed[] }).workers
}

const working = async (at: ServiceProcess): Promise<Listed[]> =>
  (await list(at)).filter(({ state }) => state === 'ready' || state === 'busy')
const untilReady = (at: ServiceProcess, count: number): Promise<Listed[]> =>
  eventually(
    'ready workers',
    () => working(at),
    (found) => found.length === count,
  )

const ask = (at: ServiceProcess, fields: object, id: string): Promise<Response> =>
  post(`${at.url}/v1/inference`, { ...TASK, ...fields }, { 'x-task-id': id })

async function completed(at: ServiceProcess): Promise<Set<string>> {
  const answer = await fetch(`${at.url}/v1/jobs/completed`, { headers: { authorization: `Bearer ${TOKEN}` } })
  const { ids } = (await answer.json()) as { ids: string[] }
  return new Set(ids)
}

/** The member of that name is listed; its registration. */
async function memberOf(at: ServiceProcess, name: string): Promise<Listed | undefined> {
  return (await list(at)).find((entry) => entry.worker_id === `worker-${name}`)
}

describe('a hive that is killed', () => {
  test('every job that it has accepted is completed after its restart, by workers that never stopped', async () => {
    const first = await hive()
    const workers = await Promise.all(['a', 'b', 'c'].map((name) => worker(first, name)))
    const before = await untilReady(first, 3)
    // A stream's head says that the job was accepted; its end is seconds away.
    const ids = Array.from({ length: 60 }, (_, index) => `job-${index}`)
    const answers = await Promise.all(ids.map((id) => ask(first, { max_tokens: 2_000, stream: true }, id)))
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200))
    await first.kill('SIGKILL')
    const ends = await Promise.allSettled(answers.map((answer) => answer.text()))
    expect(ends.map(({ status }) => status)).toContain('rejected')
    // What had ended before is whole: a cut must not look like an end.
    for (const end of ends) if (end.status === 'fulfilled') expect(end.value).toContain('data: [DONE]')
    const second = await hive()
    const after = await untilReady(second, 3)
    expect(after.map((entry) => entry.worker_id).sort()).toEqual(before.map((entry) => entry.worker_id).sort())
    for (const entry of after) expect(before.map(({ id }) => id)).not.toContain(entry.id)
    expect(workers.map((process) => process.isRunning())).toEqual([true, true, true])
    await eventually(
      'the completion of all',
      async () => {
        const done = await completed(second)
        return ids.filter((id) => !done.has(id))
      },
      (missing) => missing.length === 0,
      60_000,
    )
    // Who asks again gets the answer, not another run.
    expect(await (await ask(second, { max_tokens: 2_000, stream: true }, 'job-7')).text()).toContain('"tokens_out":2000')
  })
})

describe('a worker that is killed', () => {
  test('what it was working on is finished by another, from where it was, as if nothing had been', async () => {
    const at = await hive()
    const first = await worker(at, 'first')
    await untilReady(at, 1)
    // Takes longer than a second worker needs to start, on a busy machine as well.
    const tokens = 10_000
    const json = ask(at, { max_tokens: tokens }, 'json')
    const stream = await ask(at, { max_tokens: tokens, stream: true }, 'stream')
    expect(stream.headers.get('x-worker-id')).toBe('worker-first')
    await sleep(1_200)
    await worker(at, 'second')
    await untilReady(at, 2)
    await first.kill('SIGKILL')
    const undisturbed = (await (await ask(at, { max_tokens: tokens }, 'undisturbed')).json()) as { text: string }
    expect(await (await json).json()).toMatchObject({ tokens, text: undisturbed.text })
    const text = await stream.text()
    expect([...text.matchAll(/"t":"([^"]*)"/g)].map((match) => match[1]).join('')).toBe(undisturbed.text)
    expect(text).toContain('[DONE]')
    // Not two whole runs after each other: the second had the rest to do.
    const breaks = at.events().filter(({ event }) => event === 'run_failed')
    expect(breaks.map((line) => line['job_id']).sort()).toEqual(['json', 'stream'])
    for (const line of breaks) expect(line['tokens']).toBeGreaterThan(200)
  })

  test('it is out of the pool at once, and comes back under another registration', async () => {
    const at = await hive()
    const name = 'phoenix'
    const first = await worker(at, name)
    const [before] = await untilReady(at, 1)
    await first.kill('SIGKILL')
    // 2.25 s, and what a busy machine adds to it.
    await eventually(
      'the removal',
      () => memberOf(at, name),
      (found) => found === undefined,
      10_000,
    )
    await worker(at, name)
    const [after] = await untilReady(at, 1)
    expect(after?.worker_id).toBe(before?.worker_id)
    expect(after?.id).not.toBe(before?.id)
  })

  test('before it is ready: its registration fails, is listed so, and gets no work', async () => {
    const at = await hive()
    const hiveUrl = at.url
    const slow = await spawnWorker({ name: 'slow', port: await freePort(), hiveUrl, loadMs: 60_000 }, cleanup)
    await eventually(
      'the registration',
      () => memberOf(at, 'slow'),
      (found) => found?.state === 'registering',
    )
    await slow.kill('SIGKILL')
    const failed = await eventually(
      'the failure',
      () => memberOf(at, 'slow'),
      (found) => found?.state === 'failed',
      3_000,
    )
    expect(failed?.reason).toBe('not ready in time')
    await worker(at, 'good')
    await untilReady(at, 1)
    expect((await ask(at, {}, 'one')).headers.get('x-worker-id')).toBe('worker-good')
    expect((await memberOf(at, 'slow'))?.state).toBe('failed')
  })

  test('with the defect its part is passed off as the whole', async () => {
    const at = await hive('no-failover')
    const first = await worker(at, 'first')
    await untilReady(at, 1)
    const json = ask(at, { max_tokens: 2_000 }, 'json')
    await sleep(1_200)
    await first.kill('SIGKILL')
    const answer = await json
    expect(answer.status).toBe(200)
    expect(((await answer.json()) as { tokens: number }).tokens).toBeLessThan(2_000)
  })

  test('with the defect it stays listed as ready, also beside its successor', async () => {
    const at = await hive('keeps-dead-workers')
    const first = await worker(at, 'phoenix')
    await untilReady(at, 1)
    await first.kill('SIGKILL')
    await sleep(2_600)
    await worker(at, 'phoenix')
    await untilReady(at, 2)
    expect((await ask(at, {}, 'one')).status).toBe(200)
  })
})

describe('a worker that is asked to stop', () => {
  test('and does not hear it is ended by force after 3 s; its work goes to another before', async () => {
    const at = await hive()
    const names = ['one', 'two']
    const workers = await Promise.all(names.map((name) => worker(at, name)))
    await untilReady(at, 2)
    const answer = ask(at, { max_tokens: 2_000 }, 'stuck')
    const member = await eventually(
      'the job on one of them',
      async () => (await list(at)).find(({ in_flight }) => in_flight === 1),
      (found) => found !== undefined,
    )
    const busy = names.findIndex((name) => member?.worker_id === `worker-${name}`)
    const [deaf, name] = [workers[busy], names[busy] ?? '']
    if (deaf === undefined) throw new Error('nobody has the job')
    process.kill(deaf.pid, 'SIGSTOP')
    const askedMs = performance.now()
    expect((await post(`${at.url}/v1/workers/${String(member?.id)}/stop`, {})).status).toBe(202)
    expect(await (await answer).json()).toMatchObject({ tokens: 2_000 })
    expect((await memberOf(at, name))?.state ?? 'gone').toMatch(/^(stopping|gone)$/)
    expect(await deaf.ended).toBe('SIGKILL')
    const tookMs = performance.now() - askedMs
    expect(tookMs).toBeGreaterThan(2_900)
    expect(tookMs).toBeLessThan(10_000)
    await eventually(
      'its removal',
      () => memberOf(at, name),
      (found) => found === undefined,
    )
  })

  test('and hears it ends by itself', async () => {
    const at = await hive()
    const good = await worker(at, 'good')
    const [member] = await untilReady(at, 1)
    await post(`${at.url}/v1/workers/${String(member?.id)}/stop`, {})
    expect(await good.ended).toBe(0)
  })

  test('with the defect nobody ends it', async () => {
    const at = await hive('never-force-kills')
    const deaf = await worker(at, 'deaf')
    const [member] = await untilReady(at, 1)
    process.kill(deaf.pid, 'SIGSTOP')
    await post(`${at.url}/v1/workers/${String(member?.id)}/stop`, {})
    await sleep(3_500)
    expect(deaf.isRunning()).toBe(true)
    process.kill(deaf.pid, 'SIGCONT')
    expect(await deaf.ended).toBe(0)
  })
})

describe('a journal that cannot be written', () => {
  /** The kernel refuses every byte beyond what the journal has now, as a full volume does. */
  async function fill(at: ServiceProcess): Promise<void> {
    const { size } = await stat(join(folder, 'journal.jsonl'))
    await limitProcess(at.pid, { fsize: size })
  }

  const free = (at: ServiceProcess): Promise<void> => limitProcess(at.pid, { fsize: 1_000_000_000 })
  const statuses = (at: ServiceProcess, prefix: string): Promise<[string, number][]> =>
    Promise.all(
      Array.from({ length: 20 }, async (_, index): Promise<[string, number]> => {
        const id = `${prefix}-${index}`
        return [id, (await ask(at, {}, id)).status]
      }),
    )

  test('507 for new work at once, health stays good, and nothing that was answered is lost', async () => {
    const at = await hive()
    await worker(at, 'w')
    await untilReady(at, 1)
    const slow = ask(at, { max_tokens: 400 }, 'before')
    const early = await statuses(at, 'early')
    await fill(at)
    const startedMs = performance.now()
    const full = await statuses(at, 'full')
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect(new Set(full.map(([, status]) => status))).toEqual(new Set([507]))
    for (const path of ['/health', '/v1/health']) expect((await fetch(`${at.url}${path}`)).status).toBe(200)
    expect(await (await fetch(`${at.url}/metrics`)).text()).toContain('rbee_hive_journal_writable 0')
    // Accepted before, finished while there is no room to say so.
    expect((await slow).status).toBe(200)
    await free(at)
    await eventually(
      'room',
      async () => (await ask(at, {}, `probe-${performance.now()}`)).status,
      (status) => status === 200,
    )
    const late = await statuses(at, 'late')
    const answered = [['before', 200] as const, ...early, ...full, ...late].filter(([, status]) => status === 200)
    expect(answered).toHaveLength(41)
    const missing = async (process: ServiceProcess): Promise<string[]> => {
      const done = await completed(process)
      return answered.map(([id]) => id).filter((id) => !done.has(id))
    }
    await eventually(
      'the records',
      () => missing(at),
      (ids) => ids.length === 0,
    )
    expect(at.isRunning()).toBe(true)
    // Also for a life that knows only the disk; and what was refused is not there.
    await at.kill('SIGKILL')
    const next = await hive()
    expect(await missing(next)).toEqual([])
    expect([...(await completed(next))].filter((id) => id.startsWith('full-'))).toEqual([])
  })

  test.each([
    ['accepts-without-storing', 200],
    ['fails-when-full', 500],
  ])('with the defect %s the answer is %i', async (defect, status) => {
    const at = await hive(defect)
    await worker(at, 'w')
    await untilReady(at, 1)
    expect((await ask(at, {}, 'one')).status).toBe(200)
    await fill(at)
    expect(new Set((await statuses(at, 'full')).map(([, found]) => found))).toEqual(new Set([status]))
  })
})

describe('a hive without free descriptors', () => {
  test('turns new connections away at once, keeps the old ones and its workers, and is itself again afterwards', async () => {
    const at = await hive()
    const health = `${at.url}/v1/health`
    const old = keptConnection(cleanup)
    expect((await look(health, old)).outcome).toBe(200)
    await Promise.all(['a', 'b'].map((name) => worker(at, name)))
    const before = await untilReady(at, 2)
    const openBefore = (await openDescriptors(at.pid)).length
    const release = await exhaustDescriptors(at, cleanup)
    const tookMs: number[] = []
    for (let index = 0; index < 5; index += 1) {
      const turned = await look(health, false)
      expect(turned.outcome).toBe('ECONNRESET')
      tookMs.push(turned.tookMs)
      expect((await look(health, old)).outcome).toBe(200)
    }
    expect(Math.max(...tookMs)).toBeLessThan(5_000)
    expect(Math.min(...tookMs)).toBeLessThan(1_000)
    // Longer than silence makes a worker dead.
    await sleep(3_000)
    expect(at.isRunning()).toBe(true)
    expect((await look(health, old)).outcome).toBe(200)
    await release()
    await eventually(
      'service',
      () => look(health, false),
      ({ outcome }) => outcome === 200,
    )
    expect((await list(at)).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort())
    expect(at.events().filter(({ event }) => event === 'worker_removed')).toEqual([])
    expect((await ask(at, {}, 'after')).status).toBe(200)
    await eventually(
      'about the old number of descriptors',
      async () => (await openDescriptors(at.pid)).length,
      (open) => open <= openBefore + 8,
    )
  })

  test('has no connection for a job then, which is no fault of the worker', async () => {
    const at = await hive()
    await worker(at, 'w')
    await untilReady(at, 1)
    const old = keptConnection(cleanup)
    expect((await look(`${at.url}/v1/health`, old)).outcome).toBe(200)
    const release = await exhaustDescriptors(at, cleanup)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
      request(`${at.url}/v1/inference`, { method: 'POST', agent: old, headers }, (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode)
        })
      })
        .on('error', reject)
        .end(JSON.stringify(TASK))
    })
    expect(status).toBe(503)
    await release()
    await eventually(
      'service',
      () => look(`${at.url}/v1/health`, false),
      ({ outcome }) => outcome === 200,
    )
    expect((await working(at)).length).toBe(1)
    expect((await ask(at, {}, 'after')).status).toBe(200)
    expect(at.events().filter(({ event }) => event === 'run_failed')).toEqual([])
  })

  test('with the defect it ends', async () => {
    const at = await hive('hive-dies-without-descriptors')
    await sleep(1_000)
    expect(at.isRunning()).toBe(true)
    await Promise.race([exhaustDescriptors(at, cleanup).catch(() => undefined), at.ended])
    expect(await at.ended).toBe(1)
  })
})
