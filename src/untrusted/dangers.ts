/**
 * What a compose stack asks for that reaches beyond its own containers. Looked at in the merged configuration, as
 * `docker compose config --format json` prints it: `extends` and `include` are in it already, and so are all services that
 * would be started. Pure but for the links that `realpath` follows.
 */
import { dirname } from 'node:path'
import type { AllowKind } from './allow-untrusted.ts'
import type { Descriptor } from '../core/descriptor.ts'
import { groundOf, shown, type Danger, type DangerOptions, type Ground } from './danger.ts'
import { buildDangers } from './build.ts'
import { isExternal, mountDangers } from './mounts.ts'
import { parseStack, parseWritten, type ServiceConfig, type SharedConfig, type StackConfig } from './schema.ts'
import { serviceDangers } from './service.ts'

export type { Danger, DangerOptions } from './danger.ts'

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

/** Networks that Docker makes on this machine for the stack alone. */
const OWN_NETWORK_DRIVERS: ReadonlySet<string> = new Set(['', 'default', 'bridge', 'null', 'none'])
const OWN_NETWORK_OPTIONS: ReadonlySet<string> = new Set([
  'com.docker.network.driver.mtu',
  'com.docker.network.bridge.enable_icc',
  'com.docker.network.bridge.enable_ip_masquerade',
  'com.docker.network.bridge.host_binding_ipv4',
])

export interface FindOptions extends DangerOptions {
  /**
   * The configuration before variables and env files are filled in (`config --no-interpolate`): only there do `env_file` and
   * `label_file` stand. undefined: it was not asked for; null: it could not be had.
   */
  readonly asWritten?: unknown
}

/** @throws COMPOSE_FAILED for what is no configuration of compose. */
export function findDangers(config: unknown, options: FindOptions): Danger[] {
  const stack = parseStack(config)
  const ground = groundOf(options)
  const services = Object.entries(stack.services)
  return [
    ...services.flatMap(([name, service]) => [
      ...serviceDangers(name, service),
      ...buildDangers(name, service, ground),
      ...fileDangers(name, service, ground),
      ...unknownKeys(name, service),
    ]),
    ...mountDangers(stack, ground),
    ...Object.entries(stack.networks).flatMap(([name, network]) => networkDangers(name, network)),
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

/** Variables that say what Docker's programs do, and which programs those are. */
const MEANT_FOR_PROGRAMS =
  /^(PATH|HOME|SHELL|IFS|ENV|TMPDIR|GODEBUG|.*_PROXY|(LD|DYLD|DOCKER|COMPOSE|BUILDX|BUILDKIT|GIT|SSH|NODE|XDG|OTEL)_.*)$/i

/**
 * Of the stack's descriptor, whose images are built, and whose variables are set, before any compose file is read.
 * @param scripts of load patterns, absolute: k6 gets the folder of each.
 */
export function findDescriptorDangers(
  { images, secrets, defects }: Pick<Descriptor, 'images' | 'secrets' | 'defects'>,
  scripts: readonly string[],
  options: DangerOptions,
): Danger[] {
  const ground = groundOf(options)
  const contexts = images.flatMap(({ service, context }, index): Danger[] => {
    const key = `images[${index}].context`
    if (ground.isInside(context)) return []
    return [{ service, key, what: shown(context), why: 'it lies outside the workspace', allow: 'build' }]
  })
  const variables = [
    ...images.map(({ variable }, index) => ({ key: `images[${index}].variable`, name: variable })),
    ...secrets.map((name, index) => ({ key: `secrets[${index}]`, name })),
    ...(defects === null ? [] : [{ key: 'defects.variable', name: defects.variable }]),
  ]
  const why = 'the variable changes what Docker’s programs do on the machine'
  return [
    ...contexts,
    ...scripts.filter((script) => !ground.isInside(dirname(script))).map(foreignScript),
    ...variables
      .filter(({ name }) => MEANT_FOR_PROGRAMS.test(name))
      .map(({ key, name }): Danger => ({ service: null, key, what: name, why, allow: 'host-program' })),
  ]
}

function foreignScript(script: string): Danger {
  const why = 'its folder lies outside the workspace, and k6 gets all of it'
  return { service: null, key: 'load', what: shown(script), why, allow: 'mount' }
}

function networkDangers(name: string, network: SharedConfig): Danger[] {
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
  return found
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
