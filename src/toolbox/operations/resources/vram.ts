/** Memory of the GPUs that this helper was given: who uses it, and some of it held by a program of its own. */
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import { belongsTo, readCgroupPaths, readProcFile } from '../../cgroup/membership.ts'
import {
  NO_GPU_EXITS,
  parseAnswer,
  parseListing,
  parseReady,
  VRAM_HOLD,
  type Answer,
  type ListedGpu,
  type ListedProcess,
  type VramFacts,
} from '../../gpu/lines.ts'
import { READ_LIMIT_MS, VramSession } from '../../gpu/session.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { runProgram } from '../../programs/run-program.ts'
import { bytes, containerId, fillLimitMs, none, percentOrBytes, pid } from '../arguments.ts'

export type { VramFacts } from '../../gpu/lines.ts'

/** A driver that nobody uses starts anew for every look, which takes a second or two for each GPU. */
const LOOK_LIMIT_MS = 20_000
/** A driver that nobody used starts anew, and then the context is made. */
const GPU_START_MS = 30_000
/** Less than the time that Docker gives a helper to end. */
const FREE_LIMIT_MS = 1_000

const openArgs = z.strictObject({
  gpu: z.string().regex(/^GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is not the uuid of a GPU'),
  allow: z.array(pid).max(4_096).nullable(),
})
const fillArgs = z
  .strictObject({ percent: z.int().min(1).max(100).nullable(), bytes: bytes.nullable(), limitMs: fillLimitMs })
  .refine(...percentOrBytes)

/** A process that computes on a GPU. */
interface GpuProcess extends ListedProcess {
  /** null when it has ended meanwhile. */
  readonly name: string | null
  /** Which of the containers that were asked about it belongs to; null for none of them. */
  readonly container: string | null
}

/** A GPU as the driver sees it, all processes together. */
export interface GpuFacts extends ListedGpu {
  readonly processes: readonly GpuProcess[] | null
}

export const vramOperations = [
  /**
   * The GPUs that this helper was given and who computes on them, without using any of their memory. `missing` says why
   * there is none, then the list is empty. Needs the host's pid namespace.
   */
  defineOperation({
    name: 'vram.look',
    args: z.strictObject({ containers: z.array(containerId).max(1_000) }),
    limitMs: GPU_START_MS,
    run: ({ containers }) => lookAtGpus(containers),
  }),
  /**
   * A program that can hold memory of the GPU, with nothing held yet. `allow`: pids that may compute there beside it; null is
   * whoever does. Undone by ending it. @throws when another computes there.
   */
  defineOperation({
    name: 'vram.open',
    args: openArgs,
    limitMs: GPU_START_MS,
    run: (args, helper: Helper) => helper.get(VramHold).open(args, helper),
  }),
  /** Until `percent` of the GPU's memory is in use, by whomever (100: until the driver gives no more), or by `bytes`. */
  defineOperation({
    name: 'vram.fill',
    args: fillArgs,
    limitMs: (args) => args.limitMs,
    run: (args, helper: Helper) => helper.get(VramHold).fill(args),
  }),
  defineOperation({ name: 'vram.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(VramHold).read() }),
] as const

/** No GPU is a value, and so is no driver. @throws Error when the driver fails, or the program is missing. */
async function lookAtGpus(
  containers: readonly string[],
): Promise<{ missing: string | null; driver: string | null; devices: GpuFacts[] }> {
  const { exitCode, stdout, stderr } = await runProgram(VRAM_HOLD, ['look'], '', LOOK_LIMIT_MS)
  const words = `${VRAM_HOLD} ended with ${exitCode}: ${stderr.trim() || 'it said nothing'}`
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

class VramHold {
  private session: VramSession | null = null
  private heldBytes = 0

  /** @throws Error when the program ends before its context stands, with its words. */
  async open(
    { gpu, allow }: z.output<typeof openArgs>,
    { undo }: HelperState,
  ): Promise<VramFacts & { mechanism: string; pid: number }> {
    // Only the registering: an undo need not wait for a context, it ends whoever makes it.
    const session = await undo.install(
      `memory of ${gpu}`,
      () => this.end(),
      () => {
        this.session = new VramSession(gpu, allow)
        return Promise.resolve(this.session)
      },
    )
    const facts = parseReady(await session.ask(null, GPU_START_MS))
    session.keepAlive()
    return { ...facts, mechanism: `CUDA driver allocation on ${gpu}`, pid: session.pid }
  }

  async fill(args: z.output<typeof fillArgs>): Promise<VramFacts & { end: 'full' | 'reached'; tookMs: number }> {
    const command = args.percent === null ? `fill bytes ${args.bytes ?? 0}` : `fill percent ${args.percent}`
    const { how, ...rest } = await this.ask(command, args.limitMs)
    if (how === 'held') throw new Error('vram-hold answered a fill as if it were a look')
    return { ...rest, end: how }
  }

  async read(): Promise<VramFacts> {
    const { heldBytes, freeBytes, totalBytes } = await this.ask('read', READ_LIMIT_MS)
    return { heldBytes, freeBytes, totalBytes }
  }

  private async ask(command: string, limitMs: number): Promise<Answer> {
    if (this.session === null) throw new Error('this helper holds no GPU memory')
    const answer = parseAnswer(await this.session.ask(command, limitMs))
    this.heldBytes = answer.heldBytes
    return answer
  }

  /** The program's end is what frees all of it. That it does so before is only for the figures. */
  private async end(): Promise<string[]> {
    const { session, heldBytes } = this
    if (session === null) return []
    let free = ''
    if (heldBytes > 0 && session.isIdle) {
      const answer = await this.ask('free', FREE_LIMIT_MS).catch(() => null)
      if (answer !== null) free = `, ${answer.freeBytes} bytes are free again`
    }
    await session.end()
    this.session = null
    this.heldBytes = 0
    return heldBytes === 0 ? [] : [`${heldBytes} bytes of ${session.gpu}${free}`]
  }
}
