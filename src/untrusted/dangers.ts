/**
 * What a compose stack asks for that reaches beyond its own containers. Looked at in the merged configuration, as
 * `docker compose config --format json` prints it: `extends` and `include` are in it already, and so are all services that
 * would be started. Pure but for the links that `realpath` follows.
 */
import type { AllowKind } from './allow-untrusted.ts'
import { serviceAddresses } from './addresses.ts'
import { buildDangers } from './build.ts'
import { shown, type Danger } from './danger.ts'
import { groundOf, type DangerOptions, type Ground } from './ground.ts'
import { serviceLimits, stackLimits } from './limits.ts'
import { mountDangers } from './mounts.ts'
import { networkDangers } from './networks.ts'
import { parseStack, parseWritten, type ServiceConfig, type StackConfig } from './schema.ts'
import { serviceDangers } from './service.ts'
import { rereadDangers, type Reread } from './reread.ts'

/** Keys of a service that are looked at, and those that concern nothing but its own containers. Not `annotations`: what they do is the runtime's affair. */
const KNOWN_SERVICE_KEYS: ReadonlySet<string> = new Set([
  ...['attach', 'blkio_config', 'build', 'cap_add', 'cap_drop', 'cgroup', 'cgroup_parent', 'command', 'configs'],
  ...['container_name', 'cpu_count', 'cpu_percent', 'cpu_period', 'cpu_quota', 'cpu_rt_period', 'cpu_rt_runtime', 'cpu_shares'],
  ...['cpus', 'cpuset', 'credential_spec', 'depends_on', 'deploy', 'develop', 'device_cgroup_rules', 'devices', 'dns', 'dns_opt'],
  ...['dns_search', 'domainname', 'entrypoint', 'env_file', 'environment', 'expose', 'external_links', 'extra_hosts', 'gpus'],
  ...['group_add', 'healthcheck', 'hostname', 'image', 'init', 'ipc', 'isolation', 'label_file', 'labels', 'links', 'logging'],
  ...['mac_address', 'mem_limit', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'models', 'network_mode', 'networks'],
  ...['oom_kill_disable', 'oom_score_adj', 'pid', 'pids_limit', 'platform', 'ports', 'post_start', 'pre_stop', 'privileged'],
  ...['profiles', 'provider', 'pull_policy', 'read_only', 'restart', 'runtime', 'scale', 'secrets', 'security_opt', 'shm_size'],
  ...['stdin_open', 'stop_grace_period', 'stop_signal', 'storage_opt', 'sysctls', 'tmpfs', 'tty', 'ulimits', 'use_api_socket'],
  ...['user', 'userns_mode', 'uts', 'volumes', 'volumes_from', 'working_dir'],
])
const KNOWN_STACK_KEYS: ReadonlySet<string> = new Set([
  ...['name', 'version', 'services', 'networks', 'volumes', 'secrets', 'configs', 'models'],
])

export interface FindOptions extends DangerOptions {
  /**
   * The configuration before variables and env files are filled in (`config --no-interpolate`): only there do `env_file` and
   * `label_file` stand. undefined: it was not asked for; null: it could not be had.
   */
  readonly asWritten?: unknown
  /** What else is read of the workspace while containers of the stack run, or after them. */
  readonly reread?: readonly Reread[]
}

/** @throws COMPOSE_FAILED for what is no configuration of compose. */
export function findDangers(config: unknown, options: FindOptions): Danger[] {
  const stack = parseStack(config)
  const ground = groundOf(options)
  const services = Object.entries(stack.services)
  const { dangers: mounts, written } = mountDangers(stack, ground)
  const build = { ground, written, project: stack.name ?? null }
  return [
    ...services.flatMap(([name, service]) => [
      ...serviceDangers(name, service),
      ...serviceLimits(name, service),
      ...serviceAddresses(name, service, ground.usedRanges),
      ...buildDangers(name, service, build),
      ...fileDangers(name, service, ground),
      ...unknownKeys(name, service),
    ]),
    ...mounts,
    ...rereadDangers(options.reread ?? [], ground, written),
    ...Object.entries(stack.networks).flatMap(([name, network]) => networkDangers(name, network, ground.usedRanges)),
    ...stackLimits(stack),
    ...stackKeys(stack),
    ...writtenFiles(options.asWritten, ground),
  ]
}

