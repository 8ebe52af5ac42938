/** The names that a network namespace asks for: broken for it, and asked for by us. */
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { systemClock } from '../../../core/time/clock.ts'
import { waitAtMost } from '../../../core/time/wait.ts'
import { defineOperation } from '../../define-operation.ts'
import { detourRefusal, installDetours, type Detour } from '../../dns/detour.ts'
import { nameserversOf } from '../../dns/nameservers.ts'
import { DNS_MODES, OwnQuestions, Questions, type DnsCounters } from '../../dns/questions.ts'
import { TcpRelay } from '../../dns/tcp-relay.ts'
import { UdpRelay } from '../../dns/udp-relay.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { removeRules, type Firewall } from '../../net/mechanism.ts'
import { requireNetAdmin } from '../../net/net-admin.ts'
import { errorCode } from '../../net/wire.ts'
import { none } from '../arguments.ts'

/** A nameserver that answers takes less; one that does not is not to hold up the undo. */
const ANSWERS_LIMIT_MS = 300
const hostName = z.string().min(1).max(254)
const names = z.array(hostName).min(1).max(64)
const installArgs = z.strictObject({
  mode: z.enum(DNS_MODES),
  /** null: all. */
  names: names.nullable(),
  delayMs: z.int().min(0).max(30_000),
})
/** `timeoutMs`: for each question. */
const resolveArgs = z.strictObject({ names, timeoutMs: z.int().min(1).max(60_000) })

export type { DnsCounters } from '../../dns/questions.ts'

export interface ResolvedName {
  readonly name: string
  /** How long it took to know, ms. */
  readonly tookMs: number
  readonly addresses: readonly string[]
  /** `EREFUSED`, `ENOTFOUND`, `ETIMEOUT` …; null where there are addresses. */
  readonly error: string | null
}

export const dnsOperations = [
  /** Breaks names for all that asks from this network namespace; undone on close, SIGTERM and when the lease runs out. */
  defineOperation({
    name: 'dns.install',
    args: installArgs,
    limitMs: 0,
    run: (args, helper: Helper) => helper.get(Dns).install(args, helper),
  }),
  defineOperation({ name: 'dns.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(Dns).read() }),
  /** Asks the first nameserver of this network namespace for each of the names, all at once and once each. */
  defineOperation({
    name: 'dns.resolve',
    args: resolveArgs,
    // A name without an IPv4 address is asked for its IPv6 address.
    limitMs: ({ timeoutMs }) => 2 * timeoutMs,
    run: async (args, helper: Helper) => ({ names: await helper.get(Dns).resolve(args) }),
  }),
] as const

class Dns {
  private readonly own = new OwnQuestions()
  private questions: Questions | null = null

  /** @throws Error when this helper breaks names already, there is no nameserver, or the kernel can do neither mechanism. */
  async install(
    args: z.output<typeof installArgs>,
    { names: objects, undo, avoid }: HelperState,
  ): Promise<{ mechanism: string }> {
    await requireNetAdmin('breaking names')
    const nameservers = await readNameservers()
    const refusal = await detourRefusal({ names: objects, avoid })
    const firewall: Firewall = refusal === null ? 'nft' : 'iptables'
    const relays: (UdpRelay | TcpRelay)[] = []
    const remove = async (): Promise<string[]> => {
      await answerAll(relays)
      // The rules go first: without them nobody asks us any more.
      const undone = await removeRules(firewall, objects, 'dns', ['d'])
      for (const relay of relays.splice(0)) relay.close()
      this.questions = null
      return undone
    }
    return await undo.install('the fault of names', remove, async () => {
      const questions = new Questions(args, this.own)
      const detours: Detour[] = []
      for (const nameserver of nameservers) {
        const udp = await UdpRelay.open(nameserver, questions)
        relays.push(udp)
        const tcp = await TcpRelay.open(nameserver, questions)
        relays.push(tcp)
        detours.push({ nameserver, udpPort: udp.port, tcpPort: tcp.port, upstreamPort: udp.upstreamPort })
      }
      const mechanism = await installDetours(objects, detours, refusal)
      this.questions = questions
      return { mechanism }
    })
  }

  /** @throws Error when nothing is installed. */
  read(): DnsCounters {
    if (this.questions === null) throw new Error('this helper breaks no names')
    return this.questions.read()
  }

  async resolve({ names: wanted, timeoutMs }: z.output<typeof resolveArgs>): Promise<ResolvedName[]> {
    const [nameserver = ''] = await readNameservers()
    return await Promise.all(wanted.map((name) => this.resolveOne(name, nameserver, timeoutMs)))
  }

  private async resolveOne(name: string, nameserver: string, timeoutMs: number): Promise<ResolvedName> {
    // A new one each time: it remembers answers. One nameserver and one try, so that each question is sent once.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1, maxTimeout: timeoutMs })
    resolver.setServers([nameserver])
    const ask = async (question: 'resolve4' | 'resolve6'): Promise<ResolvedName> => {
      const startedMs = performance.now()
      try {
        const addresses = await this.own.during(name, () => resolver[question](name))
        return { name, tookMs: performance.now() - startedMs, addresses, error: null }
      } catch (error) {
        return { name, tookMs: performance.now() - startedMs, addresses: [], error: errorCode(error) }
      }
    }
    const first = await ask('resolve4')
    return first.error === 'ENODATA' ? await ask('resolve6') : first
  }
}

/**
 * Whoever waits has an answer while there is a way back for it: it could not come from the nameserver's address afterwards, and
 * a resolver waits for seconds before it asks again.
 */
async function answerAll(relays: readonly (UdpRelay | TcpRelay)[]): Promise<void> {
  for (const relay of relays) relay.letGo()
  const unanswered = (): Promise<number> => Promise.resolve(relays.reduce((sum, relay) => sum + relay.unanswered, 0))
  const { signal } = new AbortController()
  const options = { everyMs: 5, attemptMs: ANSWERS_LIMIT_MS, limitMs: ANSWERS_LIMIT_MS, signal, clock: systemClock }
  await waitAtMost('answers to what was asked', unanswered, (count) => count === 0, options)
}

/** @throws Error when resolv.conf names none, as then nobody here asks for anything. */
async function readNameservers(): Promise<string[]> {
  const nameservers = nameserversOf(await readFile('/etc/resolv.conf', 'utf8'))
  if (nameservers.length === 0) throw new Error('/etc/resolv.conf of this container names no nameserver')
  return nameservers
}
