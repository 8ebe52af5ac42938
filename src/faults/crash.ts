import { describeError } from '../core/errors.ts'
import type { CrashSpec } from '../core/faults.ts'
import type { Evidence } from '../core/model.ts'
import type { ContainerEvent, ContainerState, Fault, FaultContext, PoolMember, UndoContext } from '../core/ports.ts'
import { deathOf, judgeCrash } from './crash-judgement.ts'
import type { SentSignal } from './crash-judgement.ts'
import { planCrash } from './crash-plan.ts'
import type { CrashPlan } from './crash-plan.ts'
import { busyVictims, chosenVictims, registeringVictim } from './crash-victims.ts'
import type { Victim } from './crash-victims.ts'
import { combineLinks } from './evidence.ts'
import type { Measures } from './evidence.ts'
import { findExtras, removeExtras } from './extra-containers.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import type { NameSequence } from './names.ts'
import { requirePool } from './pool-members.ts'
import { keepBusy, workRequest } from './pool-work.ts'
import type { PoolWork } from './pool-work.ts'
import { seenInWindow } from './seen-in-window.ts'
import { allOrThrow } from './settle.ts'
import { downLeftovers, isDown, startAgain, staysDown } from './start-again.ts'
import { awaitSettled } from './uptime.ts'

interface Strike {
  readonly container: { readonly id: string; readonly name: string }
  readonly member: PoolMember | null
  readonly sent: SentSignal | null
  readonly problem: string | null
}

/** What this process knows of a crash beyond its plan. */
interface CrashRecord {
  work: PoolWork | null
  strikes: Strike[]
  scaling: Promise<ContainerState> | null
}

/** Compose may still be at work when the scenario is over. */
const SCALING_LIMIT_MS = 3_000

