/**
 * A stack descriptor after parsing: all that is known of one compose stack. The engine, the faults and the clauses know
 * rbee only through this. What a key means is said once, by the schema of the file (`src/files/stack/schema.ts`).
 */
import { ChaosError } from './errors.ts'
import type { Json } from './json.ts'
import type { StackRequest } from './request.ts'

/** More stacks than this side by side would be a load of their own. */
export const MOST_STACKS = 8

export interface Link {
  readonly name: string
  /** Service names; `from` is `client` for the entry. */
  readonly from: string
  readonly to: string
  /** The toxiproxy proxy that realises it and the port it listens on. */
  readonly proxy: string
  readonly listenPort: number
  readonly upstream: { readonly service: string; readonly port: number }
  readonly onCanaryPath: boolean
  /** Name of the group of links of which a request crosses one; left out where each request crosses this one. */
  readonly oneOf?: string
  readonly probe: { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  readonly leg: { readonly client: string; readonly server: string; readonly port: number } | null
}

export interface ServiceSpec {
  readonly name: string
  readonly health: { readonly port: number; readonly path: string } | null
  readonly dependsOn: readonly string[]
  readonly replicas: number
  readonly control: boolean
  readonly data: string | null
  readonly gpu?: boolean
}

export interface BuiltImage {
  readonly variable: string
  readonly service: string
  readonly repository: string
  /** Absolute. */
  readonly context: string
}

interface Page {
  readonly service: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** How to read the pool of workers, so that `timing` and `count` can be resolved for any stack. */
export interface PoolSpec {
  /** Those whose containers are the members. */
  readonly services: readonly string[]
  readonly size: number
  readonly list: Page
  readonly members: string
  readonly id: string
  readonly state: string
  readonly container: string
  /** null where the listing tells no number: one that is listed as busy works on one request then. */
  readonly inFlight: string | null
  readonly states: Readonly<Record<'registering' | 'ready' | 'busy' | 'failed', readonly string[]>>
  readonly stop: { readonly method: string; readonly path: string; readonly body: Json } | null
  readonly work: string | null
}

/**
 * How GPU memory is used up without a GPU: ordinary requests that take long hold what the service declares to have. The
 * number at `sizeKey` of the request's body says how much each of them takes.
 */
export interface VramSpecOfStack {
  readonly service: string
  readonly request: string
  readonly sizeKey: string
  readonly largest: number
  readonly smallest: number
  readonly metrics: { readonly port: number; readonly path: string; readonly usedBytes: string; readonly totalBytes: string }
}

interface KnownDefect {
  readonly fails: readonly string[]
  readonly clauses: Readonly<Record<string, { readonly text: string; readonly observed?: string | undefined }>>
  readonly mayFail: readonly string[]
  readonly blinds: readonly string[]
  readonly text: string
}

/** How the system tells which jobs it has completed, so that served answers can be held against its own list. */
export interface CompletedSpec extends Page {
  readonly first: string
  readonly ids: string
  readonly next: string
  readonly claim: { readonly metric: string; readonly key: string }
  /** Service that keeps it through a restart; null for none that says so. */
  readonly keptBy: string | null
  /** Nobody but the harness asks for jobs: one on the list that it has not asked for was asked for by nobody. */
  readonly oursAlone: boolean
}

/** A gauge on a Prometheus page that is after a fault what it was before, within limits; null where it has none. */
export interface GaugeSpec {
  readonly service: string
  readonly port: number
  readonly path: string
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  readonly atMostMore: number | null
  readonly atMostLess: number | null
}

export interface Descriptor {
  readonly name: string
  /** True for the stack that ships with the action: its verdict speaks of the harness. */
  readonly reference: boolean
  readonly file: string
  readonly composeFiles: readonly string[]
  readonly images: readonly BuiltImage[]
  readonly secrets: readonly string[]
  readonly services: readonly ServiceSpec[]
  readonly stacks: number
  readonly cpuQuotas: 'from_start' | 'when_healthy'
  readonly entry: { readonly service: string; readonly port: number }
  readonly toxiproxy: { readonly service: string; readonly port: number } | null
  readonly links: readonly Link[]
  readonly defaultLink: string | null
  /** By name: the canary, and whatever expectations refer to. */
  readonly requests: Readonly<Record<string, StackRequest>>
  /** Its requests take turns; one may stand there several times. */
  readonly canary: {
    readonly requests: readonly [string, ...string[]]
    readonly ratePerSecond: number
    /** While a recovery is watched; left out: what is usual between faults. */
    readonly watchPerSecond?: number
    /** So many at once, at first and after each recovery; left out: none. */
    readonly burst?: number
  }
  readonly pool: PoolSpec | null
  readonly vram: VramSpecOfStack | null
  readonly completed: CompletedSpec | null
  /** What the services say that they hold. */
  readonly gauges?: readonly GaugeSpec[]
  readonly scenarioFiles: readonly string[]
  readonly loadFolders: readonly string[]
  readonly defects: { readonly variable: string; readonly known: Readonly<Record<string, KnownDefect>> } | null
}

export interface NamedRequest {
  readonly name: string
  readonly request: StackRequest
}

/** In their turns, the first of them first. @throws BAD_INPUT for one that the descriptor does not define. */
export function canaryRequests({
  requests,
  canary,
}: Pick<Descriptor, 'requests' | 'canary'>): readonly [NamedRequest, ...NamedRequest[]] {
  const named = (name: string): NamedRequest => {
    const request = Object.hasOwn(requests, name) ? requests[name] : undefined
    if (request !== undefined) return { name, request }
    throw new ChaosError('BAD_INPUT', `the descriptor's canary names the request ${name}, which it does not define`)
  }
  const [first, ...others] = canary.requests
  return [named(first), ...others.map(named)]
}
