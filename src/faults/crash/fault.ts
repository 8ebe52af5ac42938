import { instantOf } from '../../core/time/clock.ts'
import { earliest, msBetween, type Mono } from '../../core/time/moment.ts'
import type { Evidence } from '../../core/result/scenario.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { combinePlaces } from '../shared/evidence.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { orReason } from '../shared/or-reason.ts'
import { requirePool } from '../shared/containers/pool-members.ts'
import { keepBusy, WORK, workRequest } from '../shared/containers/pool-work.ts'
import { stopTraffic, type Upkeep } from '../shared/containers/upkeep.ts'
import { seenInWindow } from '../shared/seen-in-window.ts'
import { downLeftovers, isDown, startAgain, staysDown } from '../shared/containers/start-again.ts'
import { awaitSettled } from '../shared/containers/uptime.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { findExtras, removeExtras } from './extra-containers.ts'
import { deathOf, judgeCrash, type SentSignal } from './judge.ts'
import { crashPlan, resolveCrash, type CrashPlan, type CrashSpec } from './plan.ts'
import { busyVictims, chosenVictims, registeringVictim, type Victim } from './victims.ts'

interface Strike {
  readonly container: { readonly id: string; readonly name: string }
  readonly member: PoolMember | null
  readonly sent: SentSignal | null
  readonly problem: string | null
}

/** What this process knows of a crash beyond its plan. */
interface Crashing {
  /** Keeps the pool busy until the crash; empty where the crash does not wait for that. */
  readonly work: readonly Upkeep[]
  /** Whom it was decided to hit, known before the first of them is. Empty before. */
  victims: readonly Victim[]
  /** What became of each; empty until all were tried. */
  strikes: readonly Strike[]
  /** The start of the container that is added for a registration; null before it, and where none is added. */
  scaling: Promise<ContainerState> | null
}

/** Compose may still be at work when the scenario is over. */
const SCALING_LIMIT_MS = 3_000

/** A signal that ends the main process of one container, or of several at once. */
export const crash = defineFault({
  kind: 'crash',
  record: undoRecord(crashPlan),
  resolve: resolveCrash,
  async arm(plan, ctx): Promise<Crashing> {
    await Promise.all([prepareHelper(plan, ctx), plan.via === 'kernel' ? awaitSettled(plan.containers, ctx) : undefined])
    const work = plan.timing === 'during_inference' ? await startWork(plan, ctx) : []
    return { work, victims: [], strikes: [], scaling: null }
  },
  async inject(plan, ctx, crashing) {
    const decidedMs = ctx.clock.nowMs()
    crashing.victims = await findVictims(plan, crashing, ctx)
    crashing.strikes = await Promise.all(crashing.victims.map((victim) => strike(plan, victim, decidedMs, ctx)))
    await stopTraffic(crashing.work, WORK, ctx)
    // A container that compose is still about to report is wanted, so that the undo does not race with it.
    await crashing.scaling
  },
  effect: (plan, ctx, { strikes }) => crashEffect(plan, strikes, ctx),
  async revert(plan, ctx, crashing) {
    await stopTraffic(crashing?.work ?? [], WORK, ctx)
    const added = crashing?.scaling?.catch(() => undefined)
    if (added !== undefined) await Promise.race([added, ctx.clock.sleep(SCALING_LIMIT_MS, ctx.signal)])
    await allOrThrow<unknown>([
      plan.via === 'kernel' ? stopHostHelpers([plan.helper], ctx) : Promise.resolve(),
      plan.extra === null ? Promise.resolve() : removeExtras(plan.extra, ctx),
      restore(plan, crashing, ctx),
    ])
  },
  async leftovers(plan, ctx, crashing) {
    const found = await Promise.all([
      hostHelperLeftovers([plan.helper], ctx),
      plan.extra === null ? [] : findExtras(plan.extra, ctx),
      downLeftovers(hitIds(plan, crashing), mayStart(plan), ctx),
    ])
    const [helpers, extras, down] = found
    return [...helpers, ...extras.map(({ name, status }) => `additional container ${name} (${status})`), ...down]
  },
  // A container must have been up for a while; one that is added is hit as soon as it is there.
  usualMs: ({ timing }: CrashSpec) => (timing === 'during_registration' ? 1_000 : 2_500),
  describe: (plan) => ({
    targets: targetTexts(plan),
    services: [plan.target],
    mechanism: mechanismOf(plan),
    risksData: true,
    endsOnce: true,
  }),
})

/** Returns when there are as many busy members as are to be hit. */
async function startWork(plan: CrashPlan, ctx: FaultContext): Promise<Upkeep[]> {
  const { spec } = requirePool(plan.target, 'a crash during inference', ctx)
  // One more than are hit: when one request ends, another is under way.
  const work = keepBusy(workRequest(spec, ctx), plan.count + 1, ctx)
  try {
    await busyVictims(plan, ctx)
    return work
  } catch (error) {
    // Nobody else knows of it yet.
    await stopTraffic(work, WORK, ctx)
    throw error
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
    if (!alive) ctx.log.log('warn', `the helper ${plan.helper} does not see process ${pid} of ${name}`)
  }
}

