/**
 * A stack descriptor after parsing: all that is known of one compose stack. The engine, the faults and the clauses know
 * rbee only through this.
 */
import { ChaosError } from './errors.ts'
import type { StackRequest } from './request.ts'

/** More stacks than this side by side would be a load of their own. */
export const MOST_STACKS = 8

/** How to get bytes back through a link without asking the system under test for more than its health page. */
interface LinkProbe {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Link {
  readonly name: string
  /** Service names; `from` is `client` for the entry. */
  readonly from: string
  readonly to: string
  /** The toxiproxy proxy that realises it and the port it listens on. */
  readonly proxy: string
  readonly listenPort: number
  /** Where the proxy forwards to: service and port. */
  readonly upstream: { readonly service: string; readonly port: number }
  readonly onCanaryPath: boolean
  readonly probe: LinkProbe
  /** The stretch of the link on which packets can be lost: both ends are containers of the stack, the port is its own. */
  readonly leg: { readonly client: string; readonly server: string; readonly port: number } | null
}

export interface ServiceSpec {
  readonly name: string
  /** Direct health page inside the stack's network; null for a service that has none, such as a namespace holder. */
  readonly health: { readonly port: number; readonly path: string } | null
  /** Services without which this one's health page may turn red. A control must not depend on the target. */
  readonly dependsOn: readonly string[]
  /** How many containers the compose file runs. */
  readonly replicas: number
  /** A container of this service may be chosen as the control. */
  readonly control: boolean
  /** Path in the container of the bounded volume that holds its data; null when it has none. */
  readonly data: string | null
  /** Its containers compute on NVIDIA GPUs that Docker gives them. */
  readonly gpu?: boolean
}

export interface BuiltImage {
  /** Compose variable that names the image, for example QUEEN_IMAGE; a value set by the user wins. */
  readonly variable: string
  readonly service: string
  readonly repository: string
  /** Folder with the Dockerfile and the bundle, absolute. */
  readonly context: string
}

/** How to read the pool of workers, so that `timing` and `count` can be resolved for any stack. */
export interface PoolSpec {
  readonly service: string
  readonly size: number
  readonly list: {
    readonly service: string
    readonly port: number
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
  }
  /** JMESPath into the listing: an array of members, and of each its id, state, container, requests in flight. */
  readonly members: string
  readonly id: string
  readonly state: string
  readonly container: string
  readonly inFlight: string
  readonly states: {
    readonly registering: readonly string[]
    readonly ready: readonly string[]
    readonly busy: readonly string[]
    readonly failed: readonly string[]
  }
  readonly stop: { readonly method: string; readonly path: string } | null
  /** One of the requests, long enough to be met in the middle: what `timing: during_inference` keeps a member busy with. */
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
  /** Prometheus metrics of each container of the service. */
  readonly metrics: { readonly port: number; readonly path: string; readonly usedBytes: string; readonly totalBytes: string }
}

interface KnownDefect {
  readonly fails: readonly string[]
  /** By scenario: how the clause or limit begins that is missed, and a part of what is observed then. */
  readonly clauses: Readonly<Record<string, { readonly text: string; readonly observed?: string | undefined }>>
  /** Scenarios that it turns red on some machines and not on others: nothing is shown by them. */
  readonly mayFail: readonly string[]
  /** Scenarios whose fault cannot bite with it: they are inconclusive then. */
  readonly blinds: readonly string[]
  readonly text: string
}

/** How the system tells which jobs it has completed, so that served answers can be held against its own list. */
export interface CompletedSpec {
  readonly service: string
  readonly port: number
  /** `{after}` stands for the place to go on from. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The place after all that are completed at the time of asking. */
  readonly first: string
  /** JMESPath into the page: the ids, and the place of the next page. */
  readonly ids: string
  readonly next: string
  /** Which samples of a load script claim that a job was done: their metric, and the key of their metadata that holds its id. */
  readonly claim: { readonly metric: string; readonly key: string }
}

export interface Descriptor {
  readonly name: string
  /** True for the stack that ships with the action: its verdict speaks of the harness. */
  readonly reference: boolean
  readonly file: string
  readonly composeFiles: readonly string[]
  readonly images: readonly BuiltImage[]
  /** Variables that get a random value per run unless the environment has one; redacted everywhere. */
  readonly secrets: readonly string[]
  readonly services: readonly ServiceSpec[]
  /** How many were seen to be well side by side on a machine with as many CPUs. */
  readonly stacks: number
  /** When the CPU quotas of the compose file hold. */
  readonly cpuQuotas: 'from_start' | 'when_healthy'
  readonly entry: { readonly service: string; readonly port: number }
  readonly toxiproxy: { readonly service: string; readonly port: number } | null
  readonly links: readonly Link[]
  readonly defaultLink: string | null
  /** By name: the canary, and whatever expectations refer to. */
  readonly requests: Readonly<Record<string, StackRequest>>
  readonly canary: { readonly request: string; readonly ratePerSecond: number }
  readonly pool: PoolSpec | null
  readonly vram: VramSpecOfStack | null
  readonly completed: CompletedSpec | null
  readonly scenarioFiles: readonly string[]
  /** Folders of load patterns. */
  readonly loadFolders: readonly string[]
  /** Defects that the stack can be started with, and which scenarios each must turn `failed`. */
  readonly defects: {
    readonly variable: string
    readonly known: Readonly<Record<string, KnownDefect>>
  } | null
}

/** @throws BAD_INPUT for a descriptor that does not define it. */
export function canaryRequest({ requests, canary }: Pick<Descriptor, 'requests' | 'canary'>): StackRequest {
  const request = Object.hasOwn(requests, canary.request) ? requests[canary.request] : undefined
  if (request !== undefined) return request
  throw new ChaosError('BAD_INPUT', `the descriptor's canary names the request ${canary.request}, which it does not define`)
}
