/** When a health page is asked, at whom, and what of a container that has none. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Observation } from '../../kinds/clause.ts'
import type { ServiceSpec } from '../../core/descriptor.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { helper } from '../../ports/toolbox.fixture.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import { state } from '../container/container.fixture.ts'
import { begin, containers, descriptor, openContext, stack } from '../shared/context.fixture.ts'
import { healthPageClause } from './clause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const HIVE_SERVICE: ServiceSpec = {
  ...{ name: 'hive', health: { port: 9_201, path: '/health' }, dependsOn: [], replicas: 1, control: true, data: null },
}
const ASKED = healthPageClause.expect({ service: 'hive', within_ms: 900 }, 'during')
const HIVE = state({ id: 'h1', name: 'hive-1', service: 'hive', addresses: { test: '10.0.0.5' } })
const STOPPED = state({ id: 'h2', name: 'hive-2', service: 'hive', addresses: {} })
const WEB_SERVICE: ServiceSpec = { ...HIVE_SERVICE, name: 'web', health: null }
const WEB = state({ id: 'w1', name: 'web-1', service: 'web', addresses: { test: '10.0.0.9' } })

interface Seen {
  readonly observation: Observation
  readonly asked: readonly ArgumentsOf<'probe.http'>[]
}

async function observe(
  list: readonly ContainerState[],
  status: (place: number) => number = () => 200,
  services: readonly ServiceSpec[] = [WEB_SERVICE, HIVE_SERVICE],
  expectation = ASKED,
): Promise<Seen> {
  const asked: ArgumentsOf<'probe.http'>[] = []
  const { ctx, open } = openContext(6_000, {
    stack: stack({ descriptor: descriptor({ services }) }),
    containers: containers({ glance: () => Promise.resolve([...list]) }),
    observer: helper('observer', {
      'probe.http': (args) => {
        asked.push(args)
        const answered = { totalMs: 3, connectMs: 1, closeMs: 1, status: status(asked.length - 1), bytes: 20, error: null }
        return Promise.resolve({ samples: [answered] })
      },
    }),
  })
  const clause = await begin(expectation, ctx)
  open()
  const observed = clause.observe(ctx)
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  return { observation: await observed, asked }
}

it('is asked four times a second to the end of the window, straight at its containers', async () => {
  const { observation, asked } = await observe([HIVE, WEB])
  expect(observation).toEqual({
    expected: '≥ 100 % good within 900 ms',
    observed: '100 % of 24, slowest answer 3 ms',
    met: true,
  })
  expect(asked[0]).toEqual({
    ...{ target: { host: '10.0.0.5', port: 9_201 }, path: '/health', headers: {} },
    ...{ count: 1, intervalMs: 0, timeoutMs: 900 },
  })
})

it('is missed by a single bad answer', async () => {
  const { observation } = await observe([HIVE], (place) => (place === 20 ? 503 : 200))
  expect(observation).toMatchObject({ observed: '95.83 % of 24 (1 × status 503), slowest answer 3 ms', met: false })
})

it('of a container that does not run is none', async () => {
  const { observation } = await observe([HIVE, STOPPED])
  expect(observation).toMatchObject({ observed: '50 % of 48 (24 × not running), slowest answer 3 ms', met: false })
})

it('needs a service with a container, and with a health page', async () => {
  await expect(observe([WEB])).rejects.toMatchObject({
    code: 'TARGET_NOT_FOUND',
    message: "the stack has no container of the service 'hive' to ask for its health page",
  })
  expect(ASKED.missing(descriptor({ services: [WEB_SERVICE, HIVE_SERVICE] }))).toEqual([])
  expect(ASKED.missing(descriptor({ services: [{ ...HIVE_SERVICE, health: null }] }))).toEqual([
    { path: [], message: 'asks for the health page of "hive", which has none' },
  ])
  expect(ASKED.missing(descriptor())).toHaveLength(1)
  expect(ASKED.afterWindowMs).toBe(1_150)
})

describe('a health page that is to be good at some moment', () => {
  const eventually = healthPageClause.expect({ service: 'hive', within_ms: 900, eventually_within_seconds: 2 }, 'during')
  const OTHER = { ...HIVE, id: 'h2', name: 'hive-2', addresses: { test: '10.0.0.6' } }

  it('is so when those of all containers are at one look', async () => {
    // Two at each look: one of them is bad at first, then the other one.
    const seen = await observe([HIVE, OTHER], (place) => ([0, 3].includes(place) ? 503 : 200), undefined, eventually)
    expect(seen.observation).toEqual({
      expected: 'good at all containers at once, each within 900 ms, eventually within 2 s',
      observed: '2 of 2 good; after 0.50 s',
      met: true,
    })
    expect(seen.asked).toHaveLength(6)
  })

  it('is missed when there is no such look, and told by the last one', async () => {
    const { observation } = await observe([HIVE, STOPPED], () => 200, undefined, eventually)
    expect(observation).toMatchObject({ observed: '1 of 2 good (hive-2: not running); so at the last of 9 looks', met: false })
    const late = await observe([HIVE], (place) => (place < 9 ? 503 : 200), undefined, eventually)
    expect(late.observation).toMatchObject({
      observed: '0 of 1 good (hive-1: status 503); so at the last of 9 looks',
      met: false,
    })
  })

  it('is undecided where there is no container to ask', async () => {
    const { observation } = await observe([WEB], () => 200, undefined, eventually)
    expect(observation.met).toBeNull()
    expect(observation.observed).toMatch(/^nothing could be seen: the stack has no container of the service 'hive'/)
  })

  it('is told by its clause', () => {
    expect(eventually.text).toBe('health page of hive: good at all containers at once, each within 900 ms, eventually within 2 s')
    expect(eventually.afterWindowMs).toBe(4_900)
  })
})

it.each([
  ['that has no health page', [{ ...HIVE_SERVICE, health: null }]],
  ['that nobody knows', [WEB_SERVICE]],
])('is asked of no service %s', async (_what, services) => {
  await expect(observe([HIVE], undefined, services)).rejects.toMatchObject({
    code: 'TARGET_NOT_FOUND',
    message: "the service 'hive' has no health page",
  })
})
