import { later } from '../../core/time/moment.ts'
import * as z from 'zod'
import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { sendBurst } from '../shared/access.ts'
import { startUpkeep, stopTraffic, type Upkeep } from '../shared/containers/upkeep.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import {
  endsOf,
  legAccess,
  legPlan,
  namespaceHelpers,
  planLegs,
  startEnds,
  targetNames,
  type LegEnd,
  type LegPlan,
} from '../shared/links/legs.ts'
import type { LinkSelection } from '../shared/links/links.ts'
import { helperLeftovers, stopHelpers } from '../shared/links/namespace-helpers.ts'
import { listOf, undoRecord } from '../shared/plan-schema.ts'
import { answered } from '../shared/samples.ts'
import { countedInWindow } from '../shared/seen-in-window.ts'
import { judgeLoss, packetsNeeded, type EndLoss, type ProbeCount } from './judge.ts'

/** The links on whose legs `percent` of the packets are lost, each way. */
export interface PacketLossSpec extends LinkSelection {
  readonly percent: number
}

const planSchema = z.strictObject({
  percent: z.number(),
  legs: listOf(legPlan),
  services: listOf(z.string()),
})

/** A leg, and how it was before the fault. */
interface MeasuredLeg {
  readonly leg: LegPlan
  readonly probes: ProbeCount
  /** By helper. */
  readonly retransmits: ReadonlyMap<string, number>
}

const BASELINE_BURST = { count: 10, intervalMs: 20, timeoutMs: 2_000 }
/** New connections, as each brings some ten packets even when most of them are lost. */
const WAVE = { count: 30, intervalMs: 15, timeoutMs: 2_500 }
const WAVES_AT_ONCE = 3
/** For more than the limits of a wave and of its reply together. */
const WAVE_LIMIT_MS = 10_000
/** The counters may be waited for a little longer than the window: the fault stays on for it. */
const GRACE_MS = 2_000

/** Packets lost by the kernel where they arrive, in both directions of one leg. */
export const packetLoss = defineFault({
  kind: 'packet_loss',
  record: undoRecord(planSchema),
  async resolve(spec: PacketLossSpec, ctx) {
    return { percent: spec.percent, ...(await planLegs(spec, 'packet_loss', ctx)) }
  },
  async arm(plan, ctx) {
    await startEnds(plan.legs, ctx)
    const measured: MeasuredLeg[] = []
    for (const leg of plan.legs) measured.push(await measureLeg(leg, ctx))
    return { measured, mechanism: 'nothing was installed' }
  },
  async inject(plan, ctx, armed) {
    const installs = plan.legs.flatMap((leg) => leg.ends.map((end) => installLoss(plan.percent, leg, end, ctx)))
    const installed = await Promise.all(installs)
    armed.mechanism = [...new Set(installed)].join(', ')
  },
  async effect(plan, ctx, { measured, mechanism }) {
    return combinePlaces(mechanism, await Promise.all(measured.map((leg) => judgeLeg(plan.percent, leg, ctx))))
  },
  revert: (plan, ctx) => stopHelpers(namespaceHelpers(plan.legs), ctx),
  leftovers: (plan, ctx) => helperLeftovers(namespaceHelpers(plan.legs), ctx),
  describe: (plan) => ({
    targets: targetNames(plan.legs),
    services: plan.services,
    links: plan.legs.map(({ link }) => link),
    mechanism: `${plan.percent} % of the packets dropped by the kernel at both ends`,
  }),
})

/** @returns how the kernel does it. */
async function installLoss(percent: number, { port }: LegPlan, end: LegEnd, ctx: FaultContext): Promise<string> {
  const args = { port, side: end.side, percent }
  return (await ctx.toolbox.get(end.helper).call('loss.install', args, ctx.signal)).mechanism
}

async function measureLeg(leg: LegPlan, ctx: FaultContext): Promise<MeasuredLeg> {
  const access = legAccess(leg, ctx)
  const bursts = await Promise.all(
    endsOf([leg], 'client').map((end) => sendBurst(ctx.toolbox.get(end.helper), access, BASELINE_BURST, ctx.signal)),
  )
  const samples = bursts.flat()
  return { leg, probes: { sent: samples.length, answered: answered(samples) }, retransmits: await readRetransmits(leg, ctx) }
}

async function readRetransmits(leg: LegPlan, ctx: FaultContext): Promise<Map<string, number>> {
  const read = leg.ends.map(
    async (end) => [end.helper, (await ctx.toolbox.get(end.helper).call('tcp.read', {}, ctx.signal)).retransmits] as const,
  )
  return new Map(await Promise.all(read))
}

async function judgeLeg(
  percent: number,
  { leg, probes, retransmits: before }: MeasuredLeg,
  ctx: FaultContext,
): Promise<PlaceJudgement> {
  const what = `our own traffic over ${leg.link}`
  const traffic = startTraffic(leg, what, ctx)
  try {
    const counted = await countPackets(percent, leg, ctx)
    if (typeof counted === 'string') return { place: leg.link, headline: 'not measured', measures: {}, reasons: [counted] }
    const after = await readRetransmits(leg, ctx)
    const ends: EndLoss[] = leg.ends.map((end, index) => ({
      side: end.side,
      packets: counted[index]?.packets ?? 0,
      dropped: counted[index]?.dropped ?? 0,
      baselineRetransmits: before.get(end.helper) ?? 0,
      retransmits: (after.get(end.helper) ?? 0) - (before.get(end.helper) ?? 0),
    }))
    return { place: leg.link, ...judgeLoss(percent, ends, probes) }
  } finally {
    await stopTraffic(traffic, what, ctx)
  }
}

/** Waits for enough packets to measure; what was counted by then decides. A text says why nothing could be counted. */
async function countPackets(
  percent: number,
  leg: LegPlan,
  ctx: FaultContext,
): Promise<{ packets: number; dropped: number }[] | string> {
  const read = (signal: AbortSignal): Promise<{ packets: number; dropped: number }[]> =>
    Promise.all(leg.ends.map((end) => ctx.toolbox.get(end.helper).call('loss.read', {}, signal)))
  const { fewest, wanted } = packetsNeeded(percent)
  const { startedMs, plannedMs } = ctx.window()
  const endMs = later(startedMs, plannedMs)
  const enough = (ends: readonly { packets: number }[]): boolean => {
    const packets = ends.reduce((sum, end) => sum + end.packets, 0)
    return packets >= wanted || (packets >= fewest && ctx.clock.nowMs() >= endMs)
  }
  const pace = { everyMs: 150, attemptMs: 2_000, graceMs: GRACE_MS }
  return await countedInWindow('packet', `${fewest} packets on ${leg.link}`, read, enough, ctx, pace)
}

/** Keeps our own connections coming over the leg until stopped; waves overlap, as under loss each takes seconds. */
function startTraffic(leg: LegPlan, what: string, ctx: FaultContext): Upkeep[] {
  const access = legAccess(leg, ctx)
  const options = { what, everyMs: 0, stepLimitMs: WAVE_LIMIT_MS, clock: ctx.clock }
  const lane = (helper: ToolboxHelper): Upkeep =>
    startUpkeep(options, async (signal) => {
      await sendBurst(helper, access, WAVE, signal)
      return true
    })
  return endsOf([leg], 'client').flatMap((end) => Array.from({ length: WAVES_AT_ONCE }, () => lane(ctx.toolbox.get(end.helper))))
}
