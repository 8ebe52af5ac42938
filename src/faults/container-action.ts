import { describeError } from '../core/errors.ts'
import type { ContainerActionSpec } from '../core/faults.ts'
import type { ContainerAction, ContainerState, Fault, FaultContext, UndoContext } from '../core/ports.ts'
import { judgeAction } from './container-action-judgement.ts'
import type { ActionSeen } from './container-action-judgement.ts'
import { combineLinks } from './evidence.ts'
import type { LinkJudgement } from './evidence.ts'
import { touchesEverything } from './links.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { glanceAtPool, memberOf } from './pool-members.ts'
import { seenInWindow } from './seen-in-window.ts'
import { allOrThrow } from './settle.ts'
import { isDown } from './start-again.ts'
import { asTarget, chooseTargets } from './targets.ts'
import type { TargetContainer } from './targets.ts'

export type ContainerActionPlan = {
  /** Tells this fault from others of the scenario. */
  readonly id: string
  readonly target: string
  readonly action: ContainerActionSpec['action']
  readonly choice: string
  readonly containers: readonly TargetContainer[]
  readonly everything: boolean
}

type Act = Pick<ActionSeen, 'done' | 'problem'>

/** The inject phase is not much longer; Docker's own default would be 10 s. */
const STOP_GRACE_SECONDS = 5

/** Containers stopped, paused or restarted through the daemon. */
export function containerActionFault(names: NameSequence): Fault<ContainerActionSpec, ContainerActionPlan> {
  const acts = new Map<string, ReadonlyMap<string, Act>>()
  return {
    kind: 'container',
    async plan({ target, action, count }, ctx) {
      const { chosen, text } = await chooseTargets(target, count, ctx)
      return {
        id: helperName(ctx, action, names.next(ctx)),
        ...{ target, action, choice: text },
        containers: chosen.map(asTarget),
        everything: touchesEverything([target], ctx.stack.descriptor),
      }
    },
    prepare: () => Promise.resolve(),
    async inject(plan, ctx) {
      const members = await glanceAtPool(ctx)
      const done = plan.containers.map(async (container) => {
        const member = memberOf(container, members)?.id ?? null
        return [container.id, await actOn(plan, container, member, ctx)] as const
      })
      acts.set(plan.id, new Map(await Promise.all(done)))
    },
    async effect(plan, ctx) {
      const done = acts.get(plan.id) ?? new Map<string, Act>()
      const judged = await seenInWindow(
        `${plan.action} of ${plan.containers.map(({ name }) => name).join(', ')}`,
        (signal) => Promise.all(plan.containers.map((container) => judge(plan, container, done.get(container.id), ctx, signal))),
        (seen) => done.size === 0 || seen.every(({ reasons }) => reasons.length === 0),
        ctx,
      )
      const evidence = combineLinks(mechanismOf(plan), judged)
      return { ...evidence, summary: `${plan.choice}: ${evidence.summary}` }
    },
    async revert(plan, ctx) {
      await allOrThrow(plan.containers.map(({ id }) => restore(plan, id, ctx)))
    },
    async leftovers(plan, ctx) {
      const states = await Promise.all(plan.containers.map(({ id }) => ctx.containers.inspect(id, ctx.signal)))
      return states.flatMap((state) =>
        state !== null && undoOf(plan, state) !== null ? [`container ${state.name} is still ${state.status}`] : [],
      )
    },
    describe: (plan) => ({
      targets: plan.containers.map(({ name }) => name),
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

async function actOn(
  plan: ContainerActionPlan,
  { id, name }: TargetContainer,
  member: string | null,
  ctx: FaultContext,
): Promise<Act> {
  const state = await ctx.containers.inspect(id, ctx.signal)
  if (state?.status !== 'running') return { done: null, problem: `it was ${state?.status ?? 'gone'} when it was to be hit` }
  const { pid } = state
  const [atMs, atWallMs] = [ctx.clock.nowMs(), ctx.clock.wallMs()]
  try {
    await ctx.containers.act(id, actionOf(plan.action), ctx.signal)
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return { done: null, problem: `the daemon did not ${plan.action} it: ${describeError(error, 300)}` }
  }
  ctx.hit({ containerId: id, name, service: plan.target, pid, atMs, atWallMs, member })
  return { done: { pid, wallMs: atWallMs, tookMs: ctx.clock.nowMs() - atMs }, problem: null }
}

function actionOf(action: ContainerActionPlan['action']): ContainerAction {
  return action === 'stop' ? { do: 'stop', graceSeconds: STOP_GRACE_SECONDS } : { do: action }
}

async function judge(
  plan: ContainerActionPlan,
  { id, name }: TargetContainer,
  act: Act | undefined,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<LinkJudgement> {
  const { done, problem } = act ?? { done: null, problem: null }
  const now = await ctx.containers.inspect(id, signal)
  const events = done === null ? [] : ctx.containers.events(done.wallMs)
  return { link: name, ...judgeAction({ action: plan.action, containerId: id, done, problem, events, now }) }
}

/** A stopped or restarted container was taken from its restart policy by hand, so it is for us to bring it back. */
function undoOf({ action }: ContainerActionPlan, state: ContainerState): ContainerAction | null {
  if (action === 'pause') return state.status === 'paused' ? { do: 'unpause' } : null
  return isDown(state) ? { do: 'start' } : null
}

async function restore(plan: ContainerActionPlan, id: string, ctx: UndoContext): Promise<void> {
  const state = await ctx.containers.inspect(id, ctx.signal)
  const undo = state === null ? null : undoOf(plan, state)
  if (undo !== null) await ctx.containers.act(id, undo, ctx.signal)
}

function mechanismOf({ action, choice }: ContainerActionPlan): string {
  const back = { stop: 'started again by the revert', pause: 'unpaused by the revert', restart: 'started by Docker at once' }
  return `${action} through the Docker API of ${choice}, ${back[action]}`
}
