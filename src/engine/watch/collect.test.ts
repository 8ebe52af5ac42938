/** Logs, events and series of a scenario: what the reader of a red run goes by. */
import { wall } from '../../core/time/moment.fixture.ts'
import { isoTime, later } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ContainerEvent } from '../../ports/docker.ts'
import { fakeFault, type FakeFault } from '../rig/fake-fault.ts'
import { Rig } from '../rig/rig.ts'
import type { World } from '../rig/world.ts'

const START = '2026-03-01T10:00:10.000Z'

function event(atMs: number, changes: Partial<ContainerEvent> = {}): ContainerEvent {
  return { atMs: wall(atMs), action: 'die', containerId: '0123456789abcdef', service: 'back', attributes: {}, ...changes }
}

/** A fault that tells to have hit a member of a pool, at that time after the start of the scenario. */
function hitting(world: World, atMs: number): FakeFault {
  const fault = fakeFault(world, 'cut')
  return {
    ...fault,
    inject: async (plan, ctx) => {
      const atWallMs = wall(Date.parse(START) + atMs)
      ctx.hit({
        ...{ containerId: 'fedcba9876543210', name: 'fake-back-1', service: 'back', pid: 42 },
        ...{ atMs: ctx.clock.nowMs(), atWallMs, member: 'worker-7' },
      })
      await fault.inject(plan, ctx)
    },
  }
}

describe('the events of a scenario', () => {
  it('are in the order of their times, whoever tells them', async () => {
    const startMs = Date.parse(START)
    const rig = new Rig({
      faults: (world) => [hitting(world, 2_000)],
      stacks: [{ events: () => [event(startMs + 2_500), event(startMs + 1_500, { action: 'start', service: '' })] }],
    })
    expect((await rig.result()).events).toEqual([
      { at: '2026-03-01T10:00:11.500Z', source: 'docker', kind: 'start', detail: '0123456789ab' },
      {
        ...{ at: '2026-03-01T10:00:12.000Z', source: 'engine', kind: 'hit' },
        detail: 'fake-back-1 (fedcba987654), process 42, pool member worker-7',
      },
      { at: '2026-03-01T10:00:12.500Z', source: 'back', kind: 'die', detail: '0123456789ab' },
    ])
  })

  it('are the newest two hundred, and what ran in a container is none of them', async () => {
    const startMs = Date.parse(START)
    const all = Array.from({ length: 500 }, (_, index) =>
      event(startMs + index, { action: index % 2 === 0 ? 'die' : 'exec_die' }),
    )
    const { events } = await new Rig({ stacks: [{ events: () => all }] }).result()
    expect(events.map(({ at }) => Date.parse(at) - startMs)).toEqual(Array.from({ length: 200 }, (_, index) => 100 + 2 * index))
  })
})

describe('the logs of a scenario', () => {
  it('are those from its start to its end', async () => {
    const rig = new Rig()
    const { startedAt } = await rig.result()
    const [first, second] = (rig.written.get('logs/X-1/back.log') ?? '').split('\n')
    expect(first).toBe(`${startedAt} fake-back-1 first`)
    expect(second?.slice(0, 24)).toBe(isoTime(later(rig.world.clock.wallMs(), -1)))
  })

  it('have the lines of all containers of a service in one file, by their times', async () => {
    const rig = new Rig({ stacks: [{ states: (state) => ({ ...state, service: 'shop' }) }] })
    const { logs } = await rig.result()
    expect(logs).toEqual([{ service: 'shop', file: 'logs/X-1/shop.log' }])
    const lines = (rig.written.get('logs/X-1/shop.log') ?? '').trimEnd().split('\n')
    expect(lines.map((line) => line.slice(25))).toEqual([
      ...['back', 'front', 'store'].map((name) => `fake-${name}-1 first`),
      ...['back', 'front', 'store'].map((name) => `fake-${name}-1 second`),
    ])
  })

  it('are the last 256 KiB of each container', async () => {
    const rig = new Rig()
    await rig.run()
    expect(rig.world.logLimitsBytes).toEqual([262_144, 262_144, 262_144])
  })

  it('are an empty file where nothing was said', async () => {
    const rig = new Rig({ stacks: [{ logs: 'lies' }] })
    expect((await rig.result()).verdict).toBe('passed')
    expect(rig.written.get('logs/X-1/back.log')).toBe('')
  })

  it('say at the end of their time that they could not be read', async () => {
    const rig = new Rig({ stacks: [{ logs: 'fails' }] })
    await rig.result()
    const [line = ''] = (rig.written.get('logs/X-1/back.log') ?? '').split('\n')
    expect(Date.parse(line.slice(0, 24))).toBe(rig.world.clock.wallMs())
  })
})

describe('the series of a scenario', () => {
  it('has its times rounded, and says why an answer was bad', async () => {
    const request = { requests: ['page'] as const, ratePerSecond: 3 }
    const rig = new Rig({ stacks: [{ descriptor: { canary: request } }] })
    rig.world.answer = () =>
      rig.world.broken.size > 0 ? { ok: false, latencyMs: 30.55, error: 'status 502' } : { ok: true, latencyMs: 20.26 }
    await rig.result()
    const text = rig.written.get('series/X-1.jsonl') ?? ''
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { ok: boolean })
    expect(lines[1]).toEqual({ atMs: 333, latencyMs: 20.3, status: 200, ok: true, error: null })
    expect(lines.find(({ ok }) => !ok)).toMatchObject({ latencyMs: 30.5, status: null, error: 'status 502' })
    expect(text.endsWith('}\n')).toBe(true)
  })

  it('has the code of an answer where the protocol has one, in place of a status', async () => {
    const rig = new Rig()
    rig.world.answer = () => ({ ok: true, latencyMs: 20, code: 'OK' })
    await rig.result()
    const [first = ''] = (rig.written.get('series/X-1.jsonl') ?? '').split('\n')
    expect(JSON.parse(first)).toEqual({ atMs: 0, latencyMs: 20, status: null, code: 'OK', ok: true, error: null })
  })

  it('has which request it was, and that an answer was cut off or wrong', async () => {
    const rig = new Rig()
    const bad = { ok: false, latencyMs: 20, error: 'odd', request: 'page' }
    rig.world.answer = () => (rig.world.broken.size > 0 ? { ...bad, cut: true, wrong: true } : { ...bad, ok: true })
    await rig.result()
    const lines = (rig.written.get('series/X-1.jsonl') ?? '').split('\n')
    expect(lines[0]).toBe('{"atMs":0,"request":"page","latencyMs":20,"status":200,"ok":true,"error":null}')
    expect(lines.find((line) => line.includes('cut'))).toMatch(
      /^\{"atMs":\d+,"request":"page","latencyMs":20,"status":null,"ok":false,"cut":true,"wrong":true,"error":"odd"\}$/,
    )
  })
})
