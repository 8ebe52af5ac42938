import { expect, it } from 'vitest'
import type { Link } from '../../core/descriptor.ts'
import { crossedOnce } from './plan.ts'

function link(name: string, changes: Partial<Link> = {}): Link {
  return {
    ...{ name, from: 'back', to: 'store', proxy: name, listenPort: 9_000, upstream: { service: 'store', port: 80 } },
    ...{ onCanaryPath: true, probe: { path: '/', headers: {} }, leg: null },
    ...changes,
  }
}

const [ENTRY, ASIDE] = [link('entry'), link('aside', { onCanaryPath: false })]
const WORKERS = ['w1', 'w2', 'w3'].map((name) => link(name, { oneOf: 'workers' }))
const STORES = ['s1', 's2'].map((name) => link(name, { oneOf: 'stores' }))
const ALL = [ENTRY, ASIDE, ...WORKERS, ...STORES]

it.each<[string, readonly Link[], readonly string[]]>([
  ['each link on its way', [ENTRY, ASIDE], ['entry']],
  ['none that is beside it', [ASIDE], []],
  ['one of all that stand for each other', WORKERS, ['w1']],
  ['that one and another one', [...WORKERS, ENTRY], ['w1', 'entry']],
  ['one of each such group', [...STORES, ...WORKERS], ['s1', 'w1']],
  ['nobody knows which where only some of a group are broken', WORKERS.slice(1), []],
  ['nor how many, beside others', [ENTRY, ...STORES, ...WORKERS.slice(0, 2)], []],
])('a canary request crosses %s', (_what, broken, crossed) => {
  expect([...crossedOnce(broken, ALL)]).toEqual(crossed)
})

it('a group that the canary does not cross counts nowhere', () => {
  const beside = WORKERS.map((one) => ({ ...one, onCanaryPath: false }))
  expect([...crossedOnce([ENTRY, ...beside.slice(0, 1)], [ENTRY, ...beside])]).toEqual(['entry'])
})
