/** What is looked at of `docker compose config --format json` for dangers. A shape that is not known is no harmless one. */
import * as z from 'zod'
import { ChaosError } from '../core/errors.ts'

const text = z.string().nullish()
const texts = z.array(z.string()).nullish()
const flag = z.boolean().nullish()
/** Compose prints lists of pairs as objects; some of them were lists in older releases. */
const pairs = z.union([z.record(z.string(), z.unknown()), z.array(z.string())]).nullish()

const mount = z.looseObject({
  type: z.string(),
  source: text,
  read_only: flag,
  bind: z.looseObject({ propagation: text }).nullish(),
})

const device = z.union([z.string(), z.looseObject({ source: text })])
const gpu = z.looseObject({ driver: text, capabilities: texts, device_ids: texts })
const hook = z.looseObject({ privileged: flag })
const envFile = z.union([z.string(), z.looseObject({ path: z.string() })])
/** As text or as a list in what is written, as a list in what is merged. */
const files = z.union([z.string(), z.array(envFile)]).nullish()

/** Compose prints sizes and counts as numbers or as texts, by release. */
const amount = z.union([z.number(), z.string()]).nullish()
const ulimits = z
  .record(z.string(), z.union([z.number(), z.string(), z.looseObject({ soft: amount, hard: amount })]).nullable())
  .nullish()
const joined = z.looseObject({ ipv4_address: text, ipv6_address: text, link_local_ips: texts }).nullable()

const build = z.looseObject({
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  args: pairs,
  ulimits,
  additional_contexts: pairs,
  network: text,
  privileged: flag,
  entitlements: texts,
  ssh: z.unknown().optional(),
  cache_from: texts,
  cache_to: texts,
  tags: texts,
})

const service = z.looseObject({
  image: text,
  build: z.union([z.string(), build]).nullish(),
  privileged: flag,
  use_api_socket: flag,
  network_mode: text,
  pid: text,
  ipc: text,
  uts: text,
  userns_mode: text,
  cgroup: text,
  cgroup_parent: text,
  cap_add: texts,
  security_opt: texts,
  sysctls: pairs,
  devices: z.array(device).nullish(),
  device_cgroup_rules: texts,
  gpus: z.array(gpu).nullish(),
  deploy: z
    .looseObject({
      replicas: amount,
      resources: z.looseObject({ reservations: z.looseObject({ devices: z.array(gpu).nullish() }).nullish() }).nullish(),
    })
    .nullish(),
  scale: amount,
  cpu_rt_runtime: amount,
  cpu_rt_period: amount,
  oom_score_adj: amount,
  oom_kill_disable: flag,
  ulimits,
  storage_opt: z.record(z.string(), z.unknown()).nullish(),
  networks: z.record(z.string(), joined).nullish(),
  runtime: text,
  provider: z.unknown().optional(),
  logging: z.looseObject({ driver: text }).nullish(),
  volumes: z.array(mount).nullish(),
  volumes_from: texts,
  external_links: texts,
  credential_spec: z.looseObject({ file: text }).nullish(),
  env_file: files,
  label_file: files,
  post_start: z.array(hook).nullish(),
  pre_stop: z.array(hook).nullish(),
  ports: z.array(z.looseObject({ host_ip: text, published: z.union([z.string(), z.number()]).nullish() })).nullish(),
})

const pool = z.looseObject({
  subnet: text,
  ip_range: text,
  gateway: text,
  aux_addresses: z.record(z.string(), z.string()).nullish(),
})
const shared = z
  .looseObject({
    external: z.unknown().optional(),
    driver: text,
    driver_opts: z.record(z.string(), z.coerce.string()).nullish(),
    ipam: z
      .looseObject({ driver: text, options: z.record(z.string(), z.unknown()).nullish(), config: z.array(pool).nullish() })
      .nullish(),
  })
  .nullable()
const fileObject = z.looseObject({ file: text }).nullable()

const stack = z.looseObject({
  name: text,
  services: z.record(z.string(), service).default({}),
  networks: z.record(z.string(), shared).default({}),
  volumes: z.record(z.string(), shared).default({}),
  secrets: z.record(z.string(), fileObject).default({}),
  configs: z.record(z.string(), fileObject).default({}),
})

export type StackConfig = z.infer<typeof stack>
export type ServiceConfig = z.infer<typeof service>
export type BuildConfig = z.infer<typeof build>
export type SharedConfig = z.infer<typeof shared>
export type MountConfig = z.infer<typeof mount>
export type GpuConfig = z.infer<typeof gpu>

/** @throws COMPOSE_FAILED for what has another shape: it cannot be called free of dangers. */
export function parseStack(config: unknown): StackConfig {
  const parsed = stack.safeParse(unescaped(config))
  if (parsed.success) return parsed.data
  const issues = z.prettifyError(parsed.error).slice(0, 1_000)
  throw new ChaosError('COMPOSE_FAILED', `the compose stack cannot be checked for what it asks of this machine: ${issues}`)
}

const written = z.looseObject({
  services: z.record(z.string(), z.looseObject({ env_file: files, label_file: files }).nullable()).default({}),
})

/** The same before variables and env files are filled in, of which only the files are looked at. */
export function parseWritten(config: unknown): z.infer<typeof written> | null {
  const parsed = written.safeParse(config)
  return parsed.success ? parsed.data : null
}

/** Compose prints each dollar twice, so that what it prints can be read as a compose file again. */
function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$')
  if (Array.isArray(value)) return value.map(unescaped)
  if (typeof value !== 'object' || value === null) return value
  // A record would pass over this name, and Compose takes it for a service's.
  if (Object.hasOwn(value, '__proto__'))
    throw new ChaosError('COMPOSE_FAILED', 'the compose stack has something of the name __proto__, which cannot be checked')
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unescaped(inner)]))
}