export function notAllowed(dangers: readonly Danger[], allow: ReadonlySet<AllowKind>): Danger[] {
  return dangers.filter((danger) => !allow.has(danger.allow))
}

/**
 * Ports that everybody who reaches the machine can reach, in words. Worth a warning and no more: what answers there is the
 * stack itself, and a runner that others can reach is not made safe by a compose file.
 */
export function openPorts(config: unknown): string[] {
  return Object.entries(parseStack(config).services).flatMap(([name, { ports }]) =>
    (ports ?? [])
      .filter(({ published, host_ip: address }) => {
        const isPublished = published !== undefined && published !== null && published !== ''
        return isPublished && !/^(127\.|::1$|\[::1\]$)/.test(address ?? '')
      })
      .map(
        ({ published, target }) => `${name} publishes ${String(published)} → ${String(target)} on all addresses of this machine`,
      ),
  )
}

function fileDangers(name: string, service: ServiceConfig, ground: Ground): Danger[] {
  const spec = service.credential_spec?.file ?? ''
  const named = [
    ...filesOf(name, service),
    ...(spec === '' ? [] : [{ key: `services.${name}.credential_spec.file`, path: spec }]),
  ]
  return named.filter(({ path }) => !ground.isInside(path)).map(({ key, path }) => outside(name, key, path))
}

function writtenFiles(asWritten: unknown, ground: Ground): Danger[] {
  if (asWritten === undefined) return []
  const stack = parseWritten(asWritten)
  if (stack === null) {
    const why = 'which files its variables are read from cannot be told'
    return [{ service: null, key: 'services', what: 'env_file and label_file', why, allow: 'file' }]
  }
  return Object.entries(stack.services).flatMap(([name, service]) =>
    filesOf(name, service ?? {})
      .filter(({ path }) => path.includes('$') || !ground.isInside(path))
      .map(({ key, path }) => outside(name, key, path)),
  )
}

type Files = Pick<ServiceConfig, 'env_file' | 'label_file'>

function filesOf(name: string, service: Files): { key: string; path: string }[] {
  return (['env_file', 'label_file'] as const).flatMap((kind) => {
    const value = service[kind] ?? []
    const files = typeof value === 'string' ? [value] : value.map((file) => (typeof file === 'string' ? file : file.path))
    return files.map((path, index) => ({ key: `services.${name}.${kind}[${index}]`, path }))
  })
}

function outside(service: string, key: string, path: string): Danger {
  const why = path.includes('$') ? 'where it lies is said by a variable' : 'it lies outside the workspace'
  return { service, key, what: shown(path), why, allow: 'file' }
}

/** A newer Compose may know keys that are more powerful than all of these. */
function unknownKeys(name: string, service: ServiceConfig): Danger[] {
  return unknown(service, KNOWN_SERVICE_KEYS).map(([key, value]) => unknownKey(name, `services.${name}.${key}`, value))
}

function stackKeys(stack: StackConfig): Danger[] {
  const models = stack['models']
  const found = unknown(stack, KNOWN_STACK_KEYS).map(([key, value]) => unknownKey(null, key, value))
  if (models === undefined || models === null) return found
  const why = 'Compose has a program of the machine run the models'
  return [...found, { service: null, key: 'models', what: shown(models), why, allow: 'host-program' }]
}

function unknown(object: object, known: ReadonlySet<string>): [string, unknown][] {
  return Object.entries(object).filter(([key, value]) => value !== null && !known.has(key) && !key.startsWith('x-'))
}

function unknownKey(service: string | null, key: string, value: unknown): Danger {
  return { service, key, what: shown(value), why: 'what it does to the machine is not known here', allow: 'unknown-key' }
}
