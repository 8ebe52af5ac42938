import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PoolSpec } from '../../../core/descriptor.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { PoolMember, PoolPort } from '../../../ports/stack.ts'
import { container, descriptor, faultContext, stack } from '../context.fixture.ts'
import { glanceAtPool, memberOf, requirePool } from './pool-members.ts'

const A = container({ id: 'a'.repeat(64), name: 'chaos-hand-a' })
const short = (letter: string): string => letter.repeat(12)

function member(id: string, of: string, meaning: PoolMember['meaning'] = 'ready'): PoolMember {
  return { id, state: String(meaning), meaning, container: of, inFlight: 0 }
}

describe('the member that a container is', () => {
  test.each([A.id, short('a'), A.name])('is found by %s', (of) => {
    expect(memberOf(A, [member('m2', short('b')), member('m1', of)])?.id).toBe('m1')
  })

  test('is found by the beginning of its id alone', () => {
    const own = { id: 'a'.repeat(12) + 'b'.repeat(52), name: 'chaos-hand-a' }
    expect(memberOf(own, [member('m2', 'b'.repeat(12)), member('m1', short('a'))])?.id).toBe('m1')
    expect(memberOf(own, [member('m2', 'b'.repeat(12))])).toBeNull()
  })

  test.each(['a'.repeat(11), '', 'hand', `chaos-hand-ab`, `${short('a')}b`])('is not found by %j', (of) => {
    expect(memberOf(A, [member('m1', of)])).toBeNull()
  })

  test('is what works now, not what the same container was before or has just begun to be', () => {
    const [old, ready, busy] = [member('old', short('a'), 'failed'), member('m1', A.name), member('m2', A.name, 'busy')]
    const registering = member('new', short('a'), 'registering')
    expect(memberOf(A, [old, ready, registering])?.id).toBe('m1')
    expect(memberOf(A, [busy, old])?.id).toBe('m2')
    expect(memberOf(A, [ready, busy])?.id).toBe('m2')
    expect(memberOf(A, [old, registering])?.id).toBe('new')
    expect(memberOf(A, [member('m3', A.name, null)])?.id).toBe('m3')
  })
})

const SPEC: PoolSpec = {
  ...{ services: ['hand'], size: 4, list: { service: 'hive', port: 1, path: '/', headers: {} }, members: '@', id: 'id' },
  ...{ state: 'state', container: 'container', inFlight: 'load', stop: null, work: null },
  states: { registering: [], ready: [], busy: [], failed: [] },
}

function withPool(pool: PoolPort | null, spec: PoolSpec | null, changes: Partial<FaultContext> = {}): FaultContext {
  const ofStack = stack({ pool: () => pool, descriptor: descriptor({ name: 'crew', pool: spec }) })
  return faultContext(6_000, { stack: ofStack, ...changes }).ctx
}

function listing(members: PoolPort['members']): PoolPort {
  return { members, stop: () => Promise.reject(new Error('nothing here stops a member')) }
}

describe('a fault that needs the pool', () => {
  const pool = listing(() => Promise.resolve([]))

  test('gets it with what the descriptor says of it', () => {
    expect(requirePool('hand', 'a crash', withPool(pool, SPEC))).toEqual({ pool, spec: SPEC })
  })

  test.each<[string, PoolPort | null, PoolSpec | null]>([
    ['none is declared', null, null],
    ['there is no way to read it', null, SPEC],
    ['nothing is said of it', pool, null],
  ])('is a missing capability where %s', (_what, port, spec) => {
    const missing = {
      code: 'CAPABILITY_MISSING',
      message: "a crash needs the pool of the stack 'crew', and it declares none",
      hint: 'Declare the pool in stack.json.',
    }
    expect(() => requirePool('hand', 'a crash', withPool(port, spec))).toThrow(expect.objectContaining(missing) as Error)
  })

  test('is a missing capability for another service', () => {
    const missing = {
      code: 'CAPABILITY_MISSING',
      message: "a crash needs a member of the pool, and those are containers of 'hand', not of 'head'",
    }
    expect(() => requirePool('head', 'a crash', withPool(pool, SPEC))).toThrow(expect.objectContaining(missing) as Error)
    const both = { ...SPEC, services: ['hand', 'foot'] }
    expect(() => requirePool('head', 'a crash', withPool(pool, both))).toThrow("containers of 'hand', 'foot', not of 'head'")
    expect(requirePool('foot', 'a crash', withPool(pool, both)).spec).toBe(both)
  })
})

describe('a glance at the pool', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function glance(pool: PoolPort | null, changes: Partial<FaultContext> = {}): Promise<unknown> {
    const warnings: string[] = []
    const log = { log: (level: string, text: string): number => warnings.push(`${level}: ${text}`) }
    const startMs = performance.now()
    const glanced = glanceAtPool(withPool(pool, SPEC, { log, ...changes }))
      .then((members) => ({ ids: members.map(({ id }) => id), endedMs: performance.now() - startMs, warnings }))
      .catch((error: unknown) => String(error))
    await vi.advanceTimersByTimeAsync(10_000)
    return glanced
  }

  test('sees what is listed', async () => {
    const seen = await glance(listing(() => Promise.resolve([member('m1', 'a')])))
    expect(seen).toEqual({ ids: ['m1'], endedMs: 0, warnings: [] })
  })

  test('sees nothing where there is no pool', async () => {
    expect(await glance(null)).toEqual({ ids: [], endedMs: 0, warnings: [] })
  })

  test.each<[string, () => Promise<never>, number, string]>([
    ['does not answer', () => Promise.reject(new Error('status 502')), 0, 'status 502'],
    ['hangs', () => new Promise(() => undefined), 500, 'a look at the pool took longer than 500 ms'],
  ])('sees nothing of one that %s, and says so', async (_how, members, endedMs, why) => {
    const warnings = [`warn: whom the fault hits is told without an id of the pool: ${why}`]
    expect(await glance(listing(members))).toEqual({ ids: [], endedMs, warnings })
  })

  test('ends with who is cancelled', async () => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 100)
    const hangs = listing(() => new Promise(() => undefined))
    expect(await glance(hangs, { signal: controller.signal })).toBe('ChaosError: a look at the pool was cancelled')
  })
})
