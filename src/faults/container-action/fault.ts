import { instantOf } from '../../core/time/clock.ts'
import { msBetween } from '../../core/time/moment.ts'
import * as z from 'zod'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { ContainerAction, ContainerState } from '../../ports/docker.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import { CONTAINER_ACTIONS, judgeAction, STOP_GRACE_SECONDS, type ActionSeen } from './judge.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import { hitTeller, type TellHit } from '../shared/containers/hits.ts'
import { orReason } from '../shared/or-reason.ts'
import { seenInWindow } from '../shared/seen-in-window.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { isDown } from '../shared/containers/start-again.ts'
import type { Counted } from '../shared/entry-keys.ts'
import { chosenContainers, targetContainer, undoRecord, type TargetContainer } from '../shared/plan-schema.ts'
import { asTarget, chooseTargets, describeContainers } from '../shared/containers/targets.ts'

const planSchema = z.strictObject({ ...chosenContainers(targetContainer), action: z.enum(CONTAINER_ACTIONS) })
type ContainerActionPlan = Readonly<z.infer<typeof planSchema>>

/** What the daemon is asked to do. A stopped container is started again by the revert, a paused one goes on. */
export type ContainerActionSpec = Pick<ContainerActionPlan, 'target' | 'action'> & Counted

type Act = Pick<ActionSeen, 'done' | 'problem'>

/** Containers stopped, paused or restarted through the daemon. */
export const containerAction = defineFault({
  kind: 'container',
  record: undoRecord(planSchema),
  async resolve({ target, action, count }: ContainerActionSpec, ctx) {
    const { chosen, text } = await chooseTargets(target, count, ctx)
    return {
      ...{ target, action, choice: text },
      containers: chosen.map(asTarget),
    }
  },
  /** What was done, by container; empty before anything was. */
  arm: () => Promise.resolve(new Map<string, Act>()),
  async inject(plan, ctx, acts) {
    const tellHit = await hitTeller(plan.target, ctx)
    const act = async (container: TargetContainer) => acts.set(container.id, await actOn(plan, container, tellHit, ctx))
    await Promise.all(plan.containers.map(act))
  },
  async effect(plan, ctx, acts) {
    const judged = await seenInWindow(
      `${plan.action} of ${plan.containers.map(({ name }) => name).join(', ')}`,
      (signal) => Promise.all(plan.containers.map((container) => judge(plan, container, acts.get(container.id), ctx, signal))),
      (seen) => acts.size === 0 || seen.every(({ reasons }) => reasons.length === 0),
      ctx,
    )
    return combinePlaces(mechanismOf(plan), judged, plan.choice)
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
    ...describeContainers(plan, mechanismOf(plan)),
    risksData: plan.action !== 'pause',
    endsOnce: plan.action !== 'pause',
  }),
})

async function actOn(plan: ContainerActionPlan, container: TargetContainer, tellHit: TellHit, ctx: FaultContext): Promise<Act> {
  const state = await ctx.containers.inspect(container.id, ctx.signal)
  if (state?.status !== 'running') return { done: null, problem: `it was ${state?.status ?? 'gone'} when it was to be hit` }
  const { pid } = state
  const action: ContainerAction = plan.action === 'stop' ? { do: 'stop', graceSeconds: STOP_GRACE_SECONDS } : { do: plan.action }
  const at = instantOf(ctx.clock)
  const problem = await orReason(`the daemon did not ${plan.action} it`, ctx.signal, () =>
    ctx.containers.act(container.id, action, ctx.signal),
  )
  if (typeof problem === 'string') return { done: null, problem }
  tellHit(container, pid, at)
  return { done: { pid, wallMs: at.atWallMs, tookMs: msBetween(at.atMs, ctx.clock.nowMs()) }, problem: null }
}

async function judge(
  plan: ContainerActionPlan,
  { id, name }: TargetContainer,
  act: Act | undefined,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<PlaceJudgement> {
  const { done, problem } = act ?? { done: null, problem: null }
  const now = await ctx.containers.inspect(id, signal)
  const events = done === null ? [] : ctx.containers.events(done.wallMs)
  return { place: name, ...judgeAction({ action: plan.action, containerId: id, done, problem, events, now }) }
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
