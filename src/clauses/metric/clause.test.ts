/** Which pages are read, when, and what is no page. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FetchReply } from '../../toolbox/operations/requests/fetch.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import type { MetricSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { helper } from '../../ports/toolbox.fixture.ts'
import { state } from '../container/container.fixture.ts'
import { begin, containers, openContext } from '../shared/context.fixture.ts'
import { metricClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const SPEC: MetricSpec = { service: 'hive', port: 9_201, path: '/metrics', metric: 'jobs', change: { at_least: 3 } }
const HIVE = state({ id: 'h1', name: 'hive-1', service: 'hive', addresses: { test: '10.0.0.5' } })

type Asked = ArgumentsOf<'fetch'>

function page(jobs: number, change: Partial<FetchReply> = {}): FetchReply {
  const body = `# TYPE jobs counter\njobs ${jobs}\n`
  return { status: 200, body, complete: true, totalMs: 2, error: null, ...change }
}

interface Service {
  readonly list: (atMs: number) => readonly ContainerState[]
  readonly fetch: (host: string, atMs: number) => FetchReply | Promise<FetchReply>
}

interface Seen {
  readonly observation: Observation
  readonly endedMs: number
  readonly asked: readonly Asked[]
  readonly readsMs: readonly number[]
}

/** Observes a service; times count from inject on, and it is read for the first time half a second before. */
async function observe(service: Partial<Service>, spec = SPEC, changes: Partial<ClauseContext> = {}): Promise<Seen> {
  const startMs = performance.now() + 500
  const atMs = (): number => Math.round(performance.now() - startMs)
  const asked: Asked[] = []
  const readsMs: number[] = []
  const { ctx, open } = openContext(6_000, {
    containers: containers({ list: () => Promise.resolve([...(service.list?.(atMs()) ?? [HIVE])]) }),
    observer: helper('observer', {
      fetch: (args) => {
        asked.push(args)
        readsMs.push(atMs())
        return service.fetch?.(args.target.host, atMs()) ?? page(atMs() < 0 ? 5 : 9)
      },
    }),
    ...changes,
  })
  const clause = await begin(metricClause.expect(spec, 'during'), ctx)
  await vi.advanceTimersByTimeAsync(500)
  open()
  const observed = clause.observe(ctx).then((observation) => ({ observation, endedMs: atMs(), asked, readsMs }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  return observed
}

describe('a metric', () => {
  it('is read of each container just before the fault, and at the end of its window', async () => {
    const { observation, endedMs, asked, readsMs } = await observe({})
    expect(observation).toEqual({ expected: 'grows by 3 or more', observed: 'grew by 4 (5 → 9) over 1 container', met: true })
    expect([endedMs, readsMs]).toEqual([6_000, [-500, 6_000]])
    expect(asked[0]).toEqual({
      ...{ target: { host: '10.0.0.5', port: 9_201 }, method: 'GET', path: '/metrics', headers: {}, body: null },
      ...{ timeoutMs: 2_000, maxBytes: 2_097_152 },
    })
  })

  it('is that of the process that Docker says has begun, so that a restart is noticed', async () => {
    const list: Service['list'] = (atMs) => [atMs < 0 ? HIVE : { ...HIVE, startedAt: '2026-01-01T00:00:20Z' }]
    expect((await observe({ list })).observation.observed).toMatch(/hive-1 was restarted, which resets its counters$/)
  })

  it('is read again for five seconds where a page could not be', async () => {
    const { observation, endedMs, readsMs } = await observe({
      fetch: (_host, atMs) => (atMs < 0 ? page(5) : atMs < 6_700 ? page(0, { status: 503 }) : page(9)),
    })
    expect([observation.met, endedMs]).toEqual([true, 6_750])
    expect(readsMs.slice(1)).toEqual([6_000, 6_250, 6_500, 6_750])
  })

  it('is read again until that of each container could be', async () => {
    const other = { ...HIVE, id: 'h2', name: 'hive-2', addresses: { test: '10.0.0.6' } }
    const { observation, endedMs } = await observe({
      list: () => [HIVE, other],
      fetch: (host, atMs) => (atMs < 0 ? page(5) : host === '10.0.0.6' && atMs < 6_200 ? page(0, { status: 503 }) : page(9)),
    })
    expect([observation.observed, endedMs]).toEqual(['grew by 8 (10 → 18) over 2 containers', 6_250])
  })

  it.each<[string, FetchReply | Error, string]>([
    ['answers with an error', page(9, { status: 503 }), 'http://10.0.0.5:9201/metrics answered 503'],
    [
      'does not answer',
      page(9, { status: null, error: 'ECONNREFUSED' }),
      'http://10.0.0.5:9201/metrics gave no answer (ECONNREFUSED)',
    ],
    ['breaks off', page(9, { error: 'ECONNRESET' }), 'http://10.0.0.5:9201/metrics gave no answer (ECONNRESET)'],
    ['says nothing', page(9, { status: null }), 'http://10.0.0.5:9201/metrics gave no answer (no status)'],
    ['is cut', page(9, { complete: false }), 'http://10.0.0.5:9201/metrics is longer than 2097152 bytes, or was cut'],
    ['cannot be asked', new Error('the helper is gone'), 'http://10.0.0.5:9201/metrics: the helper is gone'],
  ])('is unknown of a page that %s', async (_how, reply, problem) => {
    const { observation, endedMs } = await observe({
      fetch: (_host, atMs) => (atMs < 0 ? page(5) : reply instanceof Error ? Promise.reject(reply) : reply),
    })
    expect(observation).toMatchObject({
      observed: `grew by at least 0 over 1 container; hive-1 could not be read: ${problem}`,
      met: null,
    })
    expect(endedMs).toBe(11_000)
  })

  it.each<[string, Partial<ContainerState>, string]>([
    ['does not run', { status: 'exited' }, 'it is exited'],
    ['has no address in the network', { addresses: { other: '10.0.0.5' } }, 'it is running'],
  ])('is unknown of a container that %s, which is not asked', async (_how, change, problem) => {
    const { observation, asked } = await observe({ list: (atMs) => [atMs < 0 ? HIVE : { ...HIVE, ...change }] })
    expect(observation.observed).toBe(`grew by at least 0 over 1 container; hive-1 could not be read: ${problem}`)
    expect(asked).toHaveLength(1)
  })

  it('is unknown of all where the service cannot be listed any more', async () => {
    const gone = observe({ list: (atMs) => (atMs < 0 ? [HIVE] : []) })
    await expect(gone).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: "the metrics of hive: the stack has no container of the service 'hive' to read metrics of",
    })
  })

  it('is that of a service with a container, told before anything is injected', async () => {
    await expect(observe({ list: () => [] })).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: "the stack has no container of the service 'hive' to read metrics of",
    })
  })

  it('is not waited for by who was cancelled', async () => {
    const controller = new AbortController()
    const cancelled = observe(
      {
        fetch: (_host, atMs) => {
          if (atMs < 0) return page(5)
          controller.abort(new Error('enough'))
          throw new Error('cut')
        },
      },
      SPEC,
      { signal: controller.signal },
    )
    await expect(cancelled).rejects.toThrow('the metrics of hive was cancelled')
  })

  it('is no reading that could not be taken, where that was for a cancel', async () => {
    const controller = new AbortController()
    const { ctx } = openContext(6_000, {
      containers: containers({ list: () => Promise.resolve([HIVE]) }),
      observer: helper('observer', {
        fetch: () => {
          controller.abort(new Error('enough'))
          throw new Error('cut')
        },
      }),
      signal: controller.signal,
    })
    await expect(begin(metricClause.expect(SPEC, 'during'), ctx)).rejects.toThrow('cut')
  })

  it('may change at some moment within a time, and need not stay so', async () => {
    const asked = { ...SPEC, eventually_within_seconds: 4 }
    const fetch = (jobs: (atMs: number) => number): Service['fetch'] => {
      return (_host, atMs) => ({ ...page(0), body: `# TYPE jobs gauge\njobs ${atMs < 0 ? 5 : jobs(atMs)}\n` })
    }
    const met = await observe({ fetch: fetch((atMs) => (atMs === 3_000 ? 8 : 5)) }, asked)
    expect(met.observation).toEqual({
      expected: 'grows by 3 or more, eventually within 4 s',
      observed: 'grew by 3 (5 → 8) over 1 container; after 3.00 s',
      met: true,
    })
    expect([met.endedMs, met.readsMs.slice(0, 3)]).toEqual([3_000, [-500, 0, 250]])
    // It would have at the window's end, which is too late.
    const missed = await observe({ fetch: fetch((atMs) => (atMs > 4_000 ? 8 : 7)) }, asked)
    expect(missed.observation).toMatchObject({
      observed: 'grew by 2 (5 → 7) over 1 container; so at the last of 17 looks',
      met: false,
    })
    expect(missed.endedMs).toBe(4_000)
    const clause = metricClause.expect(asked, 'during')
    expect([clause.text, clause.afterWindowMs]).toEqual(['metric jobs of hive: grows by 3 or more, eventually within 4 s', 9_000])
    expect(metricClause.expect(SPEC, 'during').afterWindowMs).toBe(0)
    expect(metricClause.wrongPhase({ ...asked, change: { at_most: 3 } }, 'during')).toMatch(/: give at_least above 0 or at_most/)
    expect(metricClause.wrongPhase(SPEC, 'during')).toBeNull()
  })

  it('is told by its clause', () => {
    const { kind, text } = metricClause.expect(SPEC, 'during')
    expect([kind, text]).toEqual(['metric', 'metric jobs of hive: grows by 3 or more'])
  })
})
