/** A leg's established connections, reset at given moments. */
import * as z from 'zod'
import { describeError } from '../../../core/errors.ts'
import { TOOLBOX_LONGEST_MS } from '../../../core/toolbox.ts'
import { defineOperation } from '../../define-operation.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { removeRules } from '../../net/mechanism.ts'
import { rejectForAMoment, rejectRefusal } from '../../net/momentary-reject.ts'
import { requireNetAdmin } from '../../net/net-admin.ts'
import { canKillSockets, killSockets } from '../../net/socket-kill.ts'
import { readTcpCounters, tcpSince, type TcpCounters } from '../../net/tcp-counters.ts'
import { none, port, side } from '../arguments.ts'

const armArgs = z.strictObject({
  port,
  side,
  /** After this call, ms. */
  momentsMs: z.array(z.number().min(0).max(TOOLBOX_LONGEST_MS)).min(1).max(200),
})
type Args = z.output<typeof armArgs>

export interface ResetCounters {
  /** How many of the scheduled moments have passed. */
  readonly moments: number
  /** Sockets that were reset, by the mechanism's own count. */
  readonly resets: number
  /** Kernel counters of the namespace, as changes since the schedule was armed. */
  readonly outRsts: number
  readonly estabResets: number
  /** At which moments (ms after arming) how many were reset. */
  readonly history: readonly { readonly atMs: number; readonly resets: number }[]
}

export const resetsOperations = [
  defineOperation({ name: 'resets.arm', args: armArgs, limitMs: 0, run: (args, helper: Helper) => helper.get(Resets).arm(args) }),
  defineOperation({ name: 'resets.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(Resets).read() }),
] as const

type Strike = () => Promise<number>

interface Schedule {
  readonly before: TcpCounters
  readonly startedMs: number
  readonly timers: NodeJS.Timeout[]
  readonly history: { atMs: number; resets: number }[]
  /** The end of the last strike: two at once would be in each other's way, where they come by a rule. */
  turn: Promise<void>
  isOver: boolean
  moments: number
  failure: string | null
}

/** Resets a leg's established connections at given moments. */
class Resets {
  private readonly state: HelperState
  private schedule: Schedule | null = null

  constructor(state: HelperState) {
    this.state = state
  }

  /** @throws Error when a schedule is armed already, or the kernel can do neither mechanism. */
  async arm(args: Args): Promise<{ mechanism: string }> {
    await requireNetAdmin('resetting connections')
    const { mechanism, strike } = await this.chooseMechanism(args)
    return await this.state.undo.install(
      'resets',
      () => this.disarm(),
      async () => {
        this.schedule = startSchedule(args.momentsMs, strike, await readTcpCounters())
        return { mechanism }
      },
    )
  }

  /** @throws Error when nothing is armed, or a moment failed: its missing resets must not read as "no sockets". */
  async read(): Promise<ResetCounters> {
    const { schedule } = this
    if (schedule === null) throw new Error('no resets are armed in this helper')
    if (schedule.failure !== null) throw new Error(`a reset failed: ${schedule.failure}`)
    const { outRsts, estabResets } = tcpSince(schedule.before, await readTcpCounters())
    const history = [...schedule.history].sort((a, b) => a.atMs - b.atMs)
    return {
      moments: schedule.moments,
      resets: history.reduce((sum, entry) => sum + entry.resets, 0),
      outRsts,
      estabResets,
      history,
    }
  }

  private async chooseMechanism({ port, side }: Args): Promise<{ mechanism: string; strike: Strike }> {
    const { state } = this
    if (!state.avoid.has('socket-kill') && (await canKillSockets())) {
      return { mechanism: 'ss -K on established sockets', strike: () => killSockets(port, side) }
    }
    const refusal = await rejectRefusal(state)
    if (refusal !== null)
      throw new Error(`this kernel cannot reset connections: it closes no sockets for ss -K, and nft has no reject: ${refusal}`)
    return { mechanism: 'momentary nft reject with tcp reset', strike: () => rejectForAMoment(state, port, side) }
  }

  private async disarm(): Promise<string[]> {
    const { schedule } = this
    if (schedule !== null) {
      for (const timer of schedule.timers) clearTimeout(timer)
      schedule.isOver = true
      await schedule.turn
    }
    this.schedule = null
    // A strike removes its rule itself; this is for one that could not.
    const undone = this.state.avoid.has('nft') ? [] : await removeRules('nft', this.state.names, 'resets', [])
    return schedule === null ? undone : [`schedule of ${schedule.timers.length} resets`, ...undone]
  }
}

function startSchedule(momentsMs: readonly number[], strike: Strike, before: TcpCounters): Schedule {
  const startedMs = performance.now()
  const schedule: Schedule = {
    ...{ before, startedMs, timers: [], history: [], moments: 0, failure: null },
    ...{ turn: Promise.resolve(), isOver: false },
  }
  for (const momentMs of momentsMs) {
    const timer = setTimeout(() => {
      schedule.turn = schedule.turn.then(() => (schedule.isOver ? undefined : strikeOnce(schedule, strike)))
    }, momentMs)
    schedule.timers.push(timer)
  }
  return schedule
}

async function strikeOnce(schedule: Schedule, strike: Strike): Promise<void> {
  const atMs = Math.round(performance.now() - schedule.startedMs)
  try {
    const resets = await strike()
    schedule.history.push({ atMs, resets })
    schedule.moments += 1
  } catch (error) {
    schedule.failure ??= `at ${atMs} ms: ${describeError(error, 500)}`
  }
}
