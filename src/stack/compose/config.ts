/** What we read of `docker compose config --format json`, and the override file that we lay over it. Pure. */
import { z } from 'zod'
import { ChaosError } from '../../core/errors.ts'
import { ownerLabels, ownerName, type Owner } from '../docker/labels.ts'

// Compose prints far more than we read, and more with every release: unknown keys are its business.
const network = z.object({ external: z.boolean().optional() }).nullable()
const service = z.object({
  image: z.string().optional(),
  build: z.unknown().optional(),
  container_name: z.string().optional(),
  cpus: z.union([z.number(), z.string()]).optional(),
  scale: z.number().optional(),
  deploy: z
    .object({
      replicas: z.number().optional(),
      resources: z.object({ limits: z.object({ cpus: z.union([z.number(), z.string()]).optional() }).optional() }).optional(),
    })
    .nullish(),
  networks: z.record(z.string(), z.unknown()).nullish(),
})
const config = z.object({
  services: z.record(z.string(), service).default({}),
  networks: z.record(z.string(), network).default({}),
  volumes: z.record(z.string(), network).default({}),
})

export type ComposeConfig = z.infer<typeof config>
/** Labels by service, besides the run's own. */
export type ServiceLabels = Readonly<Record<string, Readonly<Record<string, string>>>>

/** @throws COMPOSE_FAILED for what is no JSON. */
export function printedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ChaosError('COMPOSE_FAILED', '`docker compose config` printed no JSON', { cause: error })
  }
}

/** @throws COMPOSE_FAILED when the text is not what compose prints; BAD_INPUT for a name that no label could be put on. */
export function parseComposeConfig(text: string): ComposeConfig {
  const json = printedJson(text)
  refuseProto(json)
  return asExpected(config, json)
}

/** What `schema` reads of the merged configuration. @throws COMPOSE_FAILED when that has another shape. */
export function asExpected<T>(schema: z.ZodType<T>, merged: unknown): T {
  const parsed = schema.safeParse(merged)
  if (parsed.success) return parsed.data
  const text = `\`docker compose config\` printed something unexpected: ${z.prettifyError(parsed.error)}`
  throw new ChaosError('COMPOSE_FAILED', text)
}

/** Compose takes the name for a service's, and an object in JavaScript passes over it: it would run without our label. */
function refuseProto(json: unknown): void {
  if (typeof json !== 'object' || json === null) return
  for (const kind of ['services', 'networks', 'volumes'] as const) {
    const all = (json as Readonly<Record<string, unknown>>)[kind]
    if (typeof all === 'object' && all !== null && Object.hasOwn(all, '__proto__'))
      throw new ChaosError('BAD_INPUT', `the compose stack has ${kind} of the name __proto__: give it another one`)
  }
}

/** How many containers the compose file gives the service. */
export function replicasOf({ scale, deploy }: ComposeConfig['services'][string]): number {
  return scale ?? deploy?.replicas ?? 1
}

/** Cores that the compose file gives a container of the service; null without a quota. */
export function cpuQuotaOf({ cpus, deploy }: ComposeConfig['services'][string]): number | null {
  const cores = Number(cpus ?? deploy?.resources?.limits?.cpus ?? 0)
  return cores > 0 ? cores : null
}

function withoutCpuQuota({ cpus, deploy }: ComposeConfig['services'][string]): object {
  return {
    ...(cpus === undefined ? {} : { cpus: 0 }),
    ...(deploy?.resources?.limits?.cpus === undefined ? {} : { deploy: { resources: { limits: { cpus: '0' } } } }),
  }
}

/**
 * A compose file that makes everything in the stack carry the run's label and a name of the run's own. Fixed names would
 * let two runs collide, and `down -v` would remove a volume of that name that was there before us; a fixed container name
 * stays reachable as a network alias. External networks and volumes are not ours and are left as they are.
 */
export function overrideFor(
  stack: ComposeConfig,
  options: Owner & { readonly labels?: ServiceLabels; readonly isWithoutCpuQuotas?: boolean },
): string {
  const { labels: extra = {}, isWithoutCpuQuotas = false } = options
  const own = ownerLabels(options)
  const project = ownerName(options)
  const services = Object.entries(stack.services).map(([name, spec]) => {
    const plain = { labels: { ...own, ...extra[name] }, ...(isWithoutCpuQuotas ? withoutCpuQuota(spec) : {}) }
    if (spec.container_name === undefined) return [name, plain]
    const aliases = { aliases: [spec.container_name] }
    const networks = Object.fromEntries(Object.keys(spec.networks ?? {}).map((key) => [key, aliases]))
    const named = { ...plain, container_name: `${project}-${spec.container_name}` }
    return [name, Object.keys(networks).length === 0 ? named : { ...named, networks }]
  })
  const owned = (all: ComposeConfig['networks']): Record<string, object> =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([, spec]) => spec?.external !== true)
        .map(([key]) => [key, { name: `${project}_${key}`, labels: own }]),
    )
  const override = {
    services: Object.fromEntries(services) as object,
    networks: owned(stack.networks),
    volumes: owned(stack.volumes),
  }
  return `${JSON.stringify(override, null, 2)}\n`
}
