/** Which volume of the target is filled, how far, and how much may be written to it at most. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerMount, ContainerState } from '../../ports/docker.ts'
import type { HelperRequest } from '../../ports/toolbox.ts'
import type { VolumeFacts } from '../../toolbox/operations/resources/disk.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import { hostHelper } from '../shared/host-helpers.ts'
import { helperName } from '../shared/names.ts'
import { targetContainer } from '../shared/plan-schema.ts'
import { asTarget, chooseTarget } from '../shared/containers/targets.ts'

/** What can be used up: bytes, or the file system's inodes. */
export const DISK_UNITS = ['bytes', 'inodes'] as const
export type DiskUnit = (typeof DISK_UNITS)[number]

/** Fill until so much of the whole is used, or write so many bytes. */
type DiskAmount = { readonly of: DiskUnit; readonly percent: number } | { readonly of: 'bytes'; readonly bytes: number }

/** A bounded volume of one container of the target filled. */
export interface DiskSpec {
  readonly target: string
  readonly amount: DiskAmount
  /** Path in the container; null takes the descriptor's data path of the service. */
  readonly path: string | null
  /** Without one a path on the disk of the machine is refused. */
  readonly limitBytes: number | null
}

/** As ContainerMount. */
const volumeMount = z.strictObject({
  type: z.string(),
  destination: z.string(),
  source: z.string(),
  readOnly: z.boolean(),
})
type VolumeMount = Readonly<z.infer<typeof volumeMount>>

export const diskPlan = z.strictObject({
  target: z.string(),
  of: z.enum(DISK_UNITS),
  percent: z.number().nullable(),
  bytes: z.number().nullable(),
  container: targetContainer,
  helper: z.string(),
  volume: volumeMount,
  /** In the container. */
  path: z.string(),
  /** In the volume; empty for all of it. */
  folder: z.string(),
  /** Filler files together are never larger. */
  limitBytes: z.number(),
  onHostDisk: z.boolean(),
})
export type DiskPlan = Readonly<z.infer<typeof diskPlan>>

const MIB = 1_048_576
/** What is left to the machine, whatever the entry allows. */
export const DISK_FLOOR_BYTES = 1_024 * MIB
const MEMORY_FLOOR_BYTES = 512 * MIB
/** Pages of a memory file system are charged to the helper that writes them, and it may use 256 MiB. */
const MOST_MEMORY_BYTES = 160 * MIB

/** Volumes are often open to their owner only, and the helper is root without a capability. */
export function diskHelper(name: string, volume: VolumeMount): HelperRequest {
  return hostHelper(name, { pid: 'own', capabilities: ['DAC_OVERRIDE'], volume })
}

/** @throws BAD_INPUT for a path that cannot be filled safely; HOST_GUARD for more than the machine can spare. */
export async function resolveDisk(spec: DiskSpec, ctx: FaultContext): Promise<DiskPlan> {
  const { target, amount } = spec
  const { state } = await chooseTarget(target, ctx)
  const path = pathOf(spec, ctx)
  const { mount, folder } = mountFor(state, path)
  const helper = helperName(ctx, 'disk')
  const facts = await ctx.toolbox.once(diskHelper(`${helper}-look`, mount), 'disk.look', { path: folder }, ctx.signal)
  if (facts === null) throw new ChaosError('TOOLBOX_FAILED', `the volume at ${path} of ${state.name} could not be looked at`)
  const host = await ctx.observer.call('host.read', {}, ctx.signal)
  return {
    ...{ target, percent: null, bytes: null, ...amount },
    ...{ container: asTarget(state), helper, volume: { ...mount }, path, folder },
    limitBytes: allowedBytes(spec, `${path} of ${state.name}`, facts, host),
    onHostDisk: facts.onHostDisk,
  }
}

function pathOf({ target, path }: DiskSpec, { stack: { descriptor } }: FaultContext): string {
  const found = path ?? descriptor.services.find(({ name }) => name === target)?.data ?? null
  if (found !== null) return found
  throw new ChaosError('BAD_INPUT', `the disk fault names no path, and the descriptor declares no data path of '${target}'`, {
    hint: `Give the entry a path, or the service ${target} a 'data' in ${descriptor.file}.`,
  })
}

/**
 * The mount that the path lies in, and where in it. Pure.
 * @throws BAD_INPUT for the container's own layer, its own memory file systems, and what it cannot write itself.
 */
