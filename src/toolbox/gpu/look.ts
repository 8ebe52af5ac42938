/** Which GPUs this helper was given, and who computes on them, by the driver's own management library. */
import { belongsTo, readCgroupPaths, readProcFile } from '../cgroup/membership.ts'
import { runProgram } from '../programs/run-program.ts'
import { NO_GPU_EXITS, parseListing } from './lines.ts'
import type { ListedGpu, ListedProcess } from './lines.ts'

/** A process that computes on a GPU. */
export interface GpuProcess {
  /** In the host's namespace. */
  readonly pid: number
  /** null when it has ended meanwhile. */
  readonly name: string | null
  /** null where the driver does not say. */
  readonly usedBytes: number | null
  /** Which of the containers that were asked about it belongs to; null for none of them. */
  readonly container: string | null
}

/** A GPU as the driver sees it, all processes together. */
export interface GpuFacts {
  readonly index: number
  readonly uuid: string
  readonly name: string
  readonly totalBytes: number
  readonly freeBytes: number
  /** null where the driver does not list them. */
  readonly processes: readonly GpuProcess[] | null
}

export interface GpuListing {
  /** Why there is none; null where there is one. */
  readonly missing: string | null
  readonly driver: string | null
  readonly devices: readonly GpuFacts[]
}

export const VRAM_HOLD = 'vram-hold'
/** A driver that nobody uses starts anew for every look, which takes a second or two for each GPU. */
export const LOOK_LIMIT_MS = 20_000

/** No GPU is a value, and so is no driver. @throws Error when the driver fails, or the program is missing. */
export async function lookAtGpus(containers: readonly string[]): Promise<GpuListing> {
  const { exitCode, stdout, stderr } = await runProgram(VRAM_HOLD, ['look'], '', LOOK_LIMIT_MS)
  const words = `${VRAM_HOLD} ended with ${String(exitCode)}: ${stderr.trim() || 'it said nothing'}`
  if (NO_GPU_EXITS.includes(exitCode)) return { missing: words, driver: null, devices: [] }
  if (exitCode !== 0) throw new Error(words)
  const { driver, devices } = parseListing(stdout)
  return { missing: null, driver, devices: await Promise.all(devices.map((device) => withOwners(device, containers))) }
}

async function withOwners(device: ListedGpu, containers: readonly string[]): Promise<GpuFacts> {
  const { processes } = device
  if (processes === null) return { ...device, processes }
  return { ...device, processes: await Promise.all(processes.map((listed) => withOwner(listed, containers))) }
}

/** Who has ended meanwhile keeps no name and no container: that the driver still lists it is what counts. */
async function withOwner(listed: ListedProcess, containers: readonly string[]): Promise<GpuProcess> {
  const [name, paths] = await Promise.all([readProcFile(listed.pid, 'comm'), readCgroupPaths(listed.pid)])
  const container = paths === null ? undefined : containers.find((id) => belongsTo(paths, id))
  return { ...listed, name: name?.trim() ?? null, container: container ?? null }
}
