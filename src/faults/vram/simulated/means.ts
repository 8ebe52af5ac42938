/**
 * GPU memory used up where there is no GPU: ordinary requests that take long hold what the service declares to have. What
 * it proves is how the services account for that memory, not what a device does.
 */
import { msBetween } from '../../../core/time/moment.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { waitAtMost } from '../../../core/time/wait.ts'
import { combinePlaces, type Judgement } from '../../shared/evidence.ts'
import { networkHelper } from '../../shared/links/network-helpers.ts'
import { startUpkeep, untilWindowEnds } from '../../shared/containers/upkeep.ts'
import { tellHits, type ArmedVram } from '../means.ts'
import { judgeSimulatedVram } from './judge.ts'
import { MemoryReader } from './metrics.ts'
import { simulatedMechanism, specOf, type SimulatedVramPlan } from './plan.ts'
import { addAnswers, look, step, STEP_LIMIT_MS, type Filling } from './requests.ts'

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const STEP_EVERY_MS = 20
/** No divisor or multiple of how often requests usually come: a look must not always meet the same moment between two of them. */
const TOP_UP_EVERY_MS = 170
/**
 * The memory counts as taken when so many looks in a row, at random moments, found nothing to add: what one of the stack's
 * own short requests holds at a single look would be free a moment later, and then always be the next one's.
 */
const CALM_LOOKS = 8
const MOST_PAUSE_MS = 90

export async function armSimulatedVram(plan: SimulatedVramPlan, armCtx: FaultContext): Promise<ArmedVram> {
  await armCtx.toolbox.start(networkHelper(plan.helper, armCtx), armCtx.signal)
  const filling = await beforeFilling(armCtx)
  return {
    inject: (ctx) => fillUp(plan, filling, ctx),
    effect: async (ctx) =>
      combinePlaces(simulatedMechanism(plan), [{ place: plan.target, ...(await judge(plan, filling, ctx)) }]),
    release: async () => filling.upkeep?.stop(),
    holderPid: () => null,
  }
}

async function beforeFilling(ctx: FaultContext): Promise<Filling> {
  const spec = specOf(ctx)
  const memory = new MemoryReader(spec, ctx)
  const baseline = { ...(await memory.read(ctx.signal)), inFlight: 0 }
  const { service, port } = ctx.stack.descriptor.entry
  return {
    ...{ spec, memory, entry: { host: service, port }, baseline, waves: [], givenUp: new Set(), readings: [] },
    ...{ answered: {}, usedBytes: 0, sent: 0, begun: false, fromMs: ctx.clock.nowMs(), upkeep: null },
  }
}

async function fillUp(plan: SimulatedVramPlan, filling: Filling, ctx: FaultContext): Promise<void> {
  await tellHits(plan.target, ctx)
  filling.begun = true
  const { clock, signal } = ctx
  const options = { everyMs: STEP_EVERY_MS, attemptMs: STEP_LIMIT_MS, limitMs: FILL_LIMIT_MS, signal, clock }
  const what = `${plan.percent} % of the GPU memory of ${plan.target} taken`
  let calmLooks = 0
  const fillOn = async (inner: AbortSignal): Promise<number> => {
    const sentMore = await step(plan, filling, await look(filling, plan, ctx, inner), ctx, inner)
    calmLooks = sentMore ? 0 : calmLooks + 1
    if (!sentMore) await clock.sleep(ctx.random.integer(0, MOST_PAUSE_MS), inner)
    return calmLooks
  }
  await waitAtMost(what, fillOn, (calm) => calm >= CALM_LOOKS, options)
  filling.fromMs = clock.nowMs()
  const upkeep = {
    what: `a look at the GPU memory of ${plan.target}`,
    everyMs: TOP_UP_EVERY_MS,
    stepLimitMs: STEP_LIMIT_MS,
    clock,
  }
  filling.upkeep = startUpkeep(upkeep, async (inner) => {
    const reading = await look(filling, plan, ctx, inner)
    filling.readings.push(reading)
    await step(plan, filling, reading, ctx, inner)
    return true
  })
}

async function judge(plan: SimulatedVramPlan, filling: Filling, ctx: FaultContext): Promise<Judgement> {
  const { upkeep } = filling
  if (upkeep !== null) await untilWindowEnds(`the GPU memory of ${plan.target} taken`, ctx, upkeep.ended)
  const problem = upkeep?.problem() ?? null
  const answered = { ...filling.answered }
  for (const wave of filling.waves) addAnswers(answered, wave)
  return judgeSimulatedVram({
    ...{ ...filling, percent: plan.percent, windowMs: ctx.windowMs, answered },
    watchedMs: msBetween(filling.fromMs, ctx.clock.nowMs()),
    problem: problem === null ? null : `it could not be kept taken: ${problem}`,
  })
}
