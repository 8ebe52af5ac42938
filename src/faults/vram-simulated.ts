/**
 * GPU memory used up where there is no GPU: ordinary requests that take long hold what the service declares to have. What
 * it proves is how the services account for that memory, not what a device does.
 */
import type { RequestSpec, VramSpecOfStack } from '../core/descriptor.ts'
import { ChaosError, isChaosError } from '../core/errors.ts'
import type { VramSpec } from '../core/faults.ts'
import type { Fault, FaultContext, UndoContext } from '../core/ports.ts'
import type { Endpoint, FloodFacts, ToolboxOperations } from '../core/toolbox.ts'
import { fillRecord } from '../core/variables.ts'
import { waitUntil } from '../core/wait.ts'
import { combineLinks } from './evidence.ts'
import { hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { touchesEverything } from './links.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { networkHelper } from './network-helpers.ts'
import { runningTargets } from './targets.ts'
import { startUpkeep, untilWindowEnds } from './upkeep.ts'
import type { Upkeep } from './upkeep.ts'
import { bytesPerUnit, nextBatch, sumOf } from './vram-filling.ts'
import type { Batch } from './vram-filling.ts'
import { tellHits } from './vram-hits.ts'
import { judgeVram } from './vram-judgement.ts'
import type { VramReading } from './vram-judgement.ts'
import { MemoryReader } from './vram-metrics.ts'

export type SimulatedVramPlan = {
  readonly means: 'simulated'
  readonly target: string
  readonly percent: number
  /** Names of the containers, for people. */
  readonly containers: readonly string[]
  /** On the stack's network: sends the requests, which end with it. */
  readonly helper: string
  /** Why no GPU is involved. */
  readonly noGpu: string
  readonly everything: boolean
}

type Args = ToolboxOperations['flood.open']['args']

interface Wave {
  readonly id: string
  readonly size: number
  facts: FloodFacts
}

/** What this process knows of one filling beyond its plan. */
interface Filling {
  readonly spec: VramSpecOfStack
  readonly memory: MemoryReader
  readonly entry: Endpoint
  readonly baseline: VramReading
  readonly waves: Wave[]
  readonly givenUp: Set<number>
  readonly readings: VramReading[]
  /** Answers on connections that are closed again, by status. */
  readonly answered: Record<string, number>
  /** At the look before. */
  usedBytes: number
  sent: number
  begun: boolean
  fromMs: number
  upkeep: Upkeep | null
}

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const STEP_LIMIT_MS = 6_000
const STEP_EVERY_MS = 20
/** No divisor or multiple of how often requests usually come: a look must not always meet the same moment between two of them. */
const TOP_UP_EVERY_MS = 170
/**
 * The memory counts as taken when so many looks in a row, at random moments, found nothing to add: what one of the stack's
 * own short requests holds at a single look would be free a moment later, and then always be the next one's.
 */
const CALM_LOOKS = 8
const MOST_PAUSE_MS = 90
const CONNECT_LIMIT_MS = 2_000
/** A request has been taken or refused by then, as far as the memory shows. */
const SETTLE_LIMIT_MS = 500
const SETTLE_EVERY_MS = 40
const GROWN_ENOUGH = 0.9
/** However often they are answered. */
const MOST_REQUESTS = 4_000

export interface SimulatedVram extends Omit<Fault<VramSpec, SimulatedVramPlan>, 'kind' | 'plan'> {
  /** `noGpu` is why it comes to this. */
  plan(spec: VramSpec, noGpu: string, ctx: FaultContext): Promise<SimulatedVramPlan>
}

export function simulatedVram(names: NameSequence): SimulatedVram {
  const fillings = new Map<string, Filling>()
  return {
    async plan({ target, percent }, noGpu, ctx) {
      requestOf(specOf(ctx), ctx)
      const running = await runningTargets(target, ctx)
      return {
        ...{ means: 'simulated', target, percent, containers: running.map(({ name }) => name) },
        ...{ helper: helperName(ctx, 'vram', names.next(ctx)), noGpu },
        everything: touchesEverything([target], ctx.stack.descriptor),
      }
    },
    async prepare(plan, ctx) {
      await ctx.toolbox.start(networkHelper(plan.helper, ctx), ctx.signal)
      const spec = specOf(ctx)
      const memory = new MemoryReader(spec, ctx)
      const baseline = { ...(await memory.read(ctx.signal)), inFlight: 0 }
      const { service, port } = ctx.stack.descriptor.entry
      fillings.set(plan.helper, {
        ...{ spec, memory, entry: { host: service, port }, baseline, waves: [], givenUp: new Set(), readings: [] },
        ...{ answered: {}, usedBytes: 0, sent: 0, begun: false, fromMs: 0, upkeep: null },
      })
    },
    async inject(plan, ctx) {
      const filling = fillings.get(plan.helper)
      if (filling === undefined) throw new ChaosError('INTERNAL', 'memory was to be taken before its baseline was')
      await fillUp(plan, filling, ctx)
    },
    async effect(plan, ctx) {
      const filling = fillings.get(plan.helper)
      if (filling === undefined)
        throw new ChaosError('INTERNAL', 'the effect on GPU memory was asked for before its baseline was taken')
      return combineLinks(mechanismOf(plan), [{ link: plan.target, ...(await judge(plan, filling, ctx)) }])
    },
    async revert(plan, ctx: UndoContext) {
      await fillings.get(plan.helper)?.upkeep?.stop()
      // The requests go with their helper.
      await stopHostHelpers([plan.helper], ctx)
    },
    leftovers: (plan, ctx) => hostHelperLeftovers([plan.helper], ctx),
    describe: (plan) => ({
      targets: plan.containers,
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

function specOf({ stack: { descriptor } }: FaultContext): VramSpecOfStack {
  if (descriptor.vram !== null) return descriptor.vram
  throw new ChaosError('INTERNAL', 'GPU memory was to be simulated for a stack that does not say how')
}

/** @throws BAD_INPUT unless its body has a number at the size key. */
function requestOf({ request: name, sizeKey }: VramSpecOfStack, { stack: { descriptor } }: FaultContext): RequestSpec {
  const request = Object.hasOwn(descriptor.requests, name) ? descriptor.requests[name] : undefined
  const body = request?.body
  if (request !== undefined && typeof body === 'object' && body !== null && !Array.isArray(body)) {
    if (typeof (body as Record<string, unknown>)[sizeKey] === 'number') return request
  }
  throw new ChaosError(
    'BAD_INPUT',
    `the request '${name}' has no body with a number under '${sizeKey}', whose size could be chosen`,
    {
      hint: `Check vram.request and vram.size_key in ${descriptor.file}.`,
    },
  )
}

async function fillUp(plan: SimulatedVramPlan, filling: Filling, ctx: FaultContext): Promise<void> {
  await tellHits(plan.target, ctx)
  filling.begun = true
  const { clock, signal } = ctx
  const options = { everyMs: STEP_EVERY_MS, attemptMs: STEP_LIMIT_MS, limitMs: FILL_LIMIT_MS, signal, clock }
  try {
    const what = `${String(plan.percent)} % of the GPU memory of ${plan.target} taken`
    let calmLooks = 0
    const fillOn = async (inner: AbortSignal): Promise<number> => {
      const sentMore = await step(plan, filling, await look(filling, plan, ctx, inner), ctx, inner)
      calmLooks = sentMore ? 0 : calmLooks + 1
      if (!sentMore) await clock.sleep(ctx.random.integer(0, MOST_PAUSE_MS), inner)
      return calmLooks
    }
    await waitUntil(what, fillOn, (calm) => calm >= CALM_LOOKS, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
  }
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

/** Sends what is missing. @returns false when there is enough, or no more would be taken. */
async function step(
  plan: SimulatedVramPlan,
  filling: Filling,
  { containers }: VramReading,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { largest, smallest } = filling.spec
  const { usedBytes } = sumOf(containers)
  // What was refused when it was full may fit by now.
  if (usedBytes < filling.usedBytes) filling.givenUp.clear()
  filling.usedBytes = usedBytes
  const each = bytesPerUnit(sumOf(filling.baseline.containers).usedBytes, usedBytes, unitsUnderWay(filling))
  const state = { containers, percent: plan.percent, bytesPerUnit: each, largest, smallest, givenUp: filling.givenUp }
  const batch = nextBatch(state)
  if (batch === null) return false
  const wave = await send(batch, plan, filling, ctx, signal)
  await settle(wave, each, usedBytes, plan, filling, ctx, signal)
  if (wave.facts.inFlight === 0) filling.givenUp.add(batch.size)
  return true
}

/** The memory as it is told, and what of our own requests is under way. */
async function look(filling: Filling, plan: SimulatedVramPlan, ctx: FaultContext, signal: AbortSignal): Promise<VramReading> {
  const [memories] = await Promise.all([filling.memory.read(signal), readWaves(filling, plan, ctx, signal)])
  return { ...memories, inFlight: filling.waves.reduce((sum, { facts }) => sum + facts.inFlight, 0) }
}

/** Those without a request under way are closed, and their answers kept. */
async function readWaves(filling: Filling, { helper }: SimulatedVramPlan, ctx: FaultContext, signal: AbortSignal): Promise<void> {
  const toolbox = ctx.toolbox.get(helper)
  for (const wave of [...filling.waves]) {
    wave.facts = await toolbox.call('flood.read', { id: wave.id }, signal)
    if (wave.facts.inFlight > 0) continue
    await toolbox.call('flood.close', { id: wave.id }, signal)
    filling.waves.splice(filling.waves.indexOf(wave), 1)
    for (const [status, count] of Object.entries(wave.facts.statuses))
      filling.answered[status] = (filling.answered[status] ?? 0) + count
  }
}

function unitsUnderWay({ waves }: Filling): number {
  return waves.reduce((sum, { size, facts }) => sum + size * facts.inFlight, 0)
}

async function send(
  { size, count }: Batch,
  { helper }: SimulatedVramPlan,
  filling: Filling,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<Wave> {
  if (filling.sent + count > MOST_REQUESTS)
    throw new ChaosError('TOOLBOX_FAILED', `${String(filling.sent)} requests were sent, and the memory is still not taken`)
  const id = `${helper}-${String(filling.sent)}`
  filling.sent += count
  const args: Args = {
    id,
    target: filling.entry,
    count,
    request: sized(filling.spec, size, ctx),
    connectTimeoutMs: CONNECT_LIMIT_MS,
  }
  const wave = { id, size, facts: await ctx.toolbox.get(helper).call('flood.open', args, signal) }
  filling.waves.push(wave)
  return wave
}

function sized(spec: VramSpecOfStack, size: number, ctx: FaultContext): NonNullable<Args['request']> {
  const { method, path, headers, body } = requestOf(spec, ctx)
  const sizedBody = JSON.stringify({ ...(body as Record<string, unknown>), [spec.sizeKey]: size })
  return { method, path, headers: fillRecord(headers, ctx.stack.variables), body: sizedBody }
}

/** Until the memory shows what is under way, or all was refused, or nothing more is to be expected. */
async function settle(
  wave: Wave,
  each: number | null,
  usedBefore: number,
  plan: SimulatedVramPlan,
  filling: Filling,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<void> {
  const helper = ctx.toolbox.get(plan.helper)
  const read = async (inner: AbortSignal): Promise<boolean> => {
    const [facts, { containers }] = await Promise.all([
      helper.call('flood.read', { id: wave.id }, inner),
      filling.memory.read(inner),
    ])
    wave.facts = facts
    // Without a measure of its own the first request has all of the time.
    const expected = each === null ? Infinity : wave.size * facts.inFlight * each * GROWN_ENOUGH
    return facts.inFlight === 0 || sumOf(containers).usedBytes - usedBefore >= expected
  }
  const options = { everyMs: SETTLE_EVERY_MS, attemptMs: STEP_LIMIT_MS, limitMs: SETTLE_LIMIT_MS, signal, clock: ctx.clock }
  try {
    await waitUntil('the requests to be taken', read, (settled) => settled, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
  }
}

async function judge(plan: SimulatedVramPlan, filling: Filling, ctx: FaultContext): Promise<ReturnType<typeof judgeVram>> {
  const { upkeep, baseline, begun, readings, sent } = filling
  if (upkeep !== null) await untilWindowEnds(`the GPU memory of ${plan.target} taken`, ctx, upkeep.ended)
  const problem = upkeep?.problem() ?? null
  const answered = { ...filling.answered }
  for (const { facts } of filling.waves)
    for (const [status, count] of Object.entries(facts.statuses)) answered[status] = (answered[status] ?? 0) + count
  return judgeVram({
    ...{ percent: plan.percent, windowMs: ctx.windowMs, baseline, begun, readings: [...readings], sent, answered },
    watchedMs: ctx.clock.nowMs() - filling.fromMs,
    problem: problem === null ? null : `it could not be kept taken: ${problem}`,
  })
}

function mechanismOf({ percent, target, noGpu }: SimulatedVramPlan): string {
  return `simulated: ordinary long requests hold ${String(percent)} % of the GPU memory that ${target} declares, by its own metrics; no GPU is involved: ${noGpu}`
}