export function mountFor(
  { name, mounts }: Pick<ContainerState, 'name' | 'mounts'>,
  path: string,
): { mount: ContainerMount; folder: string } {
  const wanted = segments(path)
  const holds = ({ destination }: ContainerMount): boolean =>
    segments(destination).every((segment, index) => wanted[index] === segment)
  const [mount] = mounts.filter(holds).sort((one, other) => segments(other.destination).length - segments(one.destination).length)
  const where = `the path ${path} of ${name}`
  if (mount === undefined) {
    throw new ChaosError('BAD_INPUT', `${where} is not on a volume: filling it would fill the disk that Docker itself is on`, {
      hint: "Put a volume of limited size there, for example a named one with driver_opts { type: tmpfs, device: tmpfs, o: 'size=64m' }.",
    })
  }
  if (!['volume', 'bind'].includes(mount.type)) {
    throw new ChaosError('BAD_INPUT', `${where} is on a mount of type ${mount.type}, which only that container can reach`, {
      hint: 'Use a named volume with the same options instead.',
    })
  }
  if (mount.readOnly)
    throw new ChaosError('BAD_INPUT', `${where} is on a read-only mount: the container cannot write there anyway`)
  const rest = wanted.slice(segments(mount.destination).length)
  return { mount, folder: rest.length === 0 ? '' : `/${rest.join('/')}` }
}

/** Without empty parts, `.` and `..`, as the kernel would walk it. */
function segments(path: string): string[] {
  const found: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') found.pop()
    else if (part !== '' && part !== '.') found.push(part)
  }
  return found
}

/**
 * How many bytes may be written at most. Pure.
 * @throws BAD_INPUT for the machine's own disk without a limit; HOST_GUARD when it would run out of disk or memory.
 */
export function allowedBytes(
  { amount, limitBytes: most }: Pick<DiskSpec, 'amount' | 'limitBytes'>,
  where: string,
  volume: VolumeFacts,
  host: HostFacts,
): number {
  if (volume.onHostDisk && most === null) {
    throw new ChaosError(
      'BAD_INPUT',
      `${where} lies on the machine's own disk: filling it would stop Docker, not only the service`,
      { hint: 'Give the entry a limit_bytes, or put a volume of limited size there.' },
    )
  }
  if (volume.onHostDisk && amount.of === 'inodes') {
    throw new ChaosError('BAD_INPUT', `${where} lies on the machine's own disk, whose inodes no limit of bytes protects`, {
      hint: 'Put a volume of its own there, for example one of type tmpfs with nr_inodes.',
    })
  }
  // A volume refuses by itself when it is full: this is not to be what stops a byte before that.
  const wholeBytes = volume.totalBytes + MIB
  const limitBytes = Math.max(1, Math.min(most ?? wholeBytes, wholeBytes))
  if (amount.of === 'inodes') return limitBytes
  const used = volume.totalBytes - volume.freeBytes
  const wanted = 'bytes' in amount ? amount.bytes : (volume.totalBytes * amount.percent) / 100 - used
  const written = Math.max(0, Math.min(wanted, volume.freeBytes, limitBytes))
  if (volume.onHostDisk) requireLeft(where, 'disk', host.diskFreeBytes - written, DISK_FLOOR_BYTES)
  if (volume.type === 'tmpfs') {
    requireLeft(where, 'memory', host.memAvailableBytes - written, MEMORY_FLOOR_BYTES)
    if (written > MOST_MEMORY_BYTES) {
      throw new ChaosError(
        'HOST_GUARD',
        `${where} lies in memory, and filling it takes ${mib(written)}: more than ${mib(MOST_MEMORY_BYTES)}`,
        { hint: 'Give the volume a smaller size.' },
      )
    }
  }
  return limitBytes
}

function requireLeft(where: string, what: string, leftBytes: number, floorBytes: number): void {
  if (leftBytes >= floorBytes) return
  throw new ChaosError(
    'HOST_GUARD',
    `filling ${where} would leave ${mib(leftBytes)} of the machine's ${what}, and ${mib(floorBytes)} are its floor`,
    { hint: `Free some ${what} on the machine, or fill less.` },
  )
}

function mib(bytes: number): string {
  return `${Math.max(0, Math.floor(bytes / MIB))} MiB`
}
