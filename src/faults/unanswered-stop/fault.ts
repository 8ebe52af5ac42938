import { instantOf } from '../../core/time/clock.ts'
import { msBetween, type Mono } from '../../core/time/moment.ts'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { waitAtMost, waitUntil, withDeadline } from '../../core/time/wait.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { ProcessRef } from '../../toolbox/operations/arguments.ts'
import type { ProcessFacts } from '../../toolbox/operations/processes/process.ts'
import { combinePlaces, type Judgement } from '../shared/evidence.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers, UNDO_STEP_LIMIT_MS } from '../shared/host-helpers.ts'
import { orReason } from '../shared/or-reason.ts'
import { memberOf, requirePool } from '../shared/containers/pool-members.ts'
import { seenInWindow } from '../shared/seen-in-window.ts'
import { downLeftovers, isDown, startAgain } from '../shared/containers/start-again.ts'
import { awaitSettled } from '../shared/containers/uptime.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { judgeUnansweredStop, type DeafSeen } from './judge.ts'
import { resolveStop, unansweredStopPlan, type UnansweredStopPlan, type UnansweredStopSpec } from './plan.ts'

/** What this process knows of the member beyond the plan. Without an injection nothing was stopped, seen or asked. */
interface Deafness {
  stopped: DeafSeen['stopped']
  problem: string | null
  readonly looks: { atMs: number; facts: ProcessFacts }[]
  askedMs: number | null
  decisionToSignalMs: number | null
  /** When inject was called: the times of what is seen count from it. Before that, when it was armed. */
  decidedMs: Mono
}

/** A system may answer only when the member has ended: whichever comes first shows that it was asked. */
const ASK_LIMIT_MS = 7_000
const STOPPED_LIMIT_MS = 1_000
const OWN_END_LIMIT_MS = 2_000

/** One member of the pool made deaf (SIGSTOP) before the system is asked to stop it. */
export const unansweredStop = defineFault({
  kind: 'unanswered_stop',
  record: undoRecord(unansweredStopPlan),
  resolve: resolveStop,
  async arm(plan, ctx): Promise<Deafness> {
    await Promise.all([
      ctx.toolbox.start(hostHelper(plan.helper), ctx.signal),
      awaitSettled([plan.container], ctx),
      memberIdOf(plan, ctx),
    ])
    return {
      ...{ stopped: null, problem: null, looks: [], askedMs: null, decisionToSignalMs: null },
      decidedMs: ctx.clock.nowMs(),
    }
  },
  async inject(plan, ctx, deafness) {
    deafness.decidedMs = ctx.clock.nowMs()
    const [state, member] = await Promise.all([ctx.containers.inspect(plan.container.id, ctx.signal), memberIdOf(plan, ctx)])
    await deafen(plan, { pid: state?.pid ?? 0, member }, deafness, ctx)
    if (deafness.stopped !== null) await ask(plan, deafness.stopped.pid, member, deafness, ctx)
  },
  async effect(plan, ctx, deafness) {
    const judgement = await judgeWhileDeaf(plan, deafness, ctx)
    return combinePlaces(mechanismOf(plan), [{ place: plan.container.name, ...judgement }])
  },
  async revert(plan, ctx, deafness) {
    const undone = await stopHostHelpers([plan.helper], ctx)
    if (!undone.has(plan.helper)) await continueProcess(plan, ctx)
    if (deafness !== null) await awaitOwnEnd(plan, deafness, ctx)
    await startAgain([plan.container.id], isDown, ctx)
  },
  async leftovers(plan, ctx) {
    const helpers = await hostHelperLeftovers([plan.helper], ctx)
    const down = await downLeftovers([plan.container.id], isDown, ctx)
    const stopped = await stoppedProcess(plan, ctx, ctx.signal)
    return [...helpers, ...down, ...(stopped === null ? [] : [`the main process of ${plan.container.name} is still stopped`])]
  },
  usualMs: ({ timeoutSeconds }: UnansweredStopSpec) => Math.min(timeoutSeconds * 1_000, 5_000) / 10,
  describe: (plan) => ({
    targets: [plan.container.name],
    services: [plan.target],
    mechanism: mechanismOf(plan),
    risksData: true,
    endsOnce: true,
  }),
})