/** A signal that ends the main process of one container, or of several at once. */
export function crashFault(names: NameSequence): Fault<CrashSpec, CrashPlan> {
  const records = new Map<string, CrashRecord>()
  const recordOf = (plan: CrashPlan): CrashRecord => {
    const record = records.get(plan.helper) ?? { work: null, strikes: [], scaling: null }
    records.set(plan.helper, record)
    return record
  }
  return {
    kind: 'crash',
    plan: (spec, ctx) => planCrash(spec, ctx, names),
    async prepare(plan, ctx) {
      const record = recordOf(plan)
      await Promise.all([prepareHelper(plan, ctx), plan.via === 'kernel' ? awaitSettled(plan.containers, ctx) : undefined])
      if (plan.timing !== 'during_inference') return
      const { spec } = requirePool(plan.target, 'a crash during inference', ctx)
      // One more than are hit: when one request ends, another is under way.
      record.work = keepBusy(workRequest(spec, ctx), plan.count + 1, ctx)
      await busyVictims(plan, ctx)
    },
    async inject(plan, ctx) {
      const record = recordOf(plan)
      const decidedMs = ctx.clock.nowMs()
      const victims = await findVictims(plan, record, ctx)
      record.strikes = await Promise.all(victims.map((victim) => strike(plan, victim, decidedMs, ctx)))
      record.work?.stop()
      // A container that compose is still about to report is wanted, so that the undo does not race with it.
      await record.scaling
    },
    effect: (plan, ctx) => crashEffect(plan, recordOf(plan).strikes, ctx),
    async revert(plan, ctx) {
      const record = records.get(plan.helper)
      record?.work?.stop()
      await settledScaling(record, ctx)
      await allOrThrow([
        plan.via === 'kernel' ? stopHostHelpers([plan.helper], ctx) : Promise.resolve(),
        plan.extra === null ? Promise.resolve() : removeExtras(plan.extra, ctx),
        restore(plan, record, ctx),
      ])
    },
    async leftovers(plan, ctx) {
      const found = await Promise.all([
        hostHelperLeftovers([plan.helper], ctx),
        plan.extra === null ? [] : findExtras(plan.extra, ctx),
        downLeftovers(hitIds(plan, records.get(plan.helper)), mayStart(plan), ctx),
      ])
      const [helpers, extras, down] = found
      return [...helpers, ...extras.map(({ name, status }) => `additional container ${name} (${status})`), ...down]
    },
    // A container must have been up for a while, or one more must come up first.
    usualMs: ({ timing }) => (timing === 'during_registration' ? 3_000 : 1_500),
    describe: (plan) => ({
      targets: targetTexts(plan),
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

/** A look at each target shows that the helper sees the processes of the host, and leaves the way to them warm. */
async function prepareHelper(plan: CrashPlan, ctx: FaultContext): Promise<void> {
  if (plan.via !== 'kernel') return
  const helper = await ctx.toolbox.start(hostHelper(plan.helper), ctx.signal)
  for (const { id, name } of plan.containers) {
    const pid = (await ctx.containers.inspect(id, ctx.signal))?.pid ?? 0
    if (pid === 0) continue
    const { alive } = await helper.call('process.look', { pid, containerId: id }, ctx.signal)
    if (!alive) ctx.log.log('warn', `the helper ${plan.helper} does not see process ${String(pid)} of ${name}`)
  }
}

async function findVictims(plan: CrashPlan, record: CrashRecord, ctx: FaultContext): Promise<Victim[]> {
  switch (plan.timing) {
    case 'random':
      return chosenVictims(plan, ctx)
    case 'during_inference':
      return busyVictims(plan, ctx)
    case 'during_registration':
      record.scaling = ctx.stack.scaleUp(plan.target, ctx.signal)
      return [await registeringVictim(plan, record.scaling, ctx)]
  }
}

/** A signal that does not arrive is kept for the effect to tell: the process may have ended in between. */
async function strike(plan: CrashPlan, { container, member }: Victim, decidedMs: number, ctx: FaultContext): Promise<Strike> {
  const { id, name, pid } = container
  const known = { container: { id, name }, member }
  if (pid === 0) return { ...known, sent: null, problem: `it was ${container.status} when it was to be hit` }
  const [atMs, atWallMs] = [ctx.clock.nowMs(), ctx.clock.wallMs()]
  try {
    await send(plan, { pid, containerId: id }, ctx)
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return { ...known, sent: null, problem: `${plan.signal} was not delivered: ${describeError(error, 300)}` }
  }
  const decisionToSignalMs = ctx.clock.nowMs() - decidedMs
  ctx.hit({ containerId: id, name, service: plan.target, pid, atMs, atWallMs, member: member?.id ?? null })
  return { ...known, sent: { pid, wallMs: atWallMs, decisionToSignalMs }, problem: null }
}

async function send(plan: CrashPlan, process: { pid: number; containerId: string }, ctx: FaultContext): Promise<void> {
  if (plan.via === 'api') await ctx.containers.act(process.containerId, { do: 'kill', signal: plan.signal }, ctx.signal)
  else await ctx.toolbox.get(plan.helper).call('process.signal', { ...process, signal: plan.signal }, ctx.signal)
}

async function crashEffect(plan: CrashPlan, strikes: readonly Strike[], ctx: FaultContext): Promise<Evidence> {
  if (strikes.length === 0) {
    const reasons = [`0 of ${String(plan.count)} containers were hit`]
    return { confirmed: false, summary: 'nothing was hit', mechanism: mechanismOf(plan), measures: {}, reasons }
  }
  const sinceMs = Math.min(...strikes.flatMap(({ sent }) => (sent === null ? [] : [sent.wallMs])))
  const events = await seenInWindow(
    `the death of ${strikes.map(({ container }) => container.name).join(', ')}`,
    () => Promise.resolve(Number.isFinite(sinceMs) ? ctx.containers.events(sinceMs) : []),
    (seen) => strikes.every((one) => one.sent === null || hasDied(one, seen)),
    ctx,
  )
  const judged = await Promise.all(
    strikes.map(async ({ container, member, sent, problem }) => {
      const now = await ctx.containers.inspect(container.id, ctx.signal)
      const seen = { signal: plan.signal, containerId: container.id, sent, problem, events, now }
      const judgement = judgeCrash(seen)
      const measures = { ...judgement.measures, ...listedMeasures(plan, member) }
      return { link: container.name, ...judgement, measures }
    }),
  )
  const evidence = combineLinks(mechanismOf(plan), judged)
  return { ...evidence, summary: `${plan.choice}: ${evidence.summary}`, ...shortOf(plan.count, judged.length, evidence.reasons) }
}

/** Fewer than planned were hit, as one was gone by then: what was hit does not make up for it. */
function shortOf(planned: number, hit: number, reasons: readonly string[]): Partial<Evidence> {
  if (hit >= planned) return {}
  return { confirmed: false, reasons: [...reasons, `${String(hit)} of ${String(planned)} containers were hit`] }
}

/** How the pool listed whom `timing` asked for. */
function listedMeasures({ timing }: CrashPlan, member: PoolMember | null): Measures {
  return timing === 'random' || member === null ? {} : { listedAs: member.state, listedInFlight: member.inFlight }
}

function hasDied({ container, sent }: Strike, events: readonly ContainerEvent[]): boolean {
  return deathOf({ events, containerId: container.id, sent }) !== null
}

async function settledScaling(record: CrashRecord | undefined, ctx: UndoContext): Promise<void> {
  if (record === undefined || record.scaling === null) return
  const limit = ctx.clock.sleep(SCALING_LIMIT_MS, ctx.signal)
  await Promise.race([record.scaling.catch(() => undefined), limit])
}

/** Containers that this fault may have ended: those it knows it hit, or, from the ledger alone, all that it might have. */
function hitIds(plan: CrashPlan, record: CrashRecord | undefined): string[] {
  if (plan.timing === 'during_registration') return []
  if (record === undefined) return plan.containers.map(({ id }) => id)
  return record.strikes.map(({ container }) => container.id)
}

/** Through the daemon the restart policy is out of force, so that it is for us to start it. */
function mayStart(plan: CrashPlan): (state: ContainerState) => boolean {
  return plan.via === 'api' ? isDown : staysDown
}

async function restore(plan: CrashPlan, record: CrashRecord | undefined, ctx: UndoContext): Promise<void> {
  const ids = hitIds(plan, record)
  if (plan.via === 'api' && record !== undefined) await restartSurvivors(record.strikes, ctx)
  await startAgain(ids, mayStart(plan), ctx)
}

/** The daemon counts any signal through it as a stop by hand, and would not restart a survivor after a later death. */
async function restartSurvivors(strikes: readonly Strike[], ctx: UndoContext): Promise<void> {
  await allOrThrow(
    strikes.map(async ({ container, sent }) => {
      const state = await ctx.containers.inspect(container.id, ctx.signal)
      if (sent === null || state?.pid !== sent.pid) return
      await ctx.containers.act(container.id, { do: 'restart' }, ctx.signal)
    }),
  )
}

/** Whom `timing` finds only later has no name yet. */
function targetTexts({ timing, target, containers, choice }: CrashPlan): string[] {
  return timing === 'random' ? containers.map(({ name }) => name) : [`${target} (${choice}, ${WHEN[timing]})`]
}

const WHEN = { random: 'at once', during_inference: 'while at work', during_registration: 'while it registers' } as const

function mechanismOf({ via, signal, timing, containers, choice }: CrashPlan): string {
  const whom = timing === 'random' ? choice : `${choice} ${WHEN[timing]}`
  if (via === 'api') {
    return `${signal} through the Docker API to ${whom}: the restart policy is out of force until the revert starts the container`
  }
  const alone = containers.filter(({ restartPolicy }) => restartPolicy === 'no').map(({ name }) => name)
  const rest = 'the restart policy stays in force, and coming back is left to it'
  const own = `without a restart policy, so started by the revert: ${alone.join(', ')}`
  return `${signal} from the host's pid namespace to ${whom}: ${alone.length === 0 ? rest : own}`
}
