/** Which proxies a toxic goes to, and all that taking it away again needs. */
import * as z from 'zod'
import type { Link } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToxiproxyPort } from '../../ports/toxiproxy.ts'
import { resolveLinks, touchedServices, type LinkSelection } from '../shared/links/links.ts'
import { helperName, toxicName } from '../shared/names.ts'
import { runningTargets } from '../shared/containers/targets.ts'
import { listOf } from '../shared/plan-schema.ts'
import { DIRECTIONS, type Direction } from './measures/measure.ts'
import { slicerFits, TOXIPROXY_TOXIC_NAMES } from './toxics.ts'

export const STREAMS = [...DIRECTIONS, 'both'] as const

const directionSchema = z.enum(DIRECTIONS)

/** One proxy that the fault changes, with all that undoing it needs. */
const entrySchema = z.strictObject({
  link: z.string(),
  proxy: z.string(),
  /** Counts once for each canary request. */
  onCanaryPath: z.boolean(),
  toxics: listOf(z.strictObject({ name: z.string(), stream: directionSchema })),
  /** `down` only puts back what it took away. */
  wasEnabled: z.boolean(),
  marker: z.strictObject({ helper: z.string(), intoPort: z.number(), outOfPort: z.number(), path: z.string() }).nullable(),
})
export type ToxicEntry = Readonly<z.infer<typeof entrySchema>>

export const toxicPlan = z.strictObject({
  toxic: z.enum(TOXIPROXY_TOXIC_NAMES),
  /** By the names and in the units of the table of toxics. */
  attributes: z.record(z.string(), z.number()).readonly(),
  streams: listOf(directionSchema),
  /** Share of the connections that are hit, above 0 and up to 1. */
  toxicity: z.number(),
  entries: listOf(entrySchema),
  /** Container of toxiproxy that the marker helpers attach to; null when there are none. */
  proxyContainer: z.string().nullable(),
  services: listOf(z.string()),
})
/** The undo record of the fault `toxic`. */
export type ToxicPlan = Readonly<z.infer<typeof toxicPlan>>

/** One toxic of toxiproxy on one or more links. */
export interface ToxicSpec extends LinkSelection, Pick<ToxicPlan, 'toxic' | 'attributes' | 'toxicity'> {
  readonly stream: (typeof STREAMS)[number]
}

/** @throws BAD_INPUT, TARGET_NOT_FOUND or CAPABILITY_MISSING, all before anything is changed. */
export async function resolveToxic(spec: ToxicSpec, ctx: FaultContext): Promise<ToxicPlan> {
  refuseNonsense(spec)
  const { descriptor } = ctx.stack
  const links = resolveLinks(spec, descriptor)
  const toxiproxy = await ctx.toxiproxy(ctx.signal)
  if (toxiproxy === null) throw new ChaosError('TARGET_NOT_FOUND', `toxiproxy of the stack '${descriptor.name}' is not running`)
  const enabled = await enabledProxies(links, toxiproxy, ctx.signal)
  const streams: Direction[] = spec.stream === 'both' ? [...DIRECTIONS] : [spec.stream]
  const counted = swallows(spec) && streams.includes('upstream')
  const crossed = crossedOnce(links, descriptor.links)
  const [proxy] = counted ? await runningTargets(descriptor.toxiproxy?.service ?? '', ctx) : []
  return {
    toxic: spec.toxic,
    attributes: { ...spec.attributes },
    streams,
    toxicity: spec.toxicity,
    entries: links.map((link) => planEntry(link, { spec, streams, counted, enabled, crossed }, ctx)),
    proxyContainer: proxy?.id ?? null,
    services: touchedServices(links, descriptor),
  }
}

