import { msBetween, type Mono } from '../../core/time/moment.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { FillFacts, VolumeFacts } from '../../toolbox/operations/resources/disk.ts'
import type { ArgumentsOf, ReplyOf } from '../../toolbox/operations/registry.ts'
import { combinePlaces } from '../shared/evidence.ts'
import { hostHelperLeftovers, stopHostHelpers, UNDO_STEP_LIMIT_MS } from '../shared/host-helpers.ts'
import { runningState } from '../shared/containers/main-process.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { orReason } from '../shared/or-reason.ts'
import { startUpkeep, untilWindowEnds, type Upkeep } from '../shared/containers/upkeep.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { freeOf, judgeDisk, mustBeFull, type DiskReading, type DiskSeen } from './judge.ts'
import { DISK_FLOOR_BYTES, diskHelper, diskPlan, resolveDisk, type DiskPlan } from './plan.ts'

/** What this process knows of one filling beyond its plan. */
interface Filling {
  readonly baseline: VolumeFacts
  filled: DiskSeen['filled']
  mechanism: string
  readonly readings: DiskReading[]
  fromMs: Mono
  upkeep: Upkeep | null
}

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const REFILL_EVERY_MS = 200
const REFILL_LIMIT_MS = 3_000
const LAST_WRITE_LIMIT_MS = 2_000
const NOT_KEPT = 'it could not be kept full'
/** A file system that gives out space by the page never has less than one to give. */
const PAGE_BYTES = 4_096

/** A bounded volume filled, and kept full while the system frees some of it. */
export const disk = defineFault({
  kind: 'disk',
  record: undoRecord(diskPlan),
  resolve: resolveDisk,
  async arm(plan, ctx): Promise<Filling> {
    const helper = await ctx.toolbox.start(diskHelper(plan.helper, plan.volume), ctx.signal)
    const baseline = await helper.call('disk.look', { path: plan.folder }, ctx.signal)
    const fromMs = ctx.clock.nowMs()
    return { baseline, filled: null, mechanism: 'nothing was written', readings: [], fromMs, upkeep: null }
  },
  inject: fillUp,
  async effect(plan, ctx, filling) {
    const seen = await watch(plan, filling, ctx)
    return combinePlaces(filling.mechanism, [{ place: `${plan.container.name}:${plan.path}`, ...judgeDisk(seen) }])
  },
  async revert(plan, ctx, filling) {
    await filling?.upkeep?.stop()
    const undone = await stopHostHelpers([plan.helper], ctx)
    if (!undone.has(plan.helper)) await withVolume(plan, 'sweep', 'disk.sweep', ctx)
  },
  async leftovers(plan, ctx) {
    const found = await hostHelperLeftovers([plan.helper], ctx)
    const files = (await withVolume(plan, 'check', 'disk.leftovers', ctx))?.found ?? []
    return [...found, ...files.map((name) => `filler file ${name} in ${plan.path} of ${plan.container.name}`)]
  },
  usualMs: () => 300,
  describe: (plan) => ({
    targets: [`${plan.container.name}:${plan.path}`],
    services: [plan.target],
    mechanism: mechanismOf(plan),
    risksData: true,
  }),
})

async function fillUp(plan: DiskPlan, ctx: FaultContext, filling: Filling): Promise<void> {
  const helper = ctx.toolbox.get(plan.helper)
  const { container } = plan
  const tellHit = await hitTeller(plan.target, ctx)
  const { pid } = await runningState(container, ctx)
  await requireDisk(plan, helper, ctx.signal)
  const reply = await helper.call('disk.fill', fillArgs(plan, FILL_LIMIT_MS), ctx.signal)
  filling.filled = reply
  filling.mechanism = reply.mechanism
  filling.fromMs = tellHit(container, pid).atMs
  const options = { what: `a look at the volume of ${container.name}`, everyMs: REFILL_EVERY_MS, clock: ctx.clock }
  filling.upkeep = startUpkeep({ ...options, stepLimitMs: REFILL_LIMIT_MS + LAST_WRITE_LIMIT_MS }, async (signal) => {
    filling.readings.push(await keepFull(plan, helper, reply.end, signal))
    return true
  })
}

function fillArgs({ folder, of, percent, bytes, limitBytes }: DiskPlan, limitMs: number): ArgumentsOf<'disk.fill'> {
  return { path: folder, of, percent, bytes, limitBytes, limitMs }
}

