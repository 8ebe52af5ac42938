/** When new connections are tried, with whom, and which of them count. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { helper } from '../../ports/toolbox.fixture.ts'
import type { HttpProbeSample } from '../../toolbox/operations/requests/probe-http.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import { state } from '../container/container.fixture.ts'
import { begin, containers, openContext } from '../shared/context.fixture.ts'
import { newConnectionsClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const SPEC = { service: 'hive', port: 9_201, path: '/health', ended_within_ms: 1_000 }
const ASKED = newConnectionsClause.expect(SPEC, 'during')
const HIVE = state({ id: 'h1', name: 'hive-1', service: 'hive', addresses: { test: '10.0.0.5' } })
const OTHER = state({ id: 'h2', name: 'hive-2', service: 'hive', addresses: { test: '10.0.0.6' } })
const ANSWERED: HttpProbeSample = { totalMs: 3, connectMs: 1, closeMs: 1, status: 200, bytes: 20, error: null }
const WAITING: HttpProbeSample = { totalMs: null, connectMs: 1, closeMs: null, status: null, bytes: 0, error: 'timeout' }

type Asked = ArgumentsOf<'probe.http'>

interface Seen {
  readonly observation: Observation
  readonly endedMs: number
  readonly asked: readonly Asked[]
  readonly triesMs: readonly number[]
}

interface Service {
  readonly list: readonly ContainerState[]
  /** How a connection to a host ends, and after how long. */
  readonly connect: (host: string, atMs: number) => readonly [HttpProbeSample, number]
  readonly lateMs: number
}

/** A context in which the service is so, and what was asked of it since `open`. */
function serving({ list = [HIVE], connect = () => [ANSWERED, 0] as const }: Partial<Service>): {
  readonly ctx: ClauseContext
  readonly open: () => void
  readonly atMs: () => number
  readonly asked: Asked[]
  readonly triesMs: number[]
} {
  const asked: Asked[] = []
  const triesMs: number[] = []
  const startMs = performance.now()
  const atMs = (): number => Math.round(performance.now() - startMs)
  const { ctx, open } = openContext(6_000, {
    containers: containers({ glance: () => Promise.resolve([...list]) }),
    observer: helper('observer', {
      'probe.http': async (args) => {
        asked.push(args)
        triesMs.push(atMs())
        const [sample, tookMs] = connect(args.target.host, atMs())
        if (tookMs > 0) await new Promise((resolve) => setTimeout(resolve, tookMs))
        return { samples: [sample] }
      },
    }),
  })
  return { ctx, open, atMs, asked, triesMs }
}

async function observe(service: Partial<Service>): Promise<Seen> {
  // A run has gone on for a while when a window begins.
  await vi.advanceTimersByTimeAsync(90_000)
  const { ctx, open, atMs, asked, triesMs } = serving(service)
  const clause = await begin(ASKED, ctx)
  open()
  await vi.advanceTimersByTimeAsync(service.lateMs ?? 0)
  const observed = clause.observe(ctx).then((observation) => ({ observation, endedMs: atMs(), asked, triesMs }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  return observed
}

describe('new connections', () => {
  it('are tried twice a second to the end of the window', async () => {
    const { observation, endedMs, asked, triesMs } = await observe({})
    expect(observation).toMatchObject({ observed: 'all 12 did', met: true })
    expect([endedMs, triesMs]).toEqual([6_000, Array.from({ length: 12 }, (_, place) => 500 * place)])
    expect(asked[0]).toEqual({
      ...{ target: { host: '10.0.0.5', port: 9_201 }, path: '/health', headers: {} },
      ...{ count: 1, intervalMs: 0, timeoutMs: 1_000 },
    })
  })

  it('are tried ten times after the fault', async () => {
    const { endedMs, triesMs } = await observe({ lateMs: 7_000 })
    expect([endedMs, triesMs]).toEqual([12_000, Array.from({ length: 10 }, (_, place) => 7_000 + 500 * place)])
  })

  it('that take long are followed by the next at once', async () => {
    const { observation, triesMs } = await observe({ connect: () => [WAITING, 1_000] })
    expect(triesMs).toHaveLength(6)
    expect(observation).toMatchObject({ met: false })
  })

  it('are tried with each container, and told by its name and from when on they waited', async () => {
    const { observation } = await observe({
      list: [HIVE, OTHER],
      connect: (host, atMs) => [host === '10.0.0.6' && atMs >= 3_000 ? WAITING : ANSWERED, 0],
    })
    expect(observation).toMatchObject({
      observed: '6 of 24 were left waiting (hive-2; the first one opened after 3000 ms)',
      met: false,
    })
  })

  it('are not tried with another service', async () => {
    const { observation } = await observe({ list: [HIVE, { ...OTHER, name: 'queen-1', service: 'queen' }] })
    expect(observation).toMatchObject({ observed: 'all 12 did', met: true })
    await expect(observe({ list: [{ ...OTHER, service: 'queen' }] })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('are not tried with a container that has no address', async () => {
    const { observation } = await observe({ list: [HIVE, { ...OTHER, addresses: {} }] })
    expect(observation).toMatchObject({ observed: 'all 12 did', met: true })
    const none = await observe({ list: [{ ...HIVE, addresses: { other: '10.0.0.5' } }] })
    expect(none.observation).toMatchObject({ observed: 'only 0 new connections were tried', met: null })
  })

  it('need a service with a container, told before anything is injected', async () => {
    const { ctx } = serving({ list: [] })
    const refusal = {
      code: 'TARGET_NOT_FOUND',
      message: "the stack has no container of the service 'hive' to connect to",
    }
    await expect(ASKED.steady(ctx)).rejects.toMatchObject(refusal)
    await ASKED.steady(serving({}).ctx)
  })

  it('may end as long after the window as the last of them may take', () => {
    expect(ASKED.afterWindowMs).toBe(1_500)
  })

  it('are told by their clause', () => {
    expect([ASKED.kind, ASKED.text]).toEqual(['new_connections', 'new connections to hive:9201/health end within 1000 ms'])
  })
})
