/** Packets whose payload begins with a marker, counted at the two sides of a proxy. */
import * as z from 'zod'
import { describeError } from '../../../core/errors.ts'
import { defineOperation } from '../../define-operation.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { installChains, readChain } from '../../net/iptables.ts'
import { removeRules } from '../../net/mechanism.ts'
import type { ObjectNames } from '../../net/names.ts'
import { requireNetAdmin } from '../../net/net-admin.ts'
import { applyNft, counterOf, nftTable, readCounters, refusedByNft } from '../../net/nft.ts'
import { none, port } from '../arguments.ts'

const installArgs = z.strictObject({
  // No quotes or backslashes: the marker also travels through iptables' own list format.
  marker: z.string().regex(/^[\w /.:?=&-]{1,64}$/),
  intoPort: port,
  outOfPort: port,
})
type Args = z.output<typeof installArgs>

export interface MarkerCounters {
  /** Packets seen that begin with the marker, into the proxy's listening port and out to its upstream. */
  readonly into: number
  readonly outOf: number
}

export const markerOperations = [
  defineOperation({
    name: 'marker.install',
    args: installArgs,
    limitMs: 0,
    run: (args, helper: Helper) => helper.get(Marker).install(args, helper),
  }),
  defineOperation({ name: 'marker.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(Marker).read() }),
] as const

interface Installed {
  readonly mechanism: string
  readonly counts: () => Promise<MarkerCounters>
}

/** nft compares at most 128 bits of raw payload at a time. */
const COMPARE_BYTES = 16

/**
 * Counts packets whose TCP payload begins with a marker, on their way into the proxy and out to its upstream: whether a
 * request of ours got through is then the kernel's word, not that of the system under test.
 */
class Marker {
  private reader: (() => Promise<MarkerCounters>) | null = null

  /** @throws Error when a marker is installed already, or the kernel can do neither mechanism. */
  async install(args: Args, { names, undo, avoid }: HelperState): Promise<{ mechanism: string }> {
    await requireNetAdmin('counting marked packets')
    const refusal = await refusedByNft({ avoid }, nftCommands(names, 'check', args))
    const remove = async (): Promise<string[]> => {
      const undone = await removeRules(refusal === null ? 'nft' : 'iptables', names, 'marker', ['i', 'o'])
      this.reader = null
      return undone
    }
    return await undo.install('marker counters', remove, async () => {
      const { mechanism, counts } =
        refusal === null ? await installByNft(names, args) : await installByIptables(names, args, refusal)
      this.reader = counts
      return { mechanism }
    })
  }

  /** @throws Error when nothing is installed, or someone else removed it. */
  async read(): Promise<MarkerCounters> {
    if (this.reader === null) throw new Error('no marker is installed by this helper')
    return await this.reader()
  }
}

/** Whether the kernel can match raw payload: why not, or null. */
export function payloadRefusal(state: HelperState): Promise<string | null> {
  return refusedByNft(state, nftCommands(state.names, 'check', { marker: 'GET /', intoPort: 1, outOfPort: 1 }))
}

async function installByNft(names: ObjectNames, args: Args): Promise<Installed> {
  await applyNft(nftCommands(names, 'marker', args))
  return {
    mechanism: 'nft raw payload match',
    counts: async () => {
      const counters = await readCounters(names.table('marker'))
      return { into: counterOf(counters, 'into'), outOf: counterOf(counters, 'out_of') }
    },
  }
}

function nftCommands(names: ObjectNames, kind: 'marker' | 'check', { marker, intoPort, outOfPort }: Args): string[] {
  const begins = payloadMatch(marker)
  return nftTable(names.table(kind), 'filter', ['into', 'out_of'], {
    input: [`tcp dport ${intoPort} ${begins} counter name "into"`],
    output: [`tcp dport ${outOfPort} ${begins} counter name "out_of"`],
  })
}

/**
 * `@ih` is what follows the transport header, options included (kernel 5.16), so the match is anchored at the first
 * byte of the payload; a shorter packet does not match.
 */
export function payloadMatch(marker: string): string {
  const bytes = Buffer.from(marker, 'latin1')
  const compares: string[] = []
  for (let at = 0; at < bytes.length; at += COMPARE_BYTES) {
    const part = bytes.subarray(at, at + COMPARE_BYTES)
    compares.push(`@ih,${at * 8},${part.length * 8} 0x${part.toString('hex')}`)
  }
  return compares.join(' ')
}

/** Longest IPv4 and TCP headers: xt_string counts from the IP header, so this is how far in the payload can begin. */
const MAX_HEADER_BYTES = 120

async function installByIptables(names: ObjectNames, { marker, intoPort, outOfPort }: Args, refusal: string): Promise<Installed> {
  const chain = (kind: 'i' | 'o', hook: 'INPUT' | 'OUTPUT', port: number) => {
    const string = ['-m', 'string', '--algo', 'bm', '--to', String(MAX_HEADER_BYTES + marker.length), '--string', marker]
    return { chain: names.chain(kind), hook, match: ['-p', 'tcp'], rules: [['-p', 'tcp', '--dport', String(port), ...string]] }
  }
  const backend = await installChains([chain('i', 'INPUT', intoPort), chain('o', 'OUTPUT', outOfPort)]).catch(
    (error: unknown) => {
      throw new Error(`this kernel cannot match payload: nft: ${refusal}; ${describeError(error, 800)}`)
    },
  )
  const packetsOf = async (kind: 'i' | 'o'): Promise<number> => {
    const [packets] = await readChain(backend, names.chain(kind))
    if (packets === undefined) throw new Error(`${backend} chain '${names.chain(kind)}' lost its rule`)
    return packets
  }
  return {
    mechanism: `${backend} string match`,
    counts: async () => ({ into: await packetsOf('i'), outOf: await packetsOf('o') }),
  }
}
