import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PoolSpec } from '../../src/core/descriptor.ts'
import type { PoolPort } from '../../src/ports/stack.ts'
import { createPool } from '../../src/stack/pages/pool.ts'
import { awaitCrew, CREW_POOL, crewDescriptor, HANDS, poolOf } from './crew.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { signal } from './stack-fixture.ts'

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(crewDescriptor())
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function poolWith(changes: Partial<PoolSpec>): PoolPort {
  const { containers, network, variables } = rig.stack
  return createPool({ spec: { ...CREW_POOL, ...changes }, containers, network, variables, observer: rig.observer })
}

const unreadable = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'POOL_UNREADABLE', message: expect.stringMatching(message) as string })

test('lists the members as the system sees them, with its token', async () => {
  const members = await awaitCrew(rig.stack, rig.observer)
  const hands = await rig.stack.containers.list('hand', signal())
  expect(members.map(({ container }) => container).sort()).toEqual(hands.map(({ id }) => id.slice(0, 12)).sort())
  expect(members.map(({ state, meaning, inFlight }) => ({ state, meaning, inFlight }))).toEqual(
    Array.from({ length: HANDS }, () => ({ state: 'ready', meaning: 'ready', inFlight: 0 })),
  )
})

test('a state that the descriptor does not name has no meaning', async () => {
  const pool = poolWith({ states: { ...CREW_POOL.states, ready: ['idle'], failed: ['ready'] } })
  expect((await pool.members(signal())).map(({ state, meaning }) => [state, meaning])[0]).toEqual(['ready', 'failed'])
  const unnamed = poolWith({ states: { registering: [], ready: [], busy: [], failed: [] } })
  expect((await unnamed.members(signal()))[0]?.meaning).toBeNull()
})

describe('what cannot be read is said, not guessed', () => {
  test.each<[string, Partial<PoolSpec>, RegExp]>([
    ['no token', { list: { ...CREW_POOL.list, headers: {} } }, /GET \/members at boss:8000 with status 401: "who are you\?"/],
    ['another page', { list: { ...CREW_POOL.list, path: '/nothing' } }, /with status 404/],
    ['another port', { list: { ...CREW_POOL.list, port: 8001 } }, /gave no answer to GET \/members at boss:8001: ECONNREFUSED/],
    ['a service that is not there', { list: { ...CREW_POOL.list, service: 'nobody' } }, /no container of nobody runs/],
    ['no list', { members: 'members[0]' }, /members\[0\] gives \{.*instead of a list/],
    ['no ids', { id: 'nothing' }, /nothing gives null instead of a text/],
    ['a state that is no text', { state: 'in_flight' }, /in_flight gives 0 instead of a text/],
    ['a count that is no number', { inFlight: 'id' }, /id gives "m\d+" instead of a number/],
    ['an expression that fails', { container: 'abs(id)' }, /abs\(id\) gives .*(abs|number)/],
  ])('%s', async (_name, changes, message) => {
    await expect(poolWith(changes).members(signal())).rejects.toEqual(unreadable(message))
  })

  test('a variable without a value', async () => {
    const list = { ...CREW_POOL.list, headers: { authorization: 'Bearer ${NOBODY}' } }
    await expect(poolWith({ list }).members(signal())).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })
})

test('follows the listing’s service to its new address', async () => {
  const pool = poolOf(rig.stack, rig.observer)
  await pool.members(signal())
  const [boss] = await rig.stack.containers.list('boss', signal())
  await rig.stack.containers.act(boss?.id ?? '', { do: 'stop', graceSeconds: 1 }, signal())
  await expect(pool.members(signal())).rejects.toMatchObject({ code: 'POOL_UNREADABLE' })
  await rig.stack.containers.act(boss?.id ?? '', { do: 'start' }, signal())
  await awaitCrew(rig.stack, rig.observer)
  expect(await pool.members(signal())).toHaveLength(HANDS)
})

describe('asked to stop a member', () => {
  test('the system does it', async () => {
    const [first] = await awaitCrew(rig.stack, rig.observer)
    const pool = poolOf(rig.stack, rig.observer)
    await pool.stop(first?.id ?? '', signal())
    expect((await awaitCrew(rig.stack, rig.observer)).map(({ id }) => id)).not.toContain(first?.id)
  })

  test('a refusal is told', async () => {
    await expect(poolOf(rig.stack, rig.observer).stop('no/such', signal())).rejects.toEqual(
      unreadable(/POST \/members\/no%2Fsuch\/stop at boss:8000 with status 404/),
    )
  })

  test('a pool that has no way to ask is a missing capability', async () => {
    await expect(poolWith({ stop: null }).stop('m1', signal())).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })
})
