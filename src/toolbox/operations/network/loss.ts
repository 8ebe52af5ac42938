/** Packets lost on one leg, and how many of them. */
import * as z from 'zod'
import { describeError } from '../../../core/errors.ts'
import { defineOperation } from '../../define-operation.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { installChains, readChain } from '../../net/iptables.ts'
import { removeRules, type Firewall } from '../../net/mechanism.ts'
import type { ObjectNames } from '../../net/names.ts'
import { requireNetAdmin } from '../../net/net-admin.ts'
import { installNetem, readNetem, removeNetem } from '../../net/netem.ts'
import { applyNft, counterOf, nftTable, readCounters, refusedByNft } from '../../net/nft.ts'
import { readTcpCounters, tcpSince } from '../../net/tcp-counters.ts'
import { none, port, side } from '../arguments.ts'

const installArgs = z.strictObject({ port, side, percent: z.number().min(0.01).max(100) })
type Args = z.output<typeof installArgs>

interface LossCounters {
  readonly packets: number
  readonly dropped: number
  readonly retransmits: number
}

export const lossOperations = [
  /** Drops `percent` of the packets that arrive on the leg; undone on close, SIGTERM and when the lease runs out. */
  defineOperation({
    name: 'loss.install',
    args: installArgs,
    limitMs: 0,
    run: (args, helper: Helper) => helper.get(Loss).install(args, helper),
  }),
  defineOperation({ name: 'loss.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(Loss).read() }),
] as const

interface Installed {
  readonly mechanism: string
  readonly counts: () => Promise<{ packets: number; dropped: number }>
}

type Place = Firewall | 'netem'

/**
 * Loss on one leg: drops at the receiver's ingress, where the sender's TCP cannot tell it from a lossy network. On kernels
 * that cannot do that netem drops where the sender's packets leave.
 */
class Loss {
  private reader: (() => Promise<LossCounters>) | null = null

  /** @throws Error when this helper already loses packets, or the kernel has none of the mechanisms. */
  async install(args: Args, { names, undo, avoid }: HelperState): Promise<{ mechanism: string }> {
    await requireNetAdmin('packet loss')
    const refusal = await refusedByNft({ avoid }, nftCommands(names, 'check', args))
    let place: Place = refusal === null ? 'nft' : 'iptables'
    const remove = async (): Promise<string[]> => {
      const undone = await removeFrom(place, names)
      this.reader = null
      return undone
    }
    const install = async (): Promise<Installed> => {
      if (refusal === null) return await installByNft(names, args)
      try {
        if (avoid.has('iptables')) throw new Error('iptables: told to avoid it')
        return await installByIptables(names, args)
      } catch (error) {
        // It has removed what it may have begun.
        place = 'netem'
        return await installByNetem(names, args, `nft: ${refusal}; ${describeError(error, 800)}`)
      }
    }
    return await undo.install('packet loss', remove, async () => {
      const before = await readTcpCounters()
      const { mechanism, counts } = await install()
      this.reader = async () => ({ ...(await counts()), retransmits: tcpSince(before, await readTcpCounters()).retransmits })
      return { mechanism }
    })
  }

  /** @throws Error when nothing is installed, or someone else removed it. */
  async read(): Promise<LossCounters> {
    if (this.reader === null) throw new Error('no packet loss is installed by this helper')
    return await this.reader()
  }
}

async function installByNft(names: ObjectNames, args: Args): Promise<Installed> {
  await applyNft(nftCommands(names, 'loss', args))
  return {
    mechanism: 'nft numgen random drop at ingress',
    counts: async () => {
      const counters = await readCounters(names.table('loss'))
      return { packets: counterOf(counters, 'seen'), dropped: counterOf(counters, 'dropped') }
    },
  }
}

/** Loopback is left out: a health check inside the container is no traffic of the leg. */
function nftCommands(names: ObjectNames, kind: 'loss' | 'check', { port, side, percent }: Args): string[] {
  const threshold = String(Math.round(percent * 100))
  const match = `iifname != "lo" tcp ${portOf(side)} ${port}`
  const rule = `${match} counter name "seen" numgen random mod 10000 < ${threshold} counter name "dropped" drop`
  return nftTable(names.table(kind), 'filter', ['seen', 'dropped'], { input: [rule] })
}

async function installByIptables(names: ObjectNames, { port, side, percent }: Args): Promise<Installed> {
  const chain = names.chain('l')
  const match = ['-p', 'tcp', `--${portOf(side)}`, String(port)]
  const random = ['-m', 'statistic', '--mode', 'random', '--probability', (percent / 100).toFixed(4)]
  const rules = [match, [...match, ...random, '-j', 'DROP']]
  const backend = await installChains([{ chain, hook: 'INPUT', match: ['!', '-i', 'lo', '-p', 'tcp'], rules }])
  return {
    mechanism: `${backend} statistic random drop at ingress`,
    counts: async () => {
      const [packets, dropped] = await readChain(backend, chain)
      if (packets === undefined || dropped === undefined) throw new Error(`${backend} chain '${chain}' lost its rules`)
      return { packets, dropped }
    },
  }
}

/** The other end's share of the leg: what leaves here is what would arrive there. */
async function installByNetem(names: ObjectNames, { port, side, percent }: Args, refusals: string): Promise<Installed> {
  try {
    await installNetem(names, { port, of: side === 'client' ? 'dport' : 'sport' }, percent)
  } catch (error) {
    throw new Error(`this kernel has no random drop: ${refusals}; netem: ${describeError(error, 400)}`, { cause: error })
  }
  return { mechanism: 'netem loss at egress', counts: () => readNetem(names) }
}

async function removeFrom(place: Place, names: ObjectNames): Promise<string[]> {
  if (place !== 'netem') return await removeRules(place, names, 'loss', ['l'])
  return (await removeNetem(names)).map((dev) => `netem on ${dev}`)
}

/** What arrives at the client's end comes from the server's port; what arrives at the server's end goes to it. */
function portOf(side: Args['side']): 'sport' | 'dport' {
  return side === 'client' ? 'sport' : 'dport'
}
