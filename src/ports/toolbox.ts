/** Helpers in containers of the toolbox image: the way to the kernel. */
import type { ContainerMount } from './docker.ts'
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../toolbox/operations/registry.ts'

export interface HelperRequest {
  /** Container name; stands in the plan, so that a revert finds it. */
  readonly name: string
  readonly attachTo: { readonly container: string } | { readonly network: string }
  readonly pid: 'own' | 'host' | { readonly container: string }
  readonly capabilities: readonly ('NET_ADMIN' | 'NET_RAW' | 'KILL' | 'SYS_PTRACE' | 'DAC_OVERRIDE' | 'DAC_READ_SEARCH')[]
  /** Numeric `uid:gid` to run as; root where it is left out. */
  readonly user?: string
  /** The host's cgroup tree, writable, at TOOLBOX_CGROUP_PATH: for putting a child into the target's cgroup. */
  readonly cgroups?: boolean
  /** Bytes of a memory file system of the helper's own at TOOLBOX_FILL_PATH, gone when it ends. */
  readonly fillBytes?: number
  /** A mount of the target, made available at TOOLBOX_VOLUME_PATH. */
  readonly volume?: ContainerMount
  /** NVIDIA GPU by uuid or index, or `all`. @throws CAPABILITY_MISSING from `start` and `once` where Docker has none to give. */
  readonly gpu?: string
  /** The helper undoes its work and exits when nobody renews for this long. */
  readonly ttlMs: number
}

export interface ToolboxHelper {
  readonly name: string
  call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>, signal: AbortSignal): Promise<ReplyOf<O>>
}

export interface ToolboxPort {
  /** Starts a helper and keeps its lease renewed until `stop`, or until this process is gone. */
  start(request: HelperRequest, signal: AbortSignal): Promise<ToolboxHelper>
  /** A helper that this process started, by name. @throws TOOLBOX_FAILED when there is none. */
  get(name: string): ToolboxHelper
  /** SIGTERM: the helper undoes its work and exits; its exit code is read and it is removed. null when it was not there. */
  stop(name: string, signal: AbortSignal): Promise<{ readonly exitCode: number; readonly output: string } | null>
  /** One operation in a short-lived helper, for undo after a helper died. null when the container to attach to is gone. */
  once<O extends ToolboxOperation>(
    request: HelperRequest,
    op: O,
    args: ArgumentsOf<O>,
    signal: AbortSignal,
  ): Promise<ReplyOf<O> | null>
}
