import { describe, expect, it } from 'vitest'
import type { PoolSpec } from '../../core/descriptor.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { containers } from '../../ports/stack.fixture.ts'
import { helper } from '../../ports/toolbox.fixture.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import { createPool, nameOf } from './pool.ts'

const { signal } = new AbortController()
const ID = 'a'.repeat(64)

function container(name: string, service: string, address: string): ContainerGlance {
  return { id: ID, name, service, status: 'running', health: null, addresses: { net: address } }
}

const ALL = [
  container('x-boss-1', 'boss', '10.0.0.2'),
  container('x-red-1', 'red', '10.0.0.3'),
  container('x-blue-1', 'blue', '10.0.0.4'),
  container('x-blue-2', 'blue', '10.0.0.5'),
]

const SPEC: PoolSpec = {
  ...{ services: ['red', 'blue'], size: 3, list: { service: 'boss', port: 80, path: '/all', headers: {} }, members: '@' },
  ...{ id: 'id', state: 'state', container: 'at', inFlight: 'load', stop: null, work: null },
  states: { registering: ['new'], ready: ['idle'], busy: ['working'], failed: ['lost'] },
}

type Asked = ArgumentsOf<'fetch'>

function poolOf(changes: Partial<PoolSpec>, listing: unknown) {
  const asked: Asked[] = []
  let glances = 0
  const fetch = (args: Asked) => {
    asked.push(args)
    return { status: 200, body: JSON.stringify(listing), complete: true, totalMs: 1, error: null }
  }
  const glance = (): Promise<ContainerGlance[]> => {
    glances += 1
    return Promise.resolve(ALL)
  }
  const deps = { containers: containers({ glance }), network: 'net', variables: {}, observer: helper('observer', { fetch }) }
  const pool = createPool({ spec: { ...SPEC, ...changes }, ...deps })
  return { pool, asked, glances: () => glances }
}

describe('the containers of a pool', () => {
  it.each([
    ['10.0.0.4', 'x-blue-1'],
    ['http://10.0.0.5:8001/v1', 'x-blue-2'],
    ['10.0.0.3:8001', 'x-red-1'],
    ['red', 'x-red-1'],
    ['http://red:8001', 'x-red-1'],
    // Of two containers nobody knows which.
    ['blue', 'blue'],
    ['http://x-blue-2:8001', 'x-blue-2'],
    ['x-blue-2', 'x-blue-2'],
    ['10.0.0.77', '10.0.0.77'],
    [ID.slice(0, 12), ID.slice(0, 12)],
    ['http://:80', 'http://:80'],
    ['a:b:c', 'a:b:c'],
  ])('%s is %s', (said, name) => {
    expect(nameOf(said, ALL.slice(1), 'net')).toBe(name)
  })

  it('are found by their addresses on the network of the stack', () => {
    expect(nameOf('10.0.0.3', ALL, 'other')).toBe('10.0.0.3')
  })

  it('are those of its services', async () => {
    const { pool } = poolOf({}, [
      { id: 1, state: 'idle', at: 'http://10.0.0.3:80', load: 0 },
      { id: 'b', state: 'lost', at: 'http://10.0.0.2:80', load: 4 },
    ])
    expect(await pool.members(signal)).toEqual([
      { id: '1', state: 'idle', meaning: 'ready', container: 'x-red-1', inFlight: 0 },
      { id: 'b', state: 'lost', meaning: 'failed', container: '10.0.0.2', inFlight: 4 },
    ])
  })

  it('are not looked for where the listing has their ids', async () => {
    const { pool, glances } = poolOf({}, [{ id: 'a', state: 'idle', at: ID.slice(0, 12), load: 0 }])
    expect(await pool.members(signal)).toMatchObject([{ container: ID.slice(0, 12) }])
    // The page's own address.
    expect(glances()).toBe(1)
  })
})

describe('who works in a pool', () => {
  const listing = ['new', 'idle', 'working', 'lost', 'else'].map((state) => ({ id: state, state, at: ID.slice(0, 12) }))

  it('is told by the state where the listing has no number', async () => {
    const members = await poolOf({ inFlight: null }, listing).pool.members(signal)
    expect(members.map(({ inFlight }) => inFlight)).toEqual([0, 0, 1, 0, 0])
  })

  it('is told by the number where the descriptor says where it is', async () => {
    await expect(poolOf({}, listing).pool.members(signal)).rejects.toThrow('load gives null instead of a number')
  })
})

describe('the stop of a member', () => {
  it('is asked for with a body that names it', async () => {
    const stop = { method: 'POST', path: '/stop/{id}', body: { worker: '{id}', because: ['{id} is', 'to end'] } }
    const { pool, asked } = poolOf({ stop }, [])
    await pool.stop('a "1"', signal)
    expect(asked).toMatchObject([
      {
        ...{ method: 'POST', path: '/stop/a%20%221%22', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ worker: 'a "1"', because: ['a "1" is', 'to end'] }),
      },
    ])
  })

  it('has no body where the descriptor gives none', async () => {
    const { pool, asked } = poolOf({ stop: { method: 'DELETE', path: '/{id}', body: null } }, [])
    await pool.stop('a', signal)
    expect(asked).toMatchObject([{ method: 'DELETE', path: '/a', headers: {}, body: null }])
  })

  it('cannot be asked for where it does not say how', async () => {
    await expect(poolOf({}, []).pool.stop('a', signal)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })
})
