/** From the checked keys of a fault to the spec that its `plan` takes. Total: whatever the schemas let through has a meaning here. */
import type {
  ConnectionsSpec,
  ContainerActionSpec,
  Count,
  CpuSpec,
  CrashSpec,
  DiskSpec,
  FileDescriptorsSpec,
  MemorySpec,
  UnansweredStopSpec,
  VramSpec,
} from '../core/faults.ts'
import type { FaultRequest } from '../core/scenario.ts'
import type { ConnectionResetsSpec, PacketLossSpec, ToxicSpec } from '../core/toxics.ts'
import type { ActionInput, CountInput, CrashInput } from './crash-schema.ts'
import type { ResourceInput } from './resource-schema.ts'
import type { CheckedFault } from './scenario-entry.ts'
import type { NetworkInput } from './scenario-schema.ts'

const DEFAULT_RESETS_PER_THIRD = 3
/** A descriptor's limit that "ulimit" leaves above the highest open one. */
const ULIMIT_HEADROOM = 16
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 }

export function toFaultRequest(checked: CheckedFault): FaultRequest {
  switch (checked.kind) {
    case 'network':
      return toNetworkFault(checked.fault)
    case 'crash':
      return toCrash(checked.fault)
    case 'action':
      return toAction(checked.fault)
    case 'resource':
      return toResource(checked.fault)
  }
}

function toCount(count: CountInput | undefined): Count | null {
  if (count === undefined) return null
  return typeof count === 'number' ? { number: count } : { percent: percentOf(count) }
}

function percentOf(share: string): number {
  return Number(share.slice(0, -1))
}

function toCrash({ target, signal, timing, timeout_seconds: timeoutSeconds, count, via, cause }: CrashInput): FaultRequest {
  if (timeoutSeconds !== undefined) {
    const spec: UnansweredStopSpec = { target, signal, timeoutSeconds }
    return { kind: 'unanswered_stop', spec }
  }
  if (cause === 'oom') {
    const spec: MemorySpec = { target, percent: 100, then: 'oom', count: toCount(count) }
    return { kind: 'memory', spec }
  }
  const spec: CrashSpec = { target, signal, via: via ?? 'kernel', timing: timing ?? null, count: toCount(count) }
  return { kind: 'crash', spec }
}

function toAction({ target, action, count }: ActionInput): FaultRequest {
  const spec: ContainerActionSpec = { target, action, count: toCount(count) }
  return { kind: 'container', spec }
}

function toResource(fault: ResourceInput): FaultRequest {
  const { target } = fault
  switch (fault.resource) {
    case 'memory': {
      const spec: MemorySpec = {
        target,
        percent: percentOf(fault.threshold),
        then: fault.then ?? 'hold',
        count: toCount(fault.count),
      }
      return { kind: 'memory', spec }
    }
    case 'cpu': {
      const spec: CpuSpec = { target, percent: percentOf(fault.threshold), count: toCount(fault.count) }
      return { kind: 'cpu', spec }
    }
    case 'disk': {
      const { of, path, limit_bytes: limitBytes, threshold } = fault
      const amount = threshold.endsWith('%')
        ? { percent: percentOf(threshold), bytes: null }
        : { percent: null, bytes: bytesOf(threshold) }
      const spec: DiskSpec = { target, of: of ?? 'bytes', ...amount, path: path ?? null, limitBytes: limitBytes ?? null }
      return { kind: 'disk', spec }
    }
    case 'file_descriptors': {
      const spec: FileDescriptorsSpec = { target, headroom: fault.threshold === 'ulimit' ? ULIMIT_HEADROOM : fault.threshold }
      return { kind: 'file_descriptors', spec }
    }
    case 'connections': {
      const spec: ConnectionsSpec = { target, connections: fault.threshold, mode: fault.mode ?? 'requests' }
      return { kind: 'connections', spec }
    }
    case 'vram': {
      const spec: VramSpec = { target, percent: percentOf(fault.threshold), allowOthers: fault.allow_others ?? false }
      return { kind: 'vram', spec }
    }
  }
}

function bytesOf(size: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(\D+)$/.exec(size) ?? []
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}

function toNetworkFault(entry: NetworkInput): FaultRequest {
  const allLinks = entry.link === 'all'
  const links = entry.link === undefined || allLinks ? null : [entry.link].flat()
  const { toxic } = entry
  const attributes = entry.attributes ?? {}
  if (toxic === 'packet_loss') {
    // The schema requires it.
    const spec: PacketLossSpec = { percent: attributes['percent'] ?? Number.NaN, links, allLinks }
    return { kind: 'packet_loss', spec }
  }
  if (toxic === 'connection_resets') {
    const spec: ConnectionResetsSpec = { perThird: attributes['per_third'] ?? DEFAULT_RESETS_PER_THIRD, links, allLinks }
    return { kind: 'connection_resets', spec }
  }
  const spec: ToxicSpec = {
    toxic,
    attributes,
    links,
    allLinks,
    stream: entry.stream ?? 'downstream',
    toxicity: entry.toxicity ?? 1,
  }
  return { kind: 'toxic', spec }
}
