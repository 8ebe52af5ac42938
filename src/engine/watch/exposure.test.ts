import { describe, expect, it } from 'vitest'
import type { Descriptor, Link } from '../../core/descriptor.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { ContainerPort, ContainerState } from '../../ports/docker.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import { fakeFault } from '../rig/fake-fault.ts'
import { fakeStack, stateOf, type StackCourses } from '../rig/fake-stack.ts'
import { Rig, type FakeScenario } from '../rig/rig.ts'
import { World } from '../rig/world.ts'
import { exposureResult, watchExposure, type ExposureSeen } from './exposure.ts'

type Asked = ArgumentsOf<'process.peers'>

const LINK: Link = {
  ...{ name: 'db', from: 'back', to: 'store', proxy: 'db', listenPort: 9_100, upstream: { service: 'store', port: 5_432 } },
  ...{ onCanaryPath: true, probe: { path: '/', headers: {} }, leg: null },
}

function description(change: Partial<FaultDescription>): FaultDescription {
  return { targets: [], services: [], mechanism: 'cut', ...change }
}

interface Given extends Partial<Pick<StackCourses, 'peers' | 'descriptor'>> {
  readonly descriptions?: readonly FaultDescription[]
  readonly link?: Partial<Link>
  readonly more?: readonly ContainerState[]
  readonly forMs?: number
  readonly list?: ContainerPort['all']
}

async function watch({ descriptions, link, more = [], forMs = 5_000, list, ...courses }: Given = {}): Promise<{
  readonly seen: ExposureSeen | null
  readonly asked: readonly Asked[]
  readonly logged: readonly string[]
}> {
  const world = new World()
  const { clock } = world
  const asked: Asked[] = []
  const logged: string[] = []
  const fake = fakeStack(world, { peers: () => 0, ...courses })
  const helper = fake.looker()
  const states = ['front', 'back', 'store', 'proxy'].map(stateOf)
  const deps = {
    ...fake,
    clock,
    stack: { ...fake.stack, link: (name: string) => ({ ...LINK, name, ...link }) },
    containers: { ...fake.containers, all: list ?? (() => Promise.resolve([...states, ...more])) },
    log: { log: (level: string, text: string) => void logged.push(`${level}: ${text}`) },
    looker: () =>
      helper && {
        ...helper,
        call: ((op, args, signal) => {
          asked.push(args as Asked)
          return helper.call(op, args, signal)
        }) as typeof helper.call,
      },
  }
  const over = new AbortController()
  void clock.sleep(forMs, new AbortController().signal).then(() => {
    over.abort()
  })
  const watched = watchExposure(deps, descriptions ?? [description({ services: ['back', 'store'] })], over.signal)
  return { seen: await clock.until(watched), asked, logged }
}

const WITH_PROXY: Partial<Descriptor> = { toxiproxy: { service: 'proxy', port: 8_474 } }
const ON_LINK = [description({ services: ['front', 'proxy'], links: ['db'] })]

