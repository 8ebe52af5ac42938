/**
 * Dangers in how much of the machine a stack takes. What a container uses within its own limits, or without any, is its own
 * affair: the runner is made for it, and its memory, processes and disk end with the run. These are the settings by which it
 * comes before everything else on the machine, this action among it, and the numbers that the daemon pays for. Pure.
 *
 * Looked at and no danger, as they reach no further than the containers of the stack:
 * - `shm_size`, `tmpfs`, `mem_limit`, `memswap_limit`, `mem_swappiness`, `pids_limit`: memory and processes that the container
 *   is charged for, as it is for those that it takes without asking;
 * - `cpus`, `cpuset`, `cpu_shares`, `blkio_config`: a share among those that compete, or less than that;
 * - `ulimits` of files, processes and locked memory, which the kernel bounds for the machine as a whole;
 * - `storage_opt.size`: a bound of its own layer; other options belong to the driver of the machine;
 * - `extra_hosts`: lines of its own /etc/hosts. `host-gateway` is an address that it reaches without a name as well;
 * - `dns`, `mac_address`, `group_add`, `stop_grace_period`: teardown ends what does not stop.
 */
import { shown, type Danger } from './danger.ts'
import type { BuildConfig, ServiceConfig, StackConfig } from './schema.ts'

/** Of all services together: each is an interface of the machine, and a bridge of Linux has 1,024 ports. */
const MOST_CONTAINERS = 100
/** Each is a process of the machine by itself, or two. */
const MOST_PORTS = 256
/** Docker has addresses for about thirty networks, of all stacks together. */
const MOST_NETWORKS = 16
/** The kernel's own scale: 20 is the priority that all processes have. */
const USUAL_NICE = 20

type Add = (key: string, value: unknown, why: string) => void

export function serviceLimits(name: string, service: ServiceConfig): Danger[] {
  const found: Danger[] = []
  const add: Add = (key, what, why) => {
    found.push({ service: name, key: `services.${name}.${key}`, what: shown(what), why, allow: 'limit' })
  }
  for (const key of ['cpu_rt_runtime', 'cpu_rt_period'] as const)
    if (!isNothing(service[key])) add(key, service[key], 'its processes run before all others of the machine')
  const score = service.oom_score_adj
  if (!isNothing(score) && !(Number(score) > 0))
    add('oom_score_adj', score, 'when memory is short the machine kills its own processes first')
  if (service.oom_kill_disable === true)
    add('oom_kill_disable', true, 'what runs out of memory in it stands still instead of being ended, and holds what it has')
  ulimitDangers(service.ulimits, 'ulimits', add)
  for (const key of Object.keys(service.storage_opt ?? {}))
    if (key !== 'size') add(`storage_opt.${key}`, key, 'what it does to the storage of the machine is not known')
  return found
}

export function buildLimits(name: string, build: BuildConfig): Danger[] {
  const found: Danger[] = []
  ulimitDangers(build.ulimits, 'build.ulimits', (key, what, why) => {
    found.push({ service: name, key: `services.${name}.${key}`, what: shown(what), why, allow: 'limit' })
  })
  return found
}

/** Of what the daemon keeps for a stack as a whole. */
export function stackLimits({ services, networks }: StackConfig): Danger[] {
  const found: Danger[] = []
  const add: Add = (key, what, why) => {
    found.push({ service: null, key, what: shown(what), why, allow: 'limit' })
  }
  const all = Object.values(services)
  const containers = all.reduce((sum, service) => sum + replicasOf(service), 0)
  // What is no number is none that can be added up.
  if (!(containers <= MOST_CONTAINERS))
    add('services', `${containers} containers`, `they are more than ${MOST_CONTAINERS}, which the machine has to keep apart`)
  const ports = all.reduce((sum, service) => sum + (service.ports ?? []).length, 0)
  if (ports > MOST_PORTS)
    add('services', `${ports} ports`, `they are more than ${MOST_PORTS}, and each is a process of the machine’s own`)
  const count = Object.keys(networks).length
  if (count > MOST_NETWORKS)
    add('networks', `${count} networks`, `they are more than ${MOST_NETWORKS}: little is left for those of other stacks`)
  return found
}

function replicasOf({ scale, deploy }: ServiceConfig): number {
  const named = [scale, deploy?.replicas].filter((count) => count !== undefined && count !== null).map(Number)
  return named.length === 0 ? 1 : Math.max(...named)
}

/** Rights that a process has by its limits alone, without a capability. */
function ulimitDangers(ulimits: ServiceConfig['ulimits'], at: string, add: Add): void {
  for (const [name, limit] of Object.entries(ulimits ?? {})) {
    const values = (typeof limit === 'object' && limit !== null ? [limit.soft, limit.hard] : [limit]).filter(
      (value) => !isNothing(value) && value !== undefined,
    )
    const most = Math.max(0, ...values.map((value) => (Number(value) < 0 ? Infinity : Number(value))))
    if (name === 'rtprio' && !(most <= 0)) add(`${at}.${name}`, limit, 'its processes may run before all others of the machine')
    if (name === 'nice' && !(most <= USUAL_NICE))
      add(`${at}.${name}`, limit, 'its processes may take the time of all others of the machine')
  }
}

/** Nothing was asked for, or zero, which is the same for all of these. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (typeof value !== 'boolean' && Number(value) === 0)
}
