/** The requests that take simulated GPU memory: how many are sent, how large, and what became of them. */
import type { Mono } from '../../../core/time/moment.ts'
import type { VramSpecOfStack } from '../../../core/descriptor.ts'
import { ChaosError } from '../../../core/errors.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { waitAtMost } from '../../../core/time/wait.ts'
import type { Endpoint } from '../../../toolbox/operations/arguments.ts'
import type { FloodFacts } from '../../../toolbox/operations/requests/flood.ts'
import { requestToSendNow } from '../../shared/access.ts'
import type { Upkeep } from '../../shared/containers/upkeep.ts'
import { bytesPerUnit, nextBatch, sumOf, type Batch } from './filling.ts'
import type { VramReading } from './judge.ts'
import type { MemoryReader } from './metrics.ts'
import { requestOf, type SimulatedVramPlan } from './plan.ts'

interface Wave {
  readonly id: string
  readonly size: number
  facts: FloodFacts
}

/** What this process knows of one filling beyond its plan. */
export interface Filling {
  readonly spec: VramSpecOfStack
  readonly memory: MemoryReader
  readonly entry: Endpoint
  readonly baseline: VramReading
  readonly waves: Wave[]
  readonly givenUp: Set<number>
  readonly readings: VramReading[]
  /** Answers on connections that are closed again, by status. */
  readonly answered: Record<string, number>
  /** What was in use at the look before. */
  usedBytes: number
  sent: number
  begun: boolean
  fromMs: Mono
  upkeep: Upkeep | null
}

/** How long one look, and what is sent after it, may take. */
export const STEP_LIMIT_MS = 6_000
const CONNECT_LIMIT_MS = 2_000
/** A request has been taken or refused by then, as far as the memory shows. */
const SETTLE_LIMIT_MS = 500
const SETTLE_EVERY_MS = 40
const GROWN_ENOUGH = 0.9
/** However often they are answered. */
const MOST_REQUESTS = 4_000

/** Sends what is missing. @returns false when there is enough, or no more would be taken. */
export async function step(
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
  const units = filling.waves.reduce((sum, { size, facts }) => sum + size * facts.inFlight, 0)
  const each = bytesPerUnit(sumOf(filling.baseline.containers).usedBytes, usedBytes, units)
  const state = { containers, percent: plan.percent, bytesPerUnit: each, largest, smallest, givenUp: filling.givenUp }
  const batch = nextBatch(state)
  if (batch === null) return false
  const wave = await send(batch, plan, filling, ctx, signal)
  await settle(wave, each, usedBytes, plan, filling, ctx, signal)
  if (wave.facts.inFlight === 0) filling.givenUp.add(batch.size)
  return true
}

/** The memory as it is told, and what of our own requests is under way. */
export async function look(
  filling: Filling,
  plan: SimulatedVramPlan,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<VramReading> {
  const [memories] = await Promise.all([filling.memory.read(signal), readWaves(filling, plan, ctx, signal)])
  return { ...memories, inFlight: filling.waves.reduce((sum, { facts }) => sum + facts.inFlight, 0) }
}

/** Reads all waves: those without a request under way are closed, and their answers kept. */
async function readWaves(filling: Filling, { helper }: SimulatedVramPlan, ctx: FaultContext, signal: AbortSignal): Promise<void> {
  const toolbox = ctx.toolbox.get(helper)
  for (const wave of [...filling.waves]) {
    wave.facts = await toolbox.call('flood.read', { id: wave.id }, signal)
    if (wave.facts.inFlight > 0) continue
    await toolbox.call('flood.close', { id: wave.id }, signal)
    filling.waves.splice(filling.waves.indexOf(wave), 1)
    addAnswers(filling.answered, wave)
  }
}

/** Adds the answers on the connections of a wave, by their status. */
export function addAnswers(answered: Record<string, number>, { facts: { statuses } }: Wave): void {
  for (const [status, count] of Object.entries(statuses)) answered[status] = (answered[status] ?? 0) + count
}

async function send(
  { size, count }: Batch,
  { helper }: SimulatedVramPlan,
  filling: Filling,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<Wave> {
  if (filling.sent + count > MOST_REQUESTS)
    throw new ChaosError('TOOLBOX_FAILED', `${filling.sent} requests were sent, and the memory is still not taken`)
  const id = `${helper}-${filling.sent}`
  filling.sent += count
  const asked = requestOf(filling.spec, ctx)
  const request = requestToSendNow({ ...asked, body: { ...asked.body, [filling.spec.sizeKey]: size } }, ctx)
  const args = { id, target: filling.entry, count, request, connectTimeoutMs: CONNECT_LIMIT_MS }
  const wave = { id, size, facts: await ctx.toolbox.get(helper).call('flood.open', args, signal) }
  filling.waves.push(wave)
  return wave
}

/** Waits until the memory shows what is under way, or all was refused, or nothing more is to be expected. */
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
  await waitAtMost('the requests to be taken', read, (settled) => settled, options)
}
