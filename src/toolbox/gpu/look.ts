/** Which GPUs this helper was given, and who computes on them, by the driver's own management library. */
import type { GpuFacts, ToolboxOperations } from '../../core/toolbox.ts'
import { belongsTo, readCgroupPaths, readProcFile } from '../cgroup/membership.ts'
import { runProgram } from '../programs/run-program.ts'
import { NO_GPU_EXITS, parseListing } from './lines.ts'
import type { ListedGpu, ListedProcess } from './lines.ts'

type Args = ToolboxOperations['vram.look']['args']
type Reply = ToolboxOperations['vram.look']['reply']

export const VRAM_HOLD = 'vram-hold'
/** A driver that nobody uses starts anew for every look, which takes a second or two for each GPU. */
export const LOOK_LIMIT_MS = 20_000

/** No GPU is a value, and so is no driver. @throws Error when the driver fails, or the program is missing. */
export async function lookAtGpus({ containers }: Args): Promise<Reply> {
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
async function withOwner(
  listed: ListedProcess,
  containers: readonly string[],
): Promise<NonNullable<GpuFacts['processes']>[number]> {
  const [name, paths] = await Promise.all([readProcFile(listed.pid, 'comm'), readCgroupPaths(listed.pid)])
  const container = paths === null ? undefined : containers.find((id) => belongsTo(paths, id))
  return { ...listed, name: name?.trim() ?? null, container: container ?? null }
}
