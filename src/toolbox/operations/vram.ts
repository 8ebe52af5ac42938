/** Memory of the GPUs that this helper was given: who uses it, and some of it held by a program of its own. */
import * as z from 'zod'
import { defineOperation } from '../../kinds/define-operation.ts'
import { parseAnswer, parseReady } from '../gpu/lines.ts'
import type { Answer, VramFacts } from '../gpu/lines.ts'
import { lookAtGpus } from '../gpu/look.ts'
import { READ_LIMIT_MS, VramSession } from '../gpu/session.ts'
import type { Helper, HelperState } from '../helper.ts'
import { bytes, containerId, fillLimitMs, none, percentOrBytes, pid } from './arguments.ts'

export type { VramFacts } from '../gpu/lines.ts'
export type { GpuFacts, GpuProcess } from '../gpu/look.ts'

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

interface Opened extends VramFacts {
  readonly mechanism: string
  readonly pid: number
}

interface Filled extends VramFacts {
  readonly end: 'full' | 'reached'
  readonly tookMs: number
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
    run: (args, helper: Helper) => helper.stateOf(VramHold).open(args),
  }),
  /** Until `percent` of the GPU's memory is in use, by whomever (100: until the driver gives no more), or by `bytes`. */
  defineOperation({
    name: 'vram.fill',
    args: fillArgs,
    limitMs: (args) => args.limitMs,
    run: (args, helper: Helper) => helper.stateOf(VramHold).fill(args),
  }),
  defineOperation({ name: 'vram.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.stateOf(VramHold).read() }),
] as const

class VramHold {
  private readonly state: HelperState
  private session: VramSession | null = null
  private heldBytes = 0

  constructor(state: HelperState) {
    this.state = state
  }

  /** @throws Error when the program ends before its context stands, with its words. */
  async open({ gpu, allow }: z.output<typeof openArgs>): Promise<Opened> {
    // Only the registering: an undo need not wait for a context, it ends whoever makes it.
    const session = await this.state.undo.install(
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

  async fill({ percent, bytes: amount, limitMs }: z.output<typeof fillArgs>): Promise<Filled> {
    const command = percent === null ? `fill bytes ${String(amount ?? 0)}` : `fill percent ${String(percent)}`
    const { how, ...rest } = await this.ask(command, limitMs)
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
      if (answer !== null) free = `, ${String(answer.freeBytes)} bytes are free again`
    }
    await session.end()
    this.session = null
    this.heldBytes = 0
    return heldBytes === 0 ? [] : [`${String(heldBytes)} bytes of ${session.gpu}${free}`]
  }
}
