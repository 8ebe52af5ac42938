import { ChaosError, describeError, isChaosError } from '../core/errors.ts'
import type { UnansweredStopSpec } from '../core/faults.ts'
import type { ContainerState, Fault, FaultContext, UndoContext } from '../core/ports.ts'
import type { ProcessFacts } from '../core/toolbox.ts'
import { waitUntil, withDeadline } from '../core/wait.ts'
import { combineLinks } from './evidence.ts'
import type { Judgement } from './evidence.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { touchesEverything } from './links.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { memberOf, requirePool } from './pool-members.ts'
import { seenInWindow } from './seen-in-window.ts'
import { downLeftovers, isDown, startAgain } from './start-again.ts'
import { asTarget, chooseTargets } from './targets.ts'
import type { TargetContainer } from './targets.ts'
import { judgeUnansweredStop } from './unanswered-stop-judgement.ts'
import type { DeafSeen } from './unanswered-stop-judgement.ts'
import { UNDO_STEP_LIMIT_MS } from './undo-limit.ts'
import { awaitSettled } from './uptime.ts'

export type UnansweredStopPlan = {
  readonly helper: string
  readonly target: string
  readonly signal: string
  readonly timeoutSeconds: number
  /** `1 of 4`. */
  readonly choice: string
  readonly container: TargetContainer
  readonly everything: boolean
}

type Looks = { atMs: number; facts: ProcessFacts }[]

interface DeafRecord {
  stopped: DeafSeen['stopped']
  problem: string | null
  readonly looks: Looks
  askedMs: number | null
  decisionToSignalMs: number | null
  decidedMs: number
}

/** A system may answer only when the member has ended: whichever comes first shows that it was asked. */
const ASK_LIMIT_MS = 7_000
const STOPPED_LIMIT_MS = 1_000
const OWN_END_LIMIT_MS = 2_000

