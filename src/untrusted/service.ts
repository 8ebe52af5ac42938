/** Dangers in how a service's containers are isolated from the machine. Pure. */
import type { DangerKind } from './allow-untrusted.ts'
import { shown, type Danger } from './danger.ts'
import { imageProblem } from './fetched.ts'
import type { GpuConfig, ServiceConfig } from './schema.ts'

/**
 * Capabilities that a container may be given: those that Docker gives each container anyway, so that adding one adds nothing,
 * and IPC_LOCK, which only pins memory that the container is charged for. All others reach further: NET_ADMIN and SYS_PTRACE
 * open large parts of the kernel to whoever holds them, SYS_ADMIN and SYS_MODULE the machine itself.
 */
export const HARMLESS_CAPABILITIES: ReadonlySet<string> = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT', 'IPC_LOCK'],
])

/** Options that take nothing away; everything else names a profile of somebody's, or none. */
const HARMLESS_SECURITY_OPT = /^(no-new-privileges([:=](true|false))?|apparmor[:=]docker-default|seccomp[:=]builtin)$/
/** Settings that the kernel keeps for each container by itself. */
const OWN_SYSCTL =
  /^(net\..+|fs\.mqueue\..+|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname|hostname))$/
/** Docker's usual ones, and that of NVIDIA: GPUs are among what this action is for. */
const USUAL_RUNTIMES: ReadonlySet<string> = new Set(['', 'runc', 'io.containerd.runc.v2', 'nvidia'])
/** Log drivers that write to this machine's own files, with nothing for the service to choose. */
const OWN_LOG_DRIVERS: ReadonlySet<string> = new Set(['', 'json-file', 'local', 'none'])
const GPU_DEVICE = /^(nvidia|amd|intel)\.com\/gpu=[\w.:-]+$/

interface NamespaceRule {
  readonly key: 'network_mode' | 'pid' | 'ipc' | 'uts' | 'userns_mode' | 'cgroup'
  readonly own: readonly string[]
  /** What `host` gives away. */
  readonly host: string
}

const NAMESPACES: readonly NamespaceRule[] = [
  {
    key: 'network_mode',
    own: ['none', 'bridge', 'default'],
    host: 'it shares the network of the machine and all that listens there',
  },
  { key: 'pid', own: [], host: 'it sees every process of the machine and may signal those of its user' },
  { key: 'ipc', own: ['none', 'private', 'shareable'], host: 'it shares the memory that processes of the machine share' },
  { key: 'uts', own: [], host: 'it may change the name of the machine' },
  { key: 'userns_mode', own: [], host: 'its root is the root of the machine' },
  { key: 'cgroup', own: ['private'], host: 'it sees the control groups of the machine' },
]

export function serviceDangers(name: string, service: ServiceConfig): Danger[] {
  const found: Danger[] = []
  const add = (allow: DangerKind, key: string, value: unknown, why: string): void => {
    found.push({ service: name, key: `services.${name}.${key}`, what: shown(value), why, allow })
  }
  if (service.privileged === true) add('privileged', 'privileged', true, 'it has all rights on the machine')
  for (const key of ['post_start', 'pre_stop'] as const)
    for (const [index, hook] of (service[key] ?? []).entries())
      if (hook.privileged === true)
        add('privileged', `${key}[${index}].privileged`, true, 'the command has all rights on the machine')
  for (const rule of NAMESPACES) namespaceDanger(rule, service[rule.key] ?? '', add)
  if ((service.cgroup_parent ?? '') !== '')
    add('host-namespace', 'cgroup_parent', service.cgroup_parent, 'its processes live in a control group of the machine’s')
  if (service.use_api_socket === true)
    add('docker-socket', 'use_api_socket', true, 'it commands the Docker daemon, which is root on the machine')
  for (const [index, capability] of (service.cap_add ?? []).entries())
    if (!HARMLESS_CAPABILITIES.has(capability.toUpperCase().replace(/^CAP_/, '')))
      add('capability', `cap_add[${index}]`, capability, 'the capability reaches beyond what containers have')
  for (const [index, option] of (service.security_opt ?? []).entries())
    if (!HARMLESS_SECURITY_OPT.test(option))
      add('security-opt', `security_opt[${index}]`, option, 'it takes the place of protections that containers have')
  for (const key of namesOf(service.sysctls))
    if (!OWN_SYSCTL.test(key)) add('sysctl', `sysctls.${key}`, key, 'the setting is one of the machine’s, not of the container’s')
  deviceDangers(service, add)
  programDangers(service, add)
  foreignContainers(service, add)
  const isBuilt = service.build !== undefined && service.build !== null
  const registry = isBuilt ? null : imageProblem(service.image ?? '')
  if (registry !== null) add('external', 'image', service.image, registry)
  return found
}