describe('the watch of who uses what is broken', () => {
  it('asks of each container of a service, but for our own helpers, until somebody is seen there', async () => {
    const helper = { ...stateOf('x'), service: '', addresses: { net: '10.0.0.77', other: '' } }
    const stopped = { ...stateOf('store'), id: 'stopped', pid: 0 }
    const { seen, asked } = await watch({ peers: (service) => (service === 'back' ? 2 : 0), more: [helper, stopped] })
    const beside = ['front', 'back', 'store', 'proxy'].map((name) => ({ pid: 7, containerId: `${name}-id` }))
    expect(asked.slice(0, 2)).toEqual([
      { places: [{ pid: 7, containerId: 'back-id', passage: null }], beside, ours: ['10.0.0.77'] },
      { places: [{ pid: 7, containerId: 'store-id', passage: null }], beside, ours: ['10.0.0.77'] },
    ])
    expect(asked.slice(2).map(({ places }) => places[0]?.containerId)).toEqual(['store-id', 'store-id', 'store-id', 'store-id'])
    expect(seen).toEqual({ names: ['back', 'store'], used: new Set(['back']), looks: 5 })
  })

  it('ends when all of it is seen to be used', async () => {
    const { seen, asked } = await watch({ peers: () => 1 })
    expect([seen?.looks, asked.length]).toEqual([1, 2])
    let looks = 0
    const late = await watch({
      peers: () => {
        looks += 1
        return looks > 6 ? 1 : 0
      },
    })
    expect(late.seen).toEqual({ names: ['back', 'store'], used: new Set(['back', 'store']), looks: 4 })
  })

  it('asks of a link at its proxy, with what it passes on to, and at the end of its leg', async () => {
    const descriptor = WITH_PROXY
    const { seen, asked } = await watch({ descriptor, descriptions: ON_LINK })
    const passage = { port: 9_100, to: { addresses: ['10.0.0.9'], port: 5_432 } }
    expect(asked[0]?.places).toEqual([{ pid: 7, containerId: 'proxy-id', passage }])
    expect(seen?.names).toEqual(['db'])
    const leg = { client: 'back', server: 'store', port: 5_433 }
    const both = await watch({ descriptor, descriptions: ON_LINK, link: { leg } })
    expect(both.asked[0]?.places).toEqual([
      { pid: 7, containerId: 'proxy-id', passage },
      { pid: 7, containerId: 'store-id', passage: { port: 5_433, to: null } },
    ])
    const used = await watch({
      descriptor,
      descriptions: ON_LINK,
      link: { leg },
      peers: (service) => (service === 'store' ? 1 : 0),
    })
    expect(used.seen?.used).toEqual(new Set(['db']))
  })

  it('asks of links and of services, where there are both, and of none where there is no proxy', async () => {
    const both = await watch({ descriptor: WITH_PROXY, descriptions: [...ON_LINK, description({ services: ['store'] })] })
    expect(both.asked.slice(0, 2).map(({ places }) => places[0]?.passage?.port ?? null)).toEqual([9_100, null])
    expect(both.seen).toMatchObject({ names: ['db', 'store'], used: new Set() })
    expect((await watch({ descriptions: ON_LINK })).seen?.used).toEqual(new Set(['db']))
  })

  it('takes for used what nobody can look at', async () => {
    expect((await watch({ peers: () => null })).seen?.used).toEqual(new Set(['back', 'store']))
    const hostly = { ...stateOf('hostly'), addresses: {} }
    const within = await watch({ descriptions: [description({ services: ['hostly'] })], more: [hostly] })
    expect([within.seen?.used, within.asked.length]).toEqual([new Set(['hostly']), 0])
    // So does one of two.
    const [one, other] = [stateOf('both'), { ...hostly, service: 'both' }]
    const half = await watch({ descriptions: [description({ services: ['both'] })], more: [one, other] })
    expect([half.seen?.used, half.asked.length]).toEqual([new Set(['both']), 0])
    // No container of it runs, or there is none at all.
    const gone = await watch({ descriptions: [description({ services: ['elsewhere'] })] })
    expect([gone.seen?.used, gone.asked.length]).toEqual([new Set(['elsewhere']), 0])
  })

  it('takes links that stand for each other for used when one of them is', async () => {
    const links = ['a', 'b', 'c', 'd'].map((name) => ({ ...LINK, name, ...(name === 'd' ? {} : { oneOf: 'ways' }) }))
    const descriptor = { ...WITH_PROXY, links }
    // The second that is asked after.
    let asked = 0
    const peers = (): number => {
      asked += 1
      return asked === 2 ? 1 : 0
    }
    const { seen } = await watch({
      ...{ descriptor, peers },
      descriptions: [description({ services: ['front', 'proxy'], links: ['a', 'b', 'd'] })],
    })
    expect(seen).toMatchObject({ names: ['a', 'b', 'd'], used: new Set(['b', 'a']) })
  })

  it('names each place once', async () => {
    const twice = await watch({
      descriptions: [description({ services: ['back'] }), description({ services: ['back', 'store'] })],
    })
    expect(twice.seen?.names).toEqual(['back', 'store'])
    expect(twice.asked.slice(0, 2).map(({ places }) => places.length)).toEqual([1, 1])
  })

  it('says nothing where nobody may look, and tells why it could not', async () => {
    expect(await watch({ peers: null })).toEqual({ seen: null, asked: [], logged: [] })
    const broken = await watch({ peers: () => new Error('the helper is gone') })
    expect(broken.seen).toBeNull()
    expect(broken.logged).toEqual(['warn: who uses what is broken could not be seen: the helper is gone'])
    const list: ContainerPort['all'] = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'))
        })
      })
    const cancelled = await watch({ list })
    expect([cancelled.seen?.looks, cancelled.logged]).toEqual([0, []])
    expect(exposureResult(cancelled.seen, false)).toBeNull()
  })
})

describe('what is said of it', () => {
  const seen = (used: readonly string[], looks: number): ExposureSeen => ({ names: ['a', 'b'], used: new Set(used), looks })
  it.each<[string, ExposureSeen | null, boolean, unknown]>([
    ['all is used', seen(['a', 'b'], 1), false, { places: ['a', 'b'], unused: [], allowed: false }],
    ['one is not', seen(['a'], 3), false, { places: ['a', 'b'], unused: ['b'], allowed: false }],
    ['it may be unused', seen([], 9), true, { places: ['a', 'b'], unused: ['a', 'b'], allowed: true }],
    ['too few looks say that one is not', seen(['a'], 2), false, null],
    ['nobody could look', null, false, null],
  ])('%s', (_what, given, allowed, result) => {
    expect(exposureResult(given, allowed)).toEqual(result)
  })
})

describe('a scenario', () => {
  const rig = (peers: StackCourses['peers'], scenario: FakeScenario = {}): Rig =>
    new Rig({
      faults: (world) => [fakeFault(world, 'cut', { describe: { services: ['back'] } })],
      stacks: [{ peers }],
      scenarios: [scenario],
    })

  it('of a fault that nobody met is inconclusive, unless its entry says that it may be so', async () => {
    const unused = await rig(() => 0).result()
    expect([unused.verdict, unused.exposure]).toEqual(['inconclusive', { places: ['back'], unused: ['back'], allowed: false }])
    expect(unused.reasons[0]).toContain('nothing used back')
    expect((await rig(() => 0, { mayBeUnused: true }).result()).verdict).toBe('passed')
  })

  it('of a fault that was met, or of which nobody can say so, is judged as ever', async () => {
    expect((await rig(() => 3).result()).verdict).toBe('passed')
    expect((await rig(() => null).result()).verdict).toBe('passed')
    const unseen = await rig(null).result()
    expect([unseen.verdict, unseen.exposure]).toEqual(['passed', null])
  })

  it('counts who came only while the fault was on', async () => {
    const late: Rig = rig(() => (late.world.broken.size > 0 ? 1 : 0))
    expect((await late.result()).exposure?.unused).toEqual([])
    const after: Rig = rig(() => (after.noted('revert').length > 0 ? 1 : 0))
    expect((await after.result()).exposure?.unused).toEqual(['back'])
  })
})
