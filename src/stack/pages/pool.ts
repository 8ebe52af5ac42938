/** The pool of workers as the system itself lists it, read inside the stack's network: what breaks the way in hides nothing. */
import type { JSONValue } from '@jmespath-community/jmespath'
import type { PoolSpec } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import type { PoolMember, PoolPort } from '../../ports/stack.ts'
import { openStackPage, searcher, shown, type PageDeps } from './page.ts'

/** The system's own page on its own network; one that takes longer is as good as none. */
const LIST_LIMIT_MS = 3_000
/** A system may answer only when the member has ended. */
const STOP_LIMIT_MS = 15_000
const MOST_BYTES = 2 * 1024 * 1024

export function createPool({ spec, ...deps }: PageDeps & { readonly spec: PoolSpec }): PoolPort {
  const read = memberReader(spec)
  const what = { subject: 'the pool', code: 'POOL_UNREADABLE', mostBytes: MOST_BYTES } as const
  const page = openStackPage({ ...what, place: spec.list, ...deps })
  return {
    async members(signal) {
      const members = read(await page.read(spec.list.path, LIST_LIMIT_MS, signal))
      return named(members, spec, deps, signal)
    },
    async stop(member, signal) {
      const { stop } = spec
      if (stop === null) {
        const text = 'the descriptor does not say how to ask for the stop of a member of the pool'
        throw new ChaosError('CAPABILITY_MISSING', text, { hint: 'Add pool.stop to the stack descriptor.' })
      }
      const path = stop.path.replaceAll('{id}', encodeURIComponent(member))
      const body = stop.body === null ? null : JSON.stringify(stop.body).replaceAll('{id}', JSON.stringify(member).slice(1, -1))
      await page.ask(stop.method, path, STOP_LIMIT_MS, signal, body)
    },
  }
}

/** Compiled once: a member is waited for by reading the list again and again. */
function memberReader(spec: PoolSpec): (listing: JSONValue) => PoolMember[] {
  const search = (key: Expression): ReturnType<typeof searcher> =>
    searcher(String(spec[key]), (why) => unreadable(spec, key, why))
  const [members, id, state, container, inFlight] = [
    search('members'),
    search('id'),
    search('state'),
    search('container'),
    spec.inFlight === null ? null : search('inFlight'),
  ]
  const text = (key: 'id' | 'state' | 'container', value: JSONValue): string => {
    if (typeof value === 'string' && value !== '') return value
    if (key === 'id' && typeof value === 'number') return String(value)
    throw unreadable(spec, key, `${shown(JSON.stringify(value))} instead of a text`)
  }
  return (listing) => {
    const found = members(listing)
    if (!Array.isArray(found)) throw unreadable(spec, 'members', `${shown(JSON.stringify(found))} instead of a list`)
    return found.map((member) => {
      const stateName = text('state', state(member))
      const meaning = meaningOf(stateName, spec.states)
      const busyWith = inFlight === null ? Number(meaning === 'busy') : inFlight(member)
      if (typeof busyWith !== 'number')
        throw unreadable(spec, 'inFlight', `${shown(JSON.stringify(busyWith))} instead of a number`)
      return {
        id: text('id', id(member)),
        state: stateName,
        meaning,
        container: text('container', container(member)),
        inFlight: busyWith,
      }
    })
  }
}

/** Of whom is known who it is. */
const CONTAINER_ID = /^[0-9a-f]{12,64}$/

/** With the names of their containers, where the listing tells where they are in place of who they are. */
async function named(
  members: readonly PoolMember[],
  { services }: PoolSpec,
  { containers, network }: Pick<PageDeps, 'containers' | 'network'>,
  signal: AbortSignal,
): Promise<readonly PoolMember[]> {
  if (members.every(({ container }) => CONTAINER_ID.test(container))) return members
  const all = (await containers.glance(signal)).filter(({ service }) => services.includes(service))
  return members.map((member) => ({ ...member, container: nameOf(member.container, all, network) }))
}

/** What it says itself where nobody is found there. Pure. */
export function nameOf(said: string, all: readonly ContainerGlance[], network: string): string {
  const host = hostIn(said)
  const there = all.filter(({ addresses }) => addresses[network] === host)
  const ofService = all.filter(({ service }) => service === host)
  const [found] = there.length > 0 ? there : ofService.length === 1 ? ofService : []
  return found?.name ?? host
}

/** `worker-1` of `http://worker-1:8001/v1`, of `worker-1:8001` and of itself. */
function hostIn(said: string): string {
  if (!said.includes(':')) return said
  const url = URL.parse(said.includes('://') ? said : `http://${said}`)
  return url === null || url.hostname === '' ? said : url.hostname
}

/** null for a state that the descriptor does not name. Pure. */
function meaningOf(state: string, states: PoolSpec['states']): PoolMember['meaning'] {
  for (const meaning of ['registering', 'ready', 'busy', 'failed'] as const) {
    if (states[meaning].includes(state)) return meaning
  }
  return null
}

type Expression = 'members' | 'id' | 'state' | 'container' | 'inFlight'

function unreadable(spec: PoolSpec, key: Expression, what: string): ChaosError {
  const text = `the pool's listing ${spec.list.path} of ${spec.list.service} has another shape: ${String(spec[key])} gives ${what}`
  return new ChaosError('POOL_UNREADABLE', text, { hint: `Check pool.${key} of the stack descriptor against the listing.` })
}
