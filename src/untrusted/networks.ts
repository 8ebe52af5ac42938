/** Dangers in the networks that a stack asks for. Pure. */
import { networkAddresses } from './addresses.ts'
import { shown, type Danger } from './danger.ts'
import { isExternal } from './mounts.ts'
import type { SharedConfig } from './schema.ts'
import type { UsedRange } from './used-ranges.ts'

/** Networks that Docker makes on this machine for the stack alone. */
const OWN_NETWORK_DRIVERS: ReadonlySet<string> = new Set(['', 'default', 'bridge', 'null', 'none'])
const OWN_NETWORK_OPTIONS: ReadonlySet<string> = new Set([
  'com.docker.network.driver.mtu',
  'com.docker.network.bridge.enable_icc',
  'com.docker.network.bridge.enable_ip_masquerade',
  'com.docker.network.bridge.host_binding_ipv4',
])

export function networkDangers(name: string, network: SharedConfig, used: readonly UsedRange[]): Danger[] {
  const key = `networks.${name}`
  const found: Danger[] = []
  const add = (part: string, what: unknown, why: string): void => {
    found.push({ service: null, key: `${key}${part}`, what: shown(what), why, allow: 'external' })
  }
  if (isExternal(network)) add('', network?.['name'] ?? name, 'the network is not of the stack')
  if (!OWN_NETWORK_DRIVERS.has(network?.driver ?? ''))
    add('.driver', network?.driver, 'the network may reach that of the machine')
  for (const option of Object.keys(network?.driver_opts ?? {}))
    if (!OWN_NETWORK_OPTIONS.has(option))
      add(`.driver_opts.${option}`, option, 'what the option does to the machine is not known')
  if (!['', 'default'].includes(network?.ipam?.driver ?? ''))
    add('.ipam.driver', network?.ipam?.driver, 'a plugin of the machine gives out its addresses')
  return [...found, ...networkAddresses(name, network, used)]
}