/** What the system has freed is taken again. */
async function keepFull(
  plan: DiskPlan,
  helper: ToolboxHelper,
  firstEnd: FillFacts['end'],
  signal: AbortSignal,
): Promise<DiskReading> {
  const volume = await helper.call('disk.look', { path: plan.folder }, signal)
  const free = freeOf(volume, plan.of)
  if (!needsMore(plan, volume, free, firstEnd)) return { free, end: null }
  await requireDisk(plan, helper, signal)
  const { end } = await helper.call('disk.fill', fillArgs(plan, REFILL_LIMIT_MS), signal)
  return { free, end }
}

function needsMore(plan: DiskPlan, volume: VolumeFacts, free: number, firstEnd: FillFacts['end']): boolean {
  if (mustBeFull(plan, firstEnd)) return free >= (plan.of === 'bytes' ? PAGE_BYTES : 1)
  if (plan.percent === null) return false
  const total = plan.of === 'bytes' ? volume.totalBytes : volume.totalInodes
  return total - free < Math.floor((total * plan.percent) / 100)
}

/** @throws HOST_GUARD when others have used up what the plan counted on. */
async function requireDisk({ onHostDisk }: DiskPlan, helper: ToolboxHelper, signal: AbortSignal): Promise<void> {
  if (!onHostDisk) return
  const { diskFreeBytes } = await helper.call('host.read', {}, signal)
  if (diskFreeBytes >= DISK_FLOOR_BYTES) return
  throw new ChaosError('HOST_GUARD', `the machine's disk has ${diskFreeBytes} bytes free, so nothing more is written`)
}

/** Until the window ends, or the filling broke off. Ends with a write of our own, which a full volume refuses. */
async function watch(plan: DiskPlan, filling: Filling, ctx: FaultContext): Promise<DiskSeen> {
  const { upkeep, filled, readings, baseline, fromMs } = filling
  if (upkeep !== null) await untilWindowEnds(`${plan.path} of ${plan.container.name} filled`, ctx, upkeep.ended)
  const watchedMs = msBetween(fromMs, ctx.clock.nowMs())
  let problem = upkeep?.problem() ?? null
  if (problem !== null) problem = `${NOT_KEPT}: ${problem}`
  let lastWrite: DiskSeen['lastWrite'] = null
  if (filled !== null && problem === null && mustBeFull(plan, filled.end)) {
    const write = await orReason(NOT_KEPT, ctx.signal, () =>
      ctx.toolbox.get(plan.helper).call('disk.fill', fillArgs(plan, LAST_WRITE_LIMIT_MS), ctx.signal),
    )
    if (typeof write === 'string') problem = write
    else lastWrite = write.end
  }
  return { goal: plan, windowMs: ctx.windowMs, baseline, filled, readings, watchedMs, lastWrite, problem }
}

/**
 * For undoing and looking without the helper that filled. null when the volume is gone: one that nobody of the run mounts
 * any more went with the stack, and asking Docker for it would make a new one.
 */
async function withVolume<O extends 'disk.sweep' | 'disk.leftovers'>(
  plan: DiskPlan,
  what: string,
  op: O,
  ctx: UndoContext,
): Promise<ReplyOf<O> | null> {
  const { type, source } = plan.volume
  const isMounted = (mount: { readonly type: string; readonly source: string }): boolean =>
    mount.type === type && mount.source === source
  if (type === 'volume' && !(await ctx.containers.all(ctx.signal)).some(({ mounts }) => mounts.some(isMounted))) return null
  const request = diskHelper(`${plan.helper}-${what}`, plan.volume)
  try {
    return await withDeadline(`a look into the volume of ${plan.container.name}`, UNDO_STEP_LIMIT_MS, ctx.signal, (signal) =>
      ctx.toolbox.once(request, op, { path: plan.folder }, signal),
    )
  } catch (error) {
    // A folder of the machine is not made anew by mounting it.
    if (type === 'bind' && describeError(error).includes('bind source path does not exist')) return null
    throw error
  }
}

function mechanismOf({ of, percent, bytes, path, limitBytes, onHostDisk }: DiskPlan): string {
  const much = percent === null ? `${String(bytes)} bytes` : `${percent} %`
  const bound = onHostDisk ? `on the machine's own disk, at most ${limitBytes} bytes` : 'on a volume of its own'
  const what = of === 'bytes' ? `zeros written to ${path}` : `inodes of ${path} used up by empty files`
  return `${what} up to ${much} and kept there while the system frees some; ${bound}`
}
