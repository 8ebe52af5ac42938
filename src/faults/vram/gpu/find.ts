/** Which GPUs the containers of a service compute on, and who else does. */
import { ChaosError, isChaosError } from '../../../core/errors.ts'
import type { FaultContext, UndoContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import type { ReplyOf } from '../../../toolbox/operations/registry.ts'
import type { GpuFacts } from '../../../toolbox/operations/resources/vram.ts'
import { hostHelper } from '../../shared/host-helpers.ts'

export type FoundGpus =
  | { readonly noGpu: string }
  | { readonly noGpu: null; readonly driver: string | null; readonly gpus: readonly GpuFacts[] }

/** The name of the program that holds memory: one that is met on a GPU belongs to whoever holds its lock. */
const HOLDER = 'vram-hold'

/** No GPU is a value; that what is there cannot be looked at is an error. */
export async function findGpus(
  target: string,
  running: readonly ContainerState[],
  looker: string,
  ctx: FaultContext,
): Promise<FoundGpus> {
  const service = ctx.stack.descriptor.services.find(({ name }) => name === target)
  if (service?.gpu !== true) return { noGpu: `the descriptor says of no GPU that '${target}' would use` }
  try {
    const ids = running.map(({ id }) => id)
    const { missing, driver, devices } = await lookAtGpus(looker, ids, ctx)
    if (missing !== null) return { noGpu: missing }
    const wanted = running.flatMap(({ gpus }) => gpus ?? [])
    const matched = matchGpus(devices, wanted, target)
    return matched.noGpu === null ? { ...matched, driver } : matched
  } catch (error) {
    if (isChaosError(error, 'CAPABILITY_MISSING')) return { noGpu: error.message }
    throw error
  }
}

/** All GPUs of the machine, by a helper that uses none of their memory and is gone afterwards. */
export async function lookAtGpus(looker: string, containers: readonly string[], ctx: UndoContext): Promise<ReplyOf<'vram.look'>> {
  const request = hostHelper(looker, { capabilities: [], gpu: 'all' })
  const reply = await ctx.toolbox.once(request, 'vram.look', { containers: [...containers] }, ctx.signal)
  if (reply !== null) return reply
  throw new ChaosError('TOOLBOX_FAILED', 'the GPUs could not be looked at: the helper had nothing to run in')
}

/** Finds the GPUs that Docker gives the containers: `wanted` are indices, uuids or their beginnings, or `all`. Pure. */
export function matchGpus(
  devices: readonly GpuFacts[],
  wanted: readonly string[],
  target: string,
): { readonly noGpu: string } | { readonly noGpu: null; readonly gpus: readonly GpuFacts[] } {
  if (wanted.length === 0) return { noGpu: `Docker gives the containers of '${target}' none` }
  const slice = wanted.find((id) => id.startsWith('MIG-') || id.includes(':'))
  if (slice !== undefined)
    return { noGpu: `Docker gives '${target}' a slice of a GPU (${slice}), and only whole ones are filled` }
  const isMeant = ({ index, uuid }: GpuFacts, id: string): boolean =>
    id === 'all' || id === String(index) || (id.startsWith('GPU-') && uuid.startsWith(id))
  const strange = wanted.find((id) => !devices.some((device) => isMeant(device, id)))
  if (strange !== undefined) return { noGpu: `Docker gives '${target}' the GPU ${strange}, which the driver does not list` }
  return { noGpu: null, gpus: devices.filter((device) => wanted.some((id) => isMeant(device, id))) }
}

/**
 * Who computes on them beside the target would run out of memory as well. Our own program is left to the lock, which knows
 * whose it is. Pure.
 * @throws HOST_GUARD naming them.
 */
export function refuseOthers(gpus: readonly GpuFacts[], target: string): void {
  for (const { uuid, processes } of gpus) {
    if (processes === null) refuse(`the driver does not list who computes on ${uuid}`)
    const others = processes.filter(({ container, name }) => container === null && name !== HOLDER)
    const called = others.map(({ pid, name }) => `${pid} (${name ?? 'gone by now'})`)
    if (others.length > 0) refuse(`processes that are not of '${target}' compute on ${uuid}: ${called.join(', ')}`)
  }
}

function refuse(why: string): never {
  throw new ChaosError('HOST_GUARD', `${why}, so its memory is left alone`, {
    hint: 'End them, or set "allow_others": true in the entry if they may run out of GPU memory, too.',
  })
}

/** Pids of the target's own; null allows whoever computes there. Pure. */
export function allowedPids(gpu: GpuFacts, allowOthers: boolean): number[] | null {
  if (allowOthers) return null
  return (gpu.processes ?? []).filter(({ container }) => container !== null).map(({ pid }) => pid)
}

/** Bytes that the driver says of the processes together; null where it does not say it of all. Pure. */
export function processBytes({ processes }: GpuFacts): number | null {
  if (processes === null) return null
  return processes.reduce<number | null>((sum, { usedBytes }) => (sum === null || usedBytes === null ? null : sum + usedBytes), 0)
}
