/**
 * Dangers in the addresses that a stack asks for. A network of Docker's is an interface and a route of the machine: whoever
 * names the range of a public service, of the resolver or of a cloud's metadata takes what the machine sends there, and whoever
 * names a single address is answered for it. So ranges are private ones that nobody uses here. Pure.
 */
import { shown, type Danger } from './danger.ts'
import { bitsOf, isPrivate, isWithin, overlaps, parseAddress, parseRange, rangeOf, type Range } from './ip.ts'
import type { ServiceConfig, SharedConfig } from './schema.ts'
import type { UsedRange } from './used-ranges.ts'

/** As large as what Docker gives out by itself; larger ones leave nothing for the networks of others. */
const WIDEST = { 4: 16, 6: 48 } as const

export function networkAddresses(name: string, network: SharedConfig, used: readonly UsedRange[]): Danger[] {
  const found: Danger[] = []
  const at = `networks.${name}.ipam`
  const add = (part: string, what: unknown, why: string | null): void => {
    if (why !== null) found.push({ service: null, key: `${at}.${part}`, what: shown(what), why, allow: 'address' })
  }
  if (Object.keys(network?.ipam?.options ?? {}).length > 0)
    add('options', network?.ipam?.options, 'what the options do to the machine is not known')
  for (const [index, { subnet, ip_range: part, gateway, aux_addresses: others }] of (network?.ipam?.config ?? []).entries()) {
    const of = `config[${index}]`
    const whole = present(subnet) ? parseRange(subnet) : null
    if (present(subnet)) add(`${of}.subnet`, subnet, subnetProblem(whole, used))
    if (present(part)) add(`${of}.ip_range`, part, insideProblem(parseRange(part), whole))
    if (present(gateway)) add(`${of}.gateway`, gateway, insideProblem(single(gateway), whole))
    for (const [key, other] of Object.entries(others ?? {}))
      add(`${of}.aux_addresses.${key}`, other, insideProblem(single(other), whole))
  }
  return found
}

/** Fixed addresses of a service. In which network of several it is for Docker to check. */
export function serviceAddresses(name: string, service: ServiceConfig, used: readonly UsedRange[]): Danger[] {
  return Object.entries(service.networks ?? {}).flatMap(([network, joined]) => {
    const named = [
      { key: 'ipv4_address', text: joined?.ipv4_address },
      { key: 'ipv6_address', text: joined?.ipv6_address },
      ...(joined?.link_local_ips ?? []).map((text, index) => ({ key: `link_local_ips[${index}]`, text })),
    ]
    return named.flatMap(({ key, text }): Danger[] => {
      if (!present(text)) return []
      const range = single(text)
      const why = range === null ? 'it is no address' : rangeProblem(range, used)
      if (why === null) return []
      return [{ service: name, key: `services.${name}.networks.${network}.${key}`, what: shown(text), why, allow: 'address' }]
    })
  })
}

function subnetProblem(range: Range | null, used: readonly UsedRange[]): string | null {
  if (range === null) return 'it is no range of addresses'
  if (range.prefix < WIDEST[range.family]) return `it is wider than /${WIDEST[range.family]}: less is left for networks of others`
  return rangeProblem(range, used)
}

function rangeProblem(range: Range, used: readonly UsedRange[]): string | null {
  if (!isPrivate(range)) return 'it is no private range: the machine would send there what is meant for others'
  const by = used.find((one) => overlaps(one.range, range))?.by
  return by === undefined ? null : `${by} of the machine uses addresses of it`
}

/** What is part of a network lies in it, and is judged with it. */
function insideProblem(range: Range | null, subnet: Range | null): string | null {
  if (range === null) return 'it is no address, or no range of them'
  if (subnet === null) return 'there is no subnet that it could lie in'
  return isWithin(range, subnet) ? null : 'it does not lie in the subnet'
}

function single(text: string): Range | null {
  const address = parseAddress(text)
  return address === null ? null : rangeOf(address, bitsOf(address.family))
}

function present(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== ''
}