/** One member of the pool made deaf (SIGSTOP) before the system is asked to stop it. */
export function unansweredStopFault(names: NameSequence): Fault<UnansweredStopSpec, UnansweredStopPlan> {
  const records = new Map<string, DeafRecord>()
  return {
    kind: 'unanswered_stop',
    plan: (spec, ctx) => planStop(spec, ctx, names),
    async prepare(plan, ctx) {
      await Promise.all([
        ctx.toolbox.start(hostHelper(plan.helper), ctx.signal),
        awaitSettled([plan.container], ctx),
        memberIdOf(plan, ctx),
      ])
    },
    async inject(plan, ctx) {
      const record: DeafRecord = {
        ...{ stopped: null, problem: null, looks: [], askedMs: null, decisionToSignalMs: null },
        decidedMs: ctx.clock.nowMs(),
      }
      records.set(plan.helper, record)
      const [state, member] = await Promise.all([ctx.containers.inspect(plan.container.id, ctx.signal), memberIdOf(plan, ctx)])
      await deafen(plan, { pid: state?.pid ?? 0, member }, record, ctx)
      if (record.stopped !== null) await ask(plan, member, record, ctx)
    },
    async effect(plan, ctx) {
      const judgement = await judgeWhileDeaf(plan, records.get(plan.helper), ctx)
      return combineLinks(mechanismOf(plan), [{ link: plan.container.name, ...judgement }])
    },
    async revert(plan, ctx) {
      const undone = await stopHostHelpers([plan.helper], ctx)
      if (!undone.has(plan.helper)) await continueProcess(plan, ctx)
      await awaitOwnEnd(plan, records.get(plan.helper), ctx)
      await startAgain([plan.container.id], isDown, ctx)
    },
    async leftovers(plan, ctx) {
      const helpers = await hostHelperLeftovers([plan.helper], ctx)
      const down = await downLeftovers([plan.container.id], isDown, ctx)
      return [...helpers, ...down, ...(await stoppedLeftovers(plan, ctx))]
    },
    usualMs: ({ timeoutSeconds }) => Math.min(timeoutSeconds * 1_000, 5_000) / 3,
    describe: (plan) => ({
      targets: [plan.container.name],
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

const NOTHING: Omit<DeafSeen, 'signal'> = { stopped: null, problem: null, looks: [], askedMs: null, decisionToSignalMs: null }

async function planStop(spec: UnansweredStopSpec, ctx: FaultContext, names: NameSequence): Promise<UnansweredStopPlan> {
  const { spec: pool } = requirePool(spec.target, 'a stop that is not answered', ctx)
  if (pool.stop === null) {
    throw new ChaosError('CAPABILITY_MISSING', 'a stop that is not answered needs a way to ask for the stop of a member', {
      hint: `Add pool.stop to ${ctx.stack.descriptor.file}.`,
    })
  }
  const { chosen, text } = await chooseTargets(spec.target, null, ctx)
  const [container] = chosen
  if (container === undefined) throw new ChaosError('TARGET_NOT_FOUND', `no container of '${spec.target}' was chosen`)
  return {
    helper: helperName(ctx, 'deaf', names.next(ctx)),
    ...{ target: spec.target, signal: spec.signal, timeoutSeconds: spec.timeoutSeconds, choice: text },
    container: asTarget(container),
    everything: touchesEverything([spec.target], ctx.stack.descriptor),
  }
}

async function judgeWhileDeaf(plan: UnansweredStopPlan, record: DeafRecord | undefined, ctx: FaultContext): Promise<Judgement> {
  const { signal } = plan
  const stopped = record?.stopped ?? null
  if (record === undefined || stopped === null) return judgeUnansweredStop({ ...(record ?? NOTHING), signal })
  return await seenInWindow(
    `${signal} pending at ${plan.container.name}`,
    async () => {
      await look(plan, stopped.pid, record, ctx)
      return judgeUnansweredStop({ ...record, signal })
    },
    ({ reasons }) => reasons.length === 0,
    ctx,
  )
}

/** @throws TARGET_NOT_FOUND when the pool does not list the container as one that can work. */
async function memberIdOf(plan: UnansweredStopPlan, ctx: FaultContext): Promise<string> {
  const { pool } = requirePool(plan.target, 'a stop that is not answered', ctx)
  const member = memberOf(plan.container, await pool.members(ctx.signal))
  if (member?.meaning === 'ready' || member?.meaning === 'busy') return member.id
  const state = member === null ? 'does not list it' : `lists it as ${member.state}`
  throw new ChaosError('TARGET_NOT_FOUND', `${plan.container.name} cannot be asked to stop: the pool ${state}`)
}

/** The process is not asked whether it has stopped: its state says so. */
async function deafen(
  plan: UnansweredStopPlan,
  { pid, member }: { pid: number; member: string },
  record: DeafRecord,
  ctx: FaultContext,
): Promise<void> {
  const { id, name } = plan.container
  if (pid === 0) {
    record.problem = 'it was not running when it was to be stopped'
    return
  }
  const [atMs, atWallMs] = [ctx.clock.nowMs(), ctx.clock.wallMs()]
  try {
    const helper = ctx.toolbox.get(plan.helper)
    const { startTicks } = await helper.call('process.signal', { pid, containerId: id, signal: 'SIGSTOP' }, ctx.signal)
    record.stopped = { pid, startTicks }
    record.decisionToSignalMs = ctx.clock.nowMs() - record.decidedMs
  } catch (error) {
    if (ctx.signal.aborted) throw error
    record.problem = `SIGSTOP was not delivered: ${describeError(error, 300)}`
    return
  }
  ctx.hit({ containerId: id, name, service: plan.target, pid, atMs, atWallMs, member })
  const options = { everyMs: 10, attemptMs: 1_000, limitMs: STOPPED_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  await waitUntil(
    `${name} to be stopped`,
    () => look(plan, pid, record, ctx),
    (facts) => facts.state === 'T',
    options,
  )
}

/** Ends when the system has answered, or its signal is there. @throws POOL_UNREADABLE when it refuses. */
async function ask(plan: UnansweredStopPlan, member: string, record: DeafRecord, ctx: FaultContext): Promise<void> {
  const { pool } = requirePool(plan.target, 'a stop that is not answered', ctx)
  const pid = record.stopped?.pid ?? 0
  record.askedMs = ctx.clock.nowMs() - record.decidedMs
  const answer = pool.stop(member, ctx.signal)
  const enough = new AbortController()
  const signal = AbortSignal.any([ctx.signal, enough.signal])
  const options = { everyMs: 20, attemptMs: 1_000, limitMs: ASK_LIMIT_MS, signal, clock: ctx.clock }
  const pending = waitUntil(
    `${plan.signal} at ${plan.container.name}`,
    () => look(plan, pid, record, ctx),
    (facts) => facts.pendingSignals.includes(plan.signal),
    options,
  )
  try {
    await Promise.race([answer, pending])
  } catch (error) {
    // Neither an answer nor a signal: the effect will say so.
    if (!isChaosError(error, 'TIMEOUT')) throw error
  } finally {
    enough.abort()
    // The one that lost the race may still fail, and that is no news.
    pending.catch(() => undefined)
    answer.catch((error: unknown) => {
      ctx.log.log('debug', `the request to stop ${plan.container.name} ended with: ${describeError(error, 300)}`)
    })
  }
}

/** Looks at the process, and keeps what is seen for the judgement. */
async function look(
  plan: UnansweredStopPlan,
  pid: number,
  record: { readonly looks: Looks; readonly decidedMs: number },
  ctx: FaultContext,
): Promise<ProcessFacts> {
  const process = { pid, containerId: plan.container.id }
  const facts = await ctx.toolbox.get(plan.helper).call('process.look', process, ctx.signal)
  record.looks.push({ atMs: ctx.clock.nowMs() - record.decidedMs, facts })
  return facts
}

/** For a helper that did not end well, or is not ours to ask. To a process that is not stopped SIGCONT means nothing. */
async function continueProcess(plan: UnansweredStopPlan, ctx: UndoContext): Promise<void> {
  await withDeadline(`letting ${plan.container.name} go on`, UNDO_STEP_LIMIT_MS, ctx.signal, async (signal) => {
    if (!(await isStopped(plan, ctx, signal))) return
    const state = await ctx.containers.inspect(plan.container.id, signal)
    if (state === null || state.pid === 0) return
    const args = { pid: state.pid, containerId: state.id, signal: 'SIGCONT' }
    await ctx.toolbox.once(hostHelper(`${plan.helper}-undo`), 'process.signal', args, signal)
  })
}

/** Without a restart policy the container is down for good when the process, deaf no more, obeys: that is waited for. */
async function awaitOwnEnd(plan: UnansweredStopPlan, record: DeafRecord | undefined, ctx: UndoContext): Promise<void> {
  const pid = record?.stopped?.pid ?? null
  if (pid === null || record?.askedMs === null || plan.container.restartPolicy !== 'no') return
  const options = { everyMs: 50, attemptMs: 2_000, limitMs: OWN_END_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  const read = (signal: AbortSignal): Promise<ContainerState | null> => ctx.containers.inspect(plan.container.id, signal)
  try {
    await waitUntil(`the end of process ${String(pid)}`, read, (state) => state?.pid !== pid, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
  }
}

async function isStopped(plan: UnansweredStopPlan, ctx: UndoContext, signal: AbortSignal): Promise<boolean> {
  const state = await ctx.containers.inspect(plan.container.id, signal)
  if (state === null || state.pid === 0) return false
  const process = { pid: state.pid, containerId: state.id }
  const facts = await ctx.toolbox.once(hostHelper(`${plan.helper}-look`), 'process.look', process, signal)
  return facts !== null && facts.state === 'T'
}

async function stoppedLeftovers(plan: UnansweredStopPlan, ctx: UndoContext): Promise<string[]> {
  return (await isStopped(plan, ctx, ctx.signal)) ? [`the main process of ${plan.container.name} is still stopped`] : []
}

function mechanismOf({ container, signal, choice, timeoutSeconds }: UnansweredStopPlan): string {
  return (
    `SIGSTOP from the host's pid namespace to ${container.name} (${choice}), then the system is asked to stop it; it has ` +
    `${String(timeoutSeconds)} s to end it by force after its ${signal}. Stopped by request, it is started by the revert if it stays down`
  )
}
