import { ChaosError, describeError, isChaosError } from '../core/errors.ts'
import { waitUntil } from '../core/wait.ts'
import type { Fault, FaultContext } from '../core/ports.ts'
import type { PacketLossSpec } from '../core/toxics.ts'
import { sendBurst } from './effects/access.ts'
import { answered } from './effects/samples.ts'
import { combineLinks } from './evidence.ts'
import type { LinkJudgement } from './evidence.ts'
import { helperLeftovers, stopHelpers } from './helpers.ts'
import { endsOf, helperAt, legAccess, namespaceHelpers, planLegs, startEnds, targetNames } from './legs.ts'
import type { LegPlan } from './legs.ts'
import { touchedServices, touchesEverything } from './links.ts'
import { FEWEST_PACKETS, judgeLoss, WANTED_PACKETS } from './loss-judgement.ts'
import type { EndLoss, ProbeCount } from './loss-judgement.ts'
import type { NameSequence } from './names.ts'

export type PacketLossPlan = {
  readonly percent: number
  readonly legs: readonly LegPlan[]
  readonly services: readonly string[]
  readonly everything: boolean
}

interface Baseline {
  readonly probes: ProbeCount
  readonly retransmits: ReadonlyMap<string, number>
}

const BASELINE_BURST = { count: 10, intervalMs: 20, timeoutMs: 2_000 }
/** New connections, as each brings some ten packets even when most of them are lost. */
const WAVE = { count: 30, intervalMs: 15, timeoutMs: 2_500 }
const WAVES_AT_ONCE = 3
/** The counters may be waited for a little longer than the window: the fault stays on for it. */
const GRACE_MS = 2_000