type Add = (allow: DangerKind, key: string, value: unknown, why: string) => void

/** `container:` never names a container of the stack: those get a name of the run's own. */
function namespaceDanger({ key, own, host }: NamespaceRule, mode: string, add: Add): void {
  if (mode === '' || own.includes(mode) || mode.startsWith('service:')) return
  if (mode === 'host') add('host-namespace', key, mode, host)
  else if (mode.startsWith('container:')) add('foreign-container', key, mode, 'the container it joins is not of the stack')
  else if (key === 'network_mode') add('external', key, mode, 'the network it joins is not of the stack')
  else add('host-namespace', key, mode, 'what it joins is not known')
}

function deviceDangers(service: ServiceConfig, add: Add): void {
  for (const [index, device] of (service.devices ?? []).entries()) {
    const source = typeof device === 'string' ? device : (device.source ?? '')
    if (!GPU_DEVICE.test(source)) add('device', `devices[${index}]`, source, 'it has a device of the machine')
  }
  for (const [index, rule] of (service.device_cgroup_rules ?? []).entries())
    add('device', `device_cgroup_rules[${index}]`, rule, 'it may make and use devices of the machine')
  const reserved = service.deploy?.resources?.reservations?.devices ?? []
  for (const [index, gpu] of (service.gpus ?? []).entries())
    if (!isGpu(gpu, ['gpu'])) add('device', `gpus[${index}]`, gpu, 'what it reserves is no GPU')
  for (const [index, gpu] of reserved.entries())
    if (!isGpu(gpu, [])) add('device', `deploy.resources.reservations.devices[${index}]`, gpu, 'what it reserves is no GPU')
}

/** A reserved GPU is no danger: that is what a machine with one is for, and the driver keeps its users apart. */
function isGpu({ driver, capabilities, device_ids: ids }: GpuConfig, usual: readonly string[]): boolean {
  if (driver === 'cdi') return (ids ?? []).length > 0 && (ids ?? []).every((id) => GPU_DEVICE.test(id))
  if (!['', 'nvidia', 'amd'].includes(driver ?? '')) return false
  const asked = capabilities ?? usual
  return asked.includes('gpu') || asked.includes('nvidia')
}

/** What the machine itself runs for the service, or is told by it where to send its logs. */
function programDangers(service: ServiceConfig, add: Add): void {
  if (!USUAL_RUNTIMES.has(service.runtime ?? ''))
    add('host-program', 'runtime', service.runtime, 'another program of the machine runs its containers')
  if (service.provider !== undefined && service.provider !== null)
    add('host-program', 'provider', service.provider, 'Compose runs a program on the machine in place of a container')
  if (service['models'] !== undefined && service['models'] !== null)
    add('host-program', 'models', service['models'], 'Compose has a program of the machine run the model')
  const driver = service.logging?.driver ?? ''
  if (!OWN_LOG_DRIVERS.has(driver))
    add('logging', 'logging.driver', driver, 'the daemon sends the log where the service says, from the machine’s own network')
}

function foreignContainers(service: ServiceConfig, add: Add): void {
  for (const [index, from] of (service.volumes_from ?? []).entries())
    if (from.startsWith('container:'))
      add('foreign-container', `volumes_from[${index}]`, from, 'the container whose volumes it mounts is not of the stack')
  for (const [index, link] of (service.external_links ?? []).entries())
    add('foreign-container', `external_links[${index}]`, link, 'the container it is linked to is not of the stack')
}

/** Of pairs as an object, or as a list of `name=value`. */
function namesOf(pairs: Readonly<Record<string, unknown>> | readonly string[] | null | undefined): string[] {
  if (Array.isArray(pairs)) return pairs.map((pair: string) => pair.split('=')[0] ?? '')
  return Object.keys(pairs ?? {})
}
