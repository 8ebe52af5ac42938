/** The pool of workers as the system itself lists it, read inside the stack's network: what breaks the way in hides nothing. */
import jmespath, { compile, type JSONValue } from '@jmespath-community/jmespath'
import type { PoolSpec } from '../core/descriptor.ts'
import { ChaosError, describeError } from '../core/errors.ts'
import type { ContainerPort, PoolMember, PoolPort, ToolboxHelper } from '../core/ports.ts'
import type { FetchReply } from '../core/toolbox.ts'
import { fillRecord } from '../core/variables.ts'

/** The system's own page on its own network; one that takes longer is as good as none. */
const LIST_LIMIT_MS = 3_000
/** A system may answer only when the member has ended. */
const STOP_LIMIT_MS = 15_000
const MOST_BYTES = 2 * 1024 * 1024
const SHOWN_LENGTH = 200

export interface PoolDeps {
  readonly spec: PoolSpec
  readonly containers: ContainerPort
  /** Docker network that the observer is on. */
  readonly network: string
  readonly variables: Readonly<Record<string, string>>
  readonly observer: ToolboxHelper
}

export function createPool(deps: PoolDeps): PoolPort {
  const { spec, observer } = deps
  const read = memberReader(spec)
  let host: string | null = null
  const ask = async (method: string, path: string, timeoutMs: number, signal: AbortSignal): Promise<FetchReply> => {
    host ??= await addressOf(deps, signal)
    const target = { host, port: spec.list.port }
    const headers = fillRecord(spec.list.headers, deps.variables)
    try {
      const args = { target, method, path, headers, body: null, timeoutMs, maxBytes: MOST_BYTES }
      return answered(await observer.call('fetch', args, signal), `${method} ${path}`, spec)
    } catch (error) {
      // After a restart the service may have another address.
      host = null
      throw error
    }
  }
  return {
    async members(signal) {
      const reply = await ask('GET', spec.list.path, LIST_LIMIT_MS, signal)
      return read(parsed(reply, spec))
    },
    async stop(member, signal) {
      const { stop } = spec
      if (stop === null) {
        throw new ChaosError(
          'CAPABILITY_MISSING',
          'the descriptor does not say how to ask for the stop of a member of the pool',
          {
            hint: 'Add pool.stop to the stack descriptor.',
          },
        )
      }
      await ask(stop.method, stop.path.replaceAll('{id}', encodeURIComponent(member)), STOP_LIMIT_MS, signal)
    },
  }
}

/** Address of the listing's service on the stack's network. @throws POOL_UNREADABLE when none of its containers has one. */
async function addressOf({ spec, containers, network }: PoolDeps, signal: AbortSignal): Promise<string> {
  const all = await containers.list(spec.list.service, signal)
  const found = all.filter(({ status }) => status === 'running').map(({ addresses }) => addresses[network])
  const address = found.find((candidate) => candidate !== undefined)
  if (address !== undefined) return address
  throw new ChaosError(
    'POOL_UNREADABLE',
    `the pool cannot be read: no container of ${spec.list.service} runs with an address on ${network}`,
  )
}

/** @throws POOL_UNREADABLE for anything but a whole answer with a 2xx status. */
function answered(reply: FetchReply, what: string, { list }: PoolSpec): FetchReply {
  const where = `${what} at ${list.service}:${String(list.port)}`
  if (reply.error !== null || reply.status === null) {
    throw new ChaosError('POOL_UNREADABLE', `the pool gave no answer to ${where}: ${reply.error ?? 'no status'}`)
  }
  if (reply.status < 200 || reply.status > 299) {
    throw new ChaosError(
      'POOL_UNREADABLE',
      `the pool answered ${where} with status ${String(reply.status)}: ${shown(reply.body)}`,
    )
  }
  return reply
}

function parsed(reply: FetchReply, { list }: PoolSpec): JSONValue {
  const where = `the pool's listing ${list.path} of ${list.service}`
  if (!reply.complete) throw new ChaosError('POOL_UNREADABLE', `${where} is longer than ${String(MOST_BYTES)} bytes, or was cut`)
  try {
    return JSON.parse(reply.body) as JSONValue
  } catch (error) {
    throw new ChaosError('POOL_UNREADABLE', `${where} is not JSON: ${shown(reply.body)}`, { cause: error })
  }
}

/** Compiled once: a member is waited for by reading the list again and again. */
function memberReader(spec: PoolSpec): (listing: JSONValue) => PoolMember[] {
  const search = (key: Expression): ((value: JSONValue) => JSONValue) => {
    const tree = compile(spec[key])
    return (value) => {
      try {
        return jmespath.TreeInterpreter.search(tree, value)
      } catch (error) {
        throw unreadable(spec, key, describeError(error, SHOWN_LENGTH))
      }
    }
  }
  const [members, id, state, container, inFlight] = [
    search('members'),
    search('id'),
    search('state'),
    search('container'),
    search('inFlight'),
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
      const busyWith = inFlight(member)
      if (typeof busyWith !== 'number')
        throw unreadable(spec, 'inFlight', `${shown(JSON.stringify(busyWith))} instead of a number`)
      return {
        id: text('id', id(member)),
        state: stateName,
        meaning: meaningOf(stateName, spec.states),
        container: text('container', container(member)),
        inFlight: busyWith,
      }
    })
  }
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
  const text = `the pool's listing ${spec.list.path} of ${spec.list.service} has another shape: ${spec[key]} gives ${what}`
  return new ChaosError('POOL_UNREADABLE', text, { hint: `Check pool.${key} of the stack descriptor against the listing.` })
}

function shown(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  if (line === '') return 'nothing'
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line
}
