import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { ResetCounters } from '../../toolbox/operations/network/resets.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import { endsOf, legAccess, namespaceHelpers, startEnds, targetNames, type LegEnd } from '../shared/links/legs.ts'
import { helperLeftovers, stopHelpers } from '../shared/links/namespace-helpers.ts'
import { countedInWindow } from '../shared/seen-in-window.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { judgeResets } from './judge.ts'
import { connectionResetsPlan, resolveResets, type ResetsLeg } from './plan.ts'
import { startTrickle } from './trickle.ts'

/** A leg, and how many resets its other end had seen before the fault. */
interface MeasuredLeg {
  readonly leg: ResetsLeg
  readonly before: number
}

/** Established connections of one leg reset at seeded moments in every third of the window. */
export const connectionResets = defineFault({
  kind: 'connection_resets',
  record: undoRecord(connectionResetsPlan),
  resolve: resolveResets,
  async arm(plan, ctx) {
    await startEnds(plan.legs, ctx)
    const measured: MeasuredLeg[] = []
    for (const leg of plan.legs) measured.push({ leg, before: await peerResets(leg, ctx) })
    return { measured, mechanism: 'nothing was armed' }
  },
  async inject({ legs }, ctx, armed) {
    const mechanisms = await Promise.all(
      legs.flatMap((leg) => endsOf([leg], leg.resetSide).map((end) => armResets(leg, end, ctx))),
    )
    armed.mechanism = [...new Set(mechanisms)].join(', ')
  },
  async effect({ windowMs }, ctx, { measured, mechanism }) {
    return combinePlaces(mechanism, await Promise.all(measured.map((leg) => judgeLeg(windowMs, leg, ctx))))
  },
  revert: (plan, ctx) => stopHelpers(namespaceHelpers(plan.legs), ctx),
  leftovers: (plan, ctx) => helperLeftovers(namespaceHelpers(plan.legs), ctx),
  describe: (plan) => ({
    targets: targetNames(plan.legs),
    services: plan.services,
    links: plan.legs.map(({ link }) => link),
    mechanism: `established connections reset by the kernel at ${plan.legs[0]?.momentsMs.length ?? 0} seeded moments`,
  }),
})

/** @returns how the kernel does it. */
async function armResets({ port, momentsMs }: ResetsLeg, end: LegEnd, ctx: FaultContext): Promise<string> {
  const args = { port, side: end.side, momentsMs: [...momentsMs] }
  const { mechanism } = await ctx.toolbox.get(end.helper).call('resets.arm', args, ctx.signal)
  return mechanism
}

async function peerResets(leg: ResetsLeg, ctx: FaultContext): Promise<number> {
  const peers = endsOf([leg], leg.resetSide === 'client' ? 'server' : 'client')
  const counts = await Promise.all(
    peers.map(async (end) => (await ctx.toolbox.get(end.helper).call('tcp.read', {}, ctx.signal)).estabResets),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

async function judgeLeg(windowMs: number, { leg, before }: MeasuredLeg, ctx: FaultContext): Promise<PlaceJudgement> {
  const access = legAccess(leg, ctx)
  const trickles = endsOf([leg], 'client').map((end) => startTrickle(ctx.toolbox.get(end.helper), access, ctx))
  let counted: ResetCounters | string
  let cut = 0
  try {
    counted = await countResets(leg, ctx)
  } finally {
    for (const stopped of await Promise.all(trickles.map((trickle) => trickle.stop()))) cut += stopped.cut
  }
  if (typeof counted === 'string') return { place: leg.link, headline: 'not measured', measures: {}, reasons: [counted] }
  const seen = {
    windowMs,
    plannedMoments: leg.momentsMs.length,
    counters: counted,
    peerBaselineResets: before,
    peerEstabResets: (await peerResets(leg, ctx)) - before,
  }
  const judgement = judgeResets(seen)
  return { place: leg.link, ...judgement, measures: { ...judgement.measures, ownConnectionsCutCount: cut } }
}

/** Waits until the last moment has passed. A text says why nothing could be counted. */
async function countResets(leg: ResetsLeg, ctx: FaultContext): Promise<ResetCounters | string> {
  const read = async (signal: AbortSignal): Promise<ResetCounters> =>
    addUp(
      await Promise.all(endsOf([leg], leg.resetSide).map((end) => ctx.toolbox.get(end.helper).call('resets.read', {}, signal))),
    )
  const all = ({ moments }: ResetCounters): boolean => moments >= leg.momentsMs.length
  return await countedInWindow('reset', `the last reset on ${leg.link}`, read, all, ctx, { everyMs: 100, attemptMs: 2_000 })
}

/** Several containers at the resetting end: each has the same moments. */
function addUp(all: readonly ResetCounters[]): ResetCounters {
  const sum = (of: (counters: ResetCounters) => number): number => all.reduce((total, counters) => total + of(counters), 0)
  return {
    moments: Math.min(...all.map((counters) => counters.moments)),
    resets: sum((counters) => counters.resets),
    outRsts: sum((counters) => counters.outRsts),
    estabResets: sum((counters) => counters.estabResets),
    history: all.flatMap((counters) => counters.history),
  }
}