async function findVictims(plan: CrashPlan, crashing: Crashing, ctx: FaultContext): Promise<Victim[]> {
  switch (plan.timing) {
    case 'random':
      return chosenVictims(plan, ctx)
    case 'during_inference':
      return busyVictims(plan, ctx)
    case 'during_registration':
      crashing.scaling = ctx.stack.scaleUp(plan.target, ctx.signal)
      return [await registeringVictim(plan, crashing.scaling, ctx)]
  }
}

/** A signal that does not arrive is kept for the effect to tell: the process may have ended in between. */
async function strike(plan: CrashPlan, { container, member }: Victim, decidedMs: Mono, ctx: FaultContext): Promise<Strike> {
  const { id, name, pid } = container
  const known = { container: { id, name }, member }
  if (pid === 0) return { ...known, sent: null, problem: `it was ${container.status} when it was to be hit` }
  const { atMs, atWallMs } = instantOf(ctx.clock)
  const problem = await orReason(`${plan.signal} was not delivered`, ctx.signal, () => send(plan, { pid, containerId: id }, ctx))
  if (typeof problem === 'string') return { ...known, sent: null, problem }
  const decisionToSignalMs = msBetween(decidedMs, ctx.clock.nowMs())
  ctx.hit({ containerId: id, name, service: plan.target, pid, atMs, atWallMs, member: member?.id ?? null })
  return { ...known, sent: { pid, wallMs: atWallMs, decisionToSignalMs }, problem: null }
}

async function send(plan: CrashPlan, process: { pid: number; containerId: string }, ctx: FaultContext): Promise<void> {
  if (plan.via === 'api') await ctx.containers.act(process.containerId, { do: 'kill', signal: plan.signal }, ctx.signal)
  else await ctx.toolbox.get(plan.helper).call('process.signal', { ...process, signal: plan.signal }, ctx.signal)
}

async function crashEffect(plan: CrashPlan, strikes: readonly Strike[], ctx: FaultContext): Promise<Evidence> {
  if (strikes.length === 0) {
    const reasons = [`0 of ${plan.count} containers were hit`]
    return { confirmed: false, summary: 'nothing was hit', mechanism: mechanismOf(plan), measures: {}, reasons }
  }
  const [first, ...others] = strikes.flatMap(({ sent }) => (sent === null ? [] : [sent.wallMs]))
  const events = await seenInWindow(
    `the death of ${strikes.map(({ container }) => container.name).join(', ')}`,
    () => Promise.resolve(first === undefined ? [] : ctx.containers.events(earliest(first, ...others))),
    (seen) => strikes.every(({ container, sent }) => sent === null || deathOf({ events: seen, containerId: container.id, sent })),
    ctx,
  )
  const judged = await Promise.all(
    strikes.map(async ({ container, member, sent, problem }) => {
      const now = await ctx.containers.inspect(container.id, ctx.signal)
      const seen = { signal: plan.signal, containerId: container.id, sent, problem, events, now }
      const judgement = judgeCrash(seen)
      // How the pool listed whom `timing` asked for.
      const asked = plan.timing === 'random' ? null : member
      const listed = asked === null ? {} : { listedAs: asked.state, listedInFlight: asked.inFlight }
      return { place: container.name, ...judgement, measures: { ...judgement.measures, ...listed } }
    }),
  )
  const evidence = combinePlaces(mechanismOf(plan), judged, plan.choice)
  return { ...evidence, ...shortOf(plan.count, judged.length, evidence.reasons) }
}

/** Fewer than planned were hit, as one was gone by then: what was hit does not make up for it. */
function shortOf(planned: number, hit: number, reasons: readonly string[]): Partial<Evidence> {
  if (hit >= planned) return {}
  return { confirmed: false, reasons: [...reasons, `${hit} of ${planned} containers were hit`] }
}

/** Containers that this fault may have ended: those it was to hit, or, from the ledger alone, all that it might have. */
function hitIds(plan: CrashPlan, crashing: Crashing | null): string[] {
  if (plan.timing === 'during_registration') return []
  if (crashing === null) return plan.containers.map(({ id }) => id)
  return crashing.victims.map(({ container }) => container.id)
}

/** Through the daemon the restart policy is out of force, so that it is for us to start it. */
function mayStart(plan: CrashPlan): (state: ContainerState) => boolean {
  return plan.via === 'api' ? isDown : staysDown
}

async function restore(plan: CrashPlan, crashing: Crashing | null, ctx: UndoContext): Promise<void> {
  const ids = hitIds(plan, crashing)
  if (plan.via === 'api' && crashing !== null) await restartSurvivors(crashing.strikes, ctx)
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
