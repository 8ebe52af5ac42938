/** Rules that lead the questions of this network namespace past us, and the answers back. */
import { describeError } from '../../core/errors.ts'
import { isIPv4, isIPv6 } from 'node:net'
import type { HelperState } from '../helper.ts'
import { installChains, type IptablesChain } from '../net/iptables.ts'
import type { ObjectNames } from '../net/names.ts'
import { applyNft, nftTable, refusedByNft } from '../net/nft.ts'
import { UPSTREAM_PORTS } from './tcp-relay.ts'

/** How to reach one nameserver by way of us. */
export interface Detour {
  readonly nameserver: string
  /** Where we take its questions, on the loopback address of its family. */
  readonly udpPort: number
  readonly tcpPort: number
  /** From where we ask it by UDP ourselves. */
  readonly upstreamPort: number
}

const { first, last } = UPSTREAM_PORTS

/** Why nft cannot, or null. */
export function detourRefusal({ names, avoid }: Pick<HelperState, 'names' | 'avoid'>): Promise<string | null> {
  const trial = { nameserver: '127.0.0.11', udpPort: 1, tcpPort: 1, upstreamPort: 1 }
  return refusedByNft({ avoid }, nftCommands(names.table('check'), [trial]))
}

/**
 * `refusal`: why nft is not used, or null.
 * @returns how the kernel does it.
 * @throws Error when iptables cannot do it either, or for a nameserver of IPv6.
 */
export async function installDetours(names: ObjectNames, detours: readonly Detour[], refusal: string | null): Promise<string> {
  if (refusal === null) {
    await applyNft(nftCommands(names.table('dns'), detours))
    return 'questions led past us by nft'
  }
  if (detours.some(({ nameserver }) => isIPv6(nameserver)))
    throw new Error(`this kernel cannot lead questions to a nameserver of IPv6 past us: nft: ${refusal}`)
  const chain = { chain: names.chain('d'), hook: 'OUTPUT', match: [] } as const
  const detour = { ...chain, table: 'nat', rules: iptablesRules(detours) } as const
  const zone = { ...chain, table: 'raw', rules: zoneRules(detours) } as const
  try {
    return `questions led past us by ${await installEither([detour, zone], [detour])}`
  } catch (error) {
    throw new Error(`this kernel cannot lead questions past us: nft: ${refusal}; ${describeError(error, 800)}`, { cause: error })
  }
}

/** Not every kernel has zones: the mechanism then says what is not hit. Whatever else kept the first from being installed keeps the second, too. */
async function installEither(chains: readonly IptablesChain[], fewer: readonly IptablesChain[]): Promise<string> {
  try {
    return await installChains(chains)
  } catch {
    return `${await installChains(fewer)}, without sockets that asked in the last half minute`
  }
}

/**
 * Addresses and ports are written over in every packet, without the kernel's table of connections: Docker's own rules for its
 * embedded nameserver then see neither, and a socket that was open before is led past us from the next packet on, and straight
 * again from the first packet after the undo.
 */
function nftCommands(table: string, detours: readonly Detour[]): string[] {
  const output = [
    ...detours.map(({ upstreamPort }) => `udp sport ${upstreamPort} return`),
    `tcp sport ${first}-${last} tcp dport 53 return`,
    ...detours.flatMap(({ nameserver, udpPort, tcpPort }) => {
      const [family, loopback] = isIPv4(nameserver) ? ['ip', '127.0.0.1'] : ['ip6', '::1']
      return (['udp', 'tcp'] as const).flatMap((protocol) => {
        const port = String(protocol === 'udp' ? udpPort : tcpPort)
        const there = `notrack ${protocol} dport set ${port} ${family} daddr set ${loopback}`
        const back = `notrack ${protocol} sport set 53 ${family} saddr set ${nameserver}`
        return [
          `${family} daddr ${nameserver} ${protocol} dport 53 ${there}`,
          `${family} saddr ${loopback} ${protocol} sport ${port} ${back}`,
        ]
      })
    }),
  ]
  return nftTable(table, 'route', [], { output })
}

/** The kernel remembers where it has led a socket of UDP until that was silent for half a minute, also past the undo: see `zoneRules`. */
function iptablesRules(detours: readonly Detour[]): string[][] {
  return [
    ...ownQuestions(detours),
    ...detours.flatMap(({ nameserver, udpPort, tcpPort }) =>
      (['udp', 'tcp'] as const).map((protocol) => {
        const port = String(protocol === 'udp' ? udpPort : tcpPort)
        return ['-d', nameserver, '-p', protocol, '--dport', '53', '-j', 'REDIRECT', '--to-ports', port]
      }),
    ),
  ]
}

/**
 * Questions and their answers are connections of a zone of their own: of those the kernel remembers nothing when the rules come,
 * and nothing is asked of them when the rules have gone. Its number is one of our ports: the fault before had another one.
 */
function zoneRules(detours: readonly Detour[]): string[][] {
  const zone = ['-j', 'CT', '--zone', String(detours[0]?.udpPort)]
  return [
    ...ownQuestions(detours),
    ...detours.flatMap(({ nameserver, udpPort, tcpPort }) =>
      (['udp', 'tcp'] as const).flatMap((protocol) => [
        ['-d', nameserver, '-p', protocol, '--dport', '53', ...zone],
        ['-s', '127.0.0.1', '-p', protocol, '--sport', String(protocol === 'udp' ? udpPort : tcpPort), ...zone],
      ]),
    ),
  ]
}

/** They go on as ever. */
function ownQuestions(detours: readonly Detour[]): string[][] {
  return [
    ['-p', 'tcp', '--dport', '53', '--sport', `${first}:${last}`, '-j', 'RETURN'],
    ...detours.map(({ upstreamPort }) => ['-p', 'udp', '--sport', String(upstreamPort), '-j', 'RETURN']),
  ]
}
