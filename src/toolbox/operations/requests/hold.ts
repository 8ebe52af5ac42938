/** Keep-alive connections that are held across a fault. */
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper } from '../../helper.ts'
import { HeldConnection } from '../../http/held-connection.ts'
import { requestBytes } from '../../http/request.ts'
import { resolveTarget } from '../../net/wire.ts'
import { group, headers, path, target, timeoutMs } from '../arguments.ts'

/** Sockets at once: enough to watch any pool, too few to exhaust one. */
const MAX_HELD = 256

const openArgs = z.strictObject({ id: group, target, path, headers, count: z.int().min(1).max(MAX_HELD), timeoutMs })
/** `path`: that of hold.open when left out. */
const tryArgs = z.strictObject({ id: group, timeoutMs, path: path.exactOptional() })

export interface HeldResult {
  readonly held: number
  readonly answered: number
  readonly silent: number
  readonly closed: number
  readonly bytes: number
}

export const holdOperations = [
  /** Opens `count` keep-alive connections, each proven by one answered request, and holds them under `id`. */
  defineOperation({
    name: 'hold.open',
    args: openArgs,
    // The name is resolved under the same limit first.
    limitMs: (args) => 2 * args.timeoutMs,
    run: (args, helper: Helper) => helper.get(HoldGroups).open(args),
  }),
  /** Sends one more request on each held connection and tells what came back within `timeoutMs`. */
  defineOperation({
    name: 'hold.try',
    args: tryArgs,
    limitMs: (args) => args.timeoutMs,
    run: (args, helper: Helper) => helper.get(HoldGroups).try(args),
  }),
  defineOperation({
    name: 'hold.close',
    args: z.strictObject({ id: group }),
    limitMs: 0,
    run: ({ id }, helper: Helper) => helper.get(HoldGroups).close(id),
  }),
] as const

interface Group extends Pick<z.output<typeof openArgs>, 'target' | 'path' | 'headers'> {
  readonly connections: HeldConnection[]
  /** Connections it counts for, also while they are still being opened. */
  size: number
  /** A try or the opening is under way: answers of two tries on one connection could not be told apart. */
  busy: boolean
}

/** Connections that were proven to work and are held across a fault, by group id. */
class HoldGroups {
  private readonly groups = new Map<string, Group>()

  /** @throws Error for an id in use, too many connections, or a name that cannot be resolved. */
  async open(args: z.output<typeof openArgs>): Promise<{ held: number }> {
    if (this.groups.has(args.id)) throw new Error(`connections are already held under '${args.id}'`)
    const held = [...this.groups.values()].reduce((sum, group) => sum + group.size, 0)
    if (held + args.count > MAX_HELD) throw new Error(`at most ${MAX_HELD} connections are held at once; ${held} are`)
    const { target, path, headers, count } = args
    const request = requestBytes(target, path, headers, 'keep-alive')
    const group: Group = { target, path, headers, connections: [], size: count, busy: true }
    // Taken before the first await: two calls with one id must not both pass the check above.
    this.groups.set(args.id, group)
    try {
      const address = await resolveTarget(target, args.timeoutMs)
      group.connections.push(...Array.from({ length: count }, () => new HeldConnection(address)))
      const proven = await Promise.all(group.connections.map((connection) => connection.ask(request, args.timeoutMs)))
      const kept = group.connections.filter((connection, index) => proven[index] === 'answered' && connection.open)
      for (const connection of group.connections) if (!kept.includes(connection)) connection.close()
      group.connections.splice(0, group.connections.length, ...kept)
      group.size = kept.length
      return { held: kept.length }
    } catch (error) {
      this.groups.delete(args.id)
      throw error
    } finally {
      group.busy = false
    }
  }

  async try(args: z.output<typeof tryArgs>): Promise<HeldResult> {
    const group = this.group(args.id)
    const { connections, target, path, headers } = group
    if (group.busy) throw new Error(`the connections under '${args.id}' are in use by another call`)
    const request = requestBytes(target, args.path ?? path, headers, 'keep-alive')
    group.busy = true
    const bytesOf = (): number => connections.reduce((sum, connection) => sum + connection.bytes, 0)
    const before = bytesOf()
    // ask never rejects, so this always gets to its end.
    const outcomes = await Promise.all(connections.map((connection) => connection.ask(request, args.timeoutMs)))
    group.busy = false
    const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length
    return {
      held: connections.length,
      answered: count('answered'),
      silent: count('silent'),
      closed: count('closed'),
      bytes: bytesOf() - before,
    }
  }

  /** `closed`: how many were still open until now. */
  close(id: string): { closed: number } {
    const { connections } = this.group(id)
    const open = connections.filter((connection) => connection.open)
    for (const connection of open) connection.close()
    this.groups.delete(id)
    return { closed: open.length }
  }

  private group(id: string): Group {
    const group = this.groups.get(id)
    if (!group) throw new Error(`no connections are held under '${id}'`)
    return group
  }
}