/** Packets lost by the kernel where they arrive, in both directions of one leg. */
export function packetLossFault(names: NameSequence): Fault<PacketLossSpec, PacketLossPlan> {
  const baselines = new Map<string, Baseline>()
  const mechanisms = new Map<string, string>()
  return {
    kind: 'packet_loss',
    async plan(spec, ctx) {
      const { links, legs } = await planLegs(spec, 'packet_loss', ctx, names)
      const services = touchedServices(links, ctx.stack.descriptor)
      return { percent: spec.percent, legs, services, everything: touchesEverything(services, ctx.stack.descriptor) }
    },
    async prepare(plan, ctx) {
      await startEnds(plan.legs, ctx)
      for (const leg of plan.legs) baselines.set(keyOf(leg), await takeBaseline(leg, ctx))
    },
    async inject(plan, ctx) {
      await Promise.all(
        plan.legs.map(async (leg) => {
          const replies = await Promise.all(
            leg.ends.map((end) =>
              helperAt(end, ctx).call('loss.install', { port: leg.port, side: end.side, percent: plan.percent }, ctx.signal),
            ),
          )
          mechanisms.set(keyOf(leg), [...new Set(replies.map((reply) => reply.mechanism))].join(', '))
        }),
      )
    },
    async effect(plan, ctx) {
      const judged = await Promise.all(plan.legs.map((leg) => judgeLeg(plan.percent, leg, baselines.get(keyOf(leg)), ctx)))
      const mechanism = [...new Set(plan.legs.flatMap((leg) => mechanisms.get(keyOf(leg)) ?? []))].join(', ')
      return combineLinks(mechanism === '' ? 'nothing was installed' : mechanism, judged)
    },
    async revert(plan, ctx) {
      for (const leg of plan.legs) [baselines, mechanisms].forEach((map) => map.delete(keyOf(leg)))
      await stopHelpers(namespaceHelpers(plan.legs), ctx)
    },
    leftovers: (plan, ctx) => helperLeftovers(namespaceHelpers(plan.legs), ctx),
    describe: (plan) => ({
      targets: targetNames(plan.legs),
      services: plan.services,
      mechanism: `${String(plan.percent)} % of the packets dropped by the kernel at both ends`,
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

function keyOf(leg: LegPlan): string {
  return leg.ends.map((end) => end.helper).join()
}

async function takeBaseline(leg: LegPlan, ctx: FaultContext): Promise<Baseline> {
  const access = legAccess(leg, ctx)
  const bursts = await Promise.all(
    endsOf([leg], 'client').map((end) => sendBurst(helperAt(end, ctx), access, BASELINE_BURST, ctx.signal)),
  )
  const samples = bursts.flat()
  return { probes: { sent: samples.length, answered: answered(samples) }, retransmits: await readRetransmits(leg, ctx) }
}

async function readRetransmits(leg: LegPlan, ctx: FaultContext): Promise<Map<string, number>> {
  const read = leg.ends.map(
    async (end) => [end.helper, (await helperAt(end, ctx).call('tcp.read', {}, ctx.signal)).retransmits] as const,
  )
  return new Map(await Promise.all(read))
}

async function judgeLeg(
  percent: number,
  leg: LegPlan,
  baseline: Baseline | undefined,
  ctx: FaultContext,
): Promise<LinkJudgement> {
  if (!baseline) throw new ChaosError('INTERNAL', 'the effect of a packet loss was asked for before its baseline was taken')
  const traffic = startTraffic(leg, ctx)
  try {
    const counted = await countPackets(leg, ctx)
    if (typeof counted === 'string') return { link: leg.link, headline: 'not measured', measures: {}, reasons: [counted] }
    const after = await readRetransmits(leg, ctx)
    const ends: EndLoss[] = leg.ends.map((end, index) => ({
      side: end.side,
      packets: counted[index]?.packets ?? 0,
      dropped: counted[index]?.dropped ?? 0,
      baselineRetransmits: baseline.retransmits.get(end.helper) ?? 0,
      retransmits: (after.get(end.helper) ?? 0) - (baseline.retransmits.get(end.helper) ?? 0),
    }))
    return { link: leg.link, ...judgeLoss(percent, ends, baseline.probes) }
  } finally {
    await traffic.stop()
  }
}

/** Waits for enough packets to measure; what was counted by then decides. A text says why nothing could be counted. */
async function countPackets(leg: LegPlan, ctx: FaultContext): Promise<{ packets: number; dropped: number }[] | string> {
  const read = (signal: AbortSignal): Promise<{ packets: number; dropped: number }[]> =>
    Promise.all(leg.ends.map((end) => helperAt(end, ctx).call('loss.read', {}, signal)))
  try {
    await read(ctx.signal)
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return `the packet counters could not be read: ${describeError(error, 300)}`
  }
  const { startedMs, plannedMs } = ctx.window()
  const endMs = startedMs + plannedMs
  const enough = (ends: readonly { packets: number }[]): boolean => {
    const packets = ends.reduce((sum, end) => sum + end.packets, 0)
    return packets >= WANTED_PACKETS || (packets >= FEWEST_PACKETS && ctx.clock.nowMs() >= endMs)
  }
  const limitMs = Math.max(1_000, endMs + GRACE_MS - ctx.clock.nowMs())
  const options = { everyMs: 150, attemptMs: 2_000, limitMs, signal: ctx.signal, clock: ctx.clock }
  try {
    return await waitUntil(`${String(FEWEST_PACKETS)} packets on ${leg.link}`, read, enough, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    return await read(ctx.signal)
  }
}

/** Keeps our own connections coming over the leg until stopped; waves overlap, as under loss each takes seconds. */
function startTraffic(leg: LegPlan, ctx: FaultContext): { stop: () => Promise<void> } {
  const access = legAccess(leg, ctx)
  const stopping = new AbortController()
  const signal = AbortSignal.any([stopping.signal, ctx.signal])
  const lane = async (helper: ReturnType<typeof helperAt>): Promise<void> => {
    while (!signal.aborted) await sendBurst(helper, access, WAVE, signal)
  }
  const lanes = endsOf([leg], 'client').flatMap((end) => Array.from({ length: WAVES_AT_ONCE }, () => lane(helperAt(end, ctx))))
  const done = Promise.allSettled(lanes)
  return {
    stop: async () => {
      stopping.abort()
      const failed = (await done).find((result) => result.status === 'rejected' && !isChaosError(result.reason, 'ABORTED'))
      if (failed)
        ctx.log.log(
          'warn',
          `our own traffic over ${leg.link} stopped: ${describeError((failed as PromiseRejectedResult).reason, 300)}`,
        )
    },
  }
}