async function judgeWhileDeaf(plan: UnansweredStopPlan, deafness: Deafness, ctx: FaultContext): Promise<Judgement> {
  const { signal } = plan
  const { stopped } = deafness
  if (stopped === null) return judgeUnansweredStop({ ...deafness, signal })
  return await seenInWindow(
    `${signal} pending at ${plan.container.name}`,
    async () => {
      await look(plan, stopped.pid, deafness, ctx)
      return judgeUnansweredStop({ ...deafness, signal })
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
  deafness: Deafness,
  ctx: FaultContext,
): Promise<void> {
  const { id, name } = plan.container
  if (pid === 0) {
    deafness.problem = 'it was not running when it was to be stopped'
    return
  }
  const { atMs, atWallMs } = instantOf(ctx.clock)
  const delivered = await orReason('SIGSTOP was not delivered', ctx.signal, () =>
    ctx.toolbox.get(plan.helper).call('process.signal', { pid, containerId: id, signal: 'SIGSTOP' }, ctx.signal),
  )
  if (typeof delivered === 'string') {
    deafness.problem = delivered
    return
  }
  deafness.stopped = { pid, startTicks: delivered.startTicks }
  deafness.decisionToSignalMs = msBetween(deafness.decidedMs, ctx.clock.nowMs())
  ctx.hit({ containerId: id, name, service: plan.target, pid, atMs, atWallMs, member })
  const options = { everyMs: 10, attemptMs: 1_000, limitMs: STOPPED_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  await waitUntil(
    `${name} to be stopped`,
    () => look(plan, pid, deafness, ctx),
    (facts) => facts.state === 'T',
    options,
  )
}

/** Ends when the system has answered, or its signal is there. @throws POOL_UNREADABLE when it refuses. */
async function ask(plan: UnansweredStopPlan, pid: number, member: string, deafness: Deafness, ctx: FaultContext): Promise<void> {
  const { pool } = requirePool(plan.target, 'a stop that is not answered', ctx)
  deafness.askedMs = msBetween(deafness.decidedMs, ctx.clock.nowMs())
  const answer = pool.stop(member, ctx.signal)
  const enough = new AbortController()
  const signal = AbortSignal.any([ctx.signal, enough.signal])
  const options = { everyMs: 20, attemptMs: 1_000, limitMs: ASK_LIMIT_MS, signal, clock: ctx.clock }
  const pending = waitUntil(
    `${plan.signal} at ${plan.container.name}`,
    () => look(plan, pid, deafness, ctx),
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
  { looks, decidedMs }: Deafness,
  ctx: FaultContext,
): Promise<ProcessFacts> {
  const process = { pid, containerId: plan.container.id }
  const facts = await ctx.toolbox.get(plan.helper).call('process.look', process, ctx.signal)
  looks.push({ atMs: msBetween(decidedMs, ctx.clock.nowMs()), facts })
  return facts
}

/** Does what the helper did not, or could not be asked for. To a process that is not stopped SIGCONT means nothing. */
async function continueProcess(plan: UnansweredStopPlan, ctx: UndoContext): Promise<void> {
  await withDeadline(`letting ${plan.container.name} go on`, UNDO_STEP_LIMIT_MS, ctx.signal, async (signal) => {
    const stopped = await stoppedProcess(plan, ctx, signal)
    if (stopped === null) return
    // The system may have ended it by force meanwhile.
    const now = await ctx.containers.inspect(plan.container.id, signal)
    if (now?.pid !== stopped.pid) return
    await ctx.toolbox.once(hostHelper(`${plan.helper}-undo`), 'process.signal', { ...stopped, signal: 'SIGCONT' }, signal)
  })
}

/** Without a restart policy the container is down for good when the process, deaf no more, obeys: that is waited for. */
async function awaitOwnEnd(plan: UnansweredStopPlan, { stopped, askedMs }: Deafness, ctx: UndoContext): Promise<void> {
  if (stopped === null || askedMs === null || plan.container.restartPolicy !== 'no') return
  const options = { everyMs: 50, attemptMs: 2_000, limitMs: OWN_END_LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  const read = (signal: AbortSignal): Promise<ContainerState | null> => ctx.containers.inspect(plan.container.id, signal)
  const what = `the end of process ${stopped.pid}`
  await waitAtMost(what, read, (state) => state?.pid !== stopped.pid, options)
}

/** The main process, where it is stopped. */
async function stoppedProcess(plan: UnansweredStopPlan, ctx: UndoContext, signal: AbortSignal): Promise<ProcessRef | null> {
  const state = await ctx.containers.inspect(plan.container.id, signal)
  if (state === null || state.pid === 0) return null
  const process = { pid: state.pid, containerId: state.id }
  const facts = await ctx.toolbox.once(hostHelper(`${plan.helper}-look`), 'process.look', process, signal)
  return facts?.state === 'T' ? process : null
}

function mechanismOf({ container, signal, choice, timeoutSeconds }: UnansweredStopPlan): string {
  return (
    `SIGSTOP from the host's pid namespace to ${container.name} (${choice}), then the system is asked to stop it; it has ` +
    `${timeoutSeconds} s to end it by force after its ${signal}. Stopped by request, it is started by the revert if it stays down`
  )
}
