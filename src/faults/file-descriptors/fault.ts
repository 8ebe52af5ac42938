import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import { combinePlaces } from '../shared/evidence.ts'
import { hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { runningState } from '../shared/containers/main-process.ts'
import { addressOf, networkHelper } from '../shared/links/network-helpers.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { fill, openWitnesses, type Exhaustion } from './filling.ts'
import { judgeDescriptors } from './judge.ts'
import {
  descriptorsPlan,
  isLowered,
  limitHelper,
  lookAgain,
  resolveDescriptors,
  restoreLimit,
  type FileDescriptorsPlan,
} from './plan.ts'
import { probeBefore, startUpkeeps, watch } from './watching.ts'

/** File descriptors of a process used up: its limit lowered, and what is left held by connections. */
export const fileDescriptors = defineFault({
  kind: 'file_descriptors',
  record: undoRecord(descriptorsPlan),
  resolve: resolveDescriptors,
  arm: prepareTarget,
  inject: useUp,
  async effect(plan, ctx, exhaustion) {
    const seen = await watch(plan, exhaustion, ctx)
    return combinePlaces(mechanismOf(plan), [{ place: plan.container.name, ...judgeDescriptors(seen) }])
  },
  async revert(plan, ctx, exhaustion) {
    await Promise.all((exhaustion?.upkeeps ?? []).map((upkeep) => upkeep.stop()))
    // The connections go with their helper.
    const undone = await stopHostHelpers([plan.holder, plan.helper], ctx)
    if (!undone.has(plan.helper)) await restoreLimit(plan, ctx)
  },
  async leftovers(plan, ctx) {
    const found = await hostHelperLeftovers([plan.holder, plan.helper], ctx)
    const facts = await lookAgain(plan, ctx)
    const isLeft = facts !== null && isLowered(plan, facts)
    return isLeft ? [...found, `limit of ${String(facts.descriptors?.softLimit)} descriptors of ${plan.container.name}`] : found
  },
  usualMs: () => 1_700,
  describe: (plan) => ({ targets: [plan.container.name], services: [plan.target], mechanism: mechanismOf(plan) }),
})

async function prepareTarget(plan: FileDescriptorsPlan, ctx: FaultContext): Promise<Exhaustion> {
  const { helper, holder, page, process, container } = plan
  const [, holding] = await Promise.all([
    ctx.toolbox.start(limitHelper(helper, process.user), ctx.signal),
    ctx.toolbox.start(networkHelper(holder, ctx), ctx.signal),
  ])
  const address = { host: addressOf(await runningState(container, ctx), ctx), port: page.port }
  const before = await probeBefore(plan, address, holding, ctx.signal)
  return {
    ...{ address, before, lowered: null, readings: [], probes: [], floods: [], opened: 0 },
    ...{ old: null, witnesses: 0, reached: 0, fromMs: ctx.clock.nowMs(), targetEnded: false, upkeeps: [] },
  }
}

async function useUp(plan: FileDescriptorsPlan, ctx: FaultContext, exhaustion: Exhaustion): Promise<void> {
  const { container, process, headroom } = plan
  const helper = ctx.toolbox.get(plan.helper)
  const tellHit = await hitTeller(plan.target, ctx)
  const { pid } = await runningState(container, ctx)
  if (pid !== process.pid)
    throw new ChaosError('TARGET_NOT_FOUND', `${container.name} was restarted before its limit could be lowered`)
  const { facts, previousSoft } = await helper.call('nofile.lower', { pid, containerId: container.id, headroom }, ctx.signal)
  exhaustion.lowered = { limit: facts.softLimit, previousSoft, openBefore: facts.open }
  exhaustion.fromMs = tellHit(container, pid).atMs
  await openWitnesses(plan, exhaustion, ctx)
  await fill(plan, exhaustion, facts.softLimit, ctx)
  exhaustion.upkeeps = startUpkeeps(plan, exhaustion, facts.softLimit, ctx)
}

function mechanismOf({ headroom, container, page }: FileDescriptorsPlan): string {
  const limit = `soft limit of open files of ${container.name} lowered by prlimit to its highest descriptor + ${headroom}`
  return `${limit}, and what is left held by connections to its port ${page.port}; its hard limit is untouched`
}