function planEntry(
  link: Link,
  of: {
    readonly spec: ToxicSpec
    readonly streams: readonly Direction[]
    readonly counted: boolean
    readonly enabled: ReadonlyMap<string, boolean>
    readonly crossed: ReadonlySet<string>
  },
  ctx: FaultContext,
): ToxicEntry {
  return {
    link: link.name,
    proxy: link.proxy,
    onCanaryPath: of.crossed.has(link.name),
    toxics: of.spec.toxic === 'down' ? [] : of.streams.map((stream) => ({ name: toxicName(ctx), stream })),
    wasEnabled: of.enabled.get(link.proxy) ?? false,
    marker: of.counted
      ? {
          helper: helperName(ctx, 'marker'),
          intoPort: link.listenPort,
          outOfPort: link.upstream.port,
          // Short, and like nobody else's request: the kernel compares the first bytes of the packet.
          path: `/c-${ctx.random.integer(0x10000000, 0x7fffffff).toString(16)}`,
        }
      : null,
  }
}

/**
 * Names of the links that every canary request crosses once; of links that stand for each other, all of which are broken, the
 * first stands for them. Empty where only some of them are: nobody knows what then becomes of a request.
 */
export function crossedOnce(broken: readonly Link[], all: readonly Link[]): ReadonlySet<string> {
  const crossed = new Set<string>()
  for (const { name, onCanaryPath, oneOf } of broken) {
    if (!onCanaryPath) continue
    const others = oneOf === undefined ? [] : all.filter((link) => link.oneOf === oneOf).map((link) => link.name)
    if (!others.every((other) => broken.some((link) => link.name === other))) return new Set()
    if (!others.some((other) => crossed.has(other))) crossed.add(name)
  }
  return crossed
}

/** What toxiproxy would take and then do nothing, or crash on. */
function refuseNonsense(spec: ToxicSpec): void {
  const { toxic, attributes, toxicity } = spec
  if (toxic === 'down' && toxicity !== 1) {
    throw new ChaosError('BAD_INPUT', `'down' switches the whole proxy off and knows no toxicity (given: ${toxicity})`)
  }
  if (toxic === 'slicer' && !slicerFits(attributes)) {
    const { average_size: size, size_variation: variation } = attributes
    throw new ChaosError(
      'BAD_INPUT',
      `slicer needs size_variation (${String(variation)}) below average_size (${String(size)}): toxiproxy crashes otherwise`,
    )
  }
}

function swallows(spec: ToxicSpec): boolean {
  return spec.toxic === 'timeout' || (spec.toxic === 'bandwidth' && spec.attributes['rate'] === 0)
}

async function enabledProxies(
  links: readonly Link[],
  toxiproxy: ToxiproxyPort,
  signal: AbortSignal,
): Promise<Map<string, boolean>> {
  const proxies = new Map((await toxiproxy.proxies(signal)).map((proxy) => [proxy.name, proxy.enabled]))
  for (const link of links) {
    if (proxies.has(link.proxy)) continue
    const known = [...proxies.keys()].join(', ') || 'none'
    throw new ChaosError(
      'TARGET_NOT_FOUND',
      `toxiproxy has no proxy '${link.proxy}' for the link '${link.name}'; it has: ${known}`,
    )
  }
  return proxies
}

/** `toxiproxy timeout (timeout 0), upstream and downstream`. */
export function mechanismOf(plan: ToxicPlan): string {
  if (plan.toxic === 'down') return 'toxiproxy proxy switched off'
  const attributes = Object.entries(plan.attributes).map(([name, value]) => `${name} ${value}`)
  const toxicity = plan.toxicity < 1 ? `, toxicity ${plan.toxicity}` : ''
  return `toxiproxy ${plan.toxic} (${attributes.join(', ')}), ${plan.streams.join(' and ')}${toxicity}`
}

/** Each link on the canary's path delays it once per stream. A share of the connections does not move the median surely. */
export function canaryDelayOf(plan: ToxicPlan): number | null {
  const links = plan.entries.filter((entry) => entry.onCanaryPath).length
  if (plan.toxic !== 'latency' || plan.toxicity < 1 || links === 0) return null
  return (plan.attributes['latency'] ?? 0) * plan.streams.length * links
}
