import { earliest, later, type Wall } from '../../core/time/moment.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext, Hit } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { faultIsOver, firstHits, plannedEnd, windowEndWallMs } from '../shared/fault-phase.ts'
import { lookUntil } from '../shared/look-until.ts'
import { someContainers } from '../shared/some-containers.ts'
import { calmOf, type Calm } from './calm.ts'
import { asksForDeath, containerText, EVENT_LAG_MS, isSettled, judgeContainers } from './judge.ts'
import { lifeOf, type ContainerView, type Life, type Subject } from './life.ts'
import { containerSpec, type ContainerSpec } from './spec.ts'

const LOOK_EVERY_MS = 100
const LOOK_LIMIT_MS = 5_000
/** A fault may tell of a hit only after it has seen it bite. */
const HIT_SLACK_MS = 1_000

/** The service as it was just before the fault. */
interface ContainersBefore {
  readonly wallMs: Wall
  readonly states: readonly ContainerState[]
}

/** What became of containers, by Docker's events and states. */
export const containerClause = defineClause({
  key: 'container',
  schema: containerSpec,
  text: containerText,
  afterWindowMs: (spec) => (asksForDeath(spec) ? fateLimitMs(spec) : 0),
  async begin(spec, ctx) {
    const wallMs = ctx.clock.wallMs()
    const states = someContainers(spec.service, await ctx.containers.list(spec.service, ctx.signal), 'to look at')
    return { observe: (observeCtx) => observe(spec, { wallMs, states }, observeCtx) }
  },
})

async function observe(spec: ContainerSpec, before: ContainersBefore, ctx: ClauseContext): Promise<Observation> {
  const over = faultIsOver(ctx)
  await plannedEnd(ctx)
  const hits = firstHits(ctx.hits())
  const subjects = subjectsOf(spec, hits, before, ctx)
  const first = await look(subjects, before, ctx, ctx.signal)
  const calm = calmBetween(subjects, first, before, ctx, over)
  const lives = await livesOf(spec, subjects, before, ctx)
  return judgeContainers(spec, { lives, calm, hit: hits.map(({ name }) => name) })
}

function subjectsOf(spec: ContainerSpec, hits: readonly Hit[], before: ContainersBefore, ctx: ClauseContext): Subject[] {
  const hit = hits
    .filter(({ service }) => service === spec.service)
    .map(({ containerId, name, pid, atWallMs }) => ({
      containerId,
      name,
      sinceWallMs: atWallMs,
      fromWallMs: later(atWallMs, -HIT_SLACK_MS),
      pid,
    }))
  if (spec.hit === true) return hit
  const known = new Set(hit.map(({ containerId }) => containerId))
  const others = before.states
    .filter(({ id }) => !known.has(id))
    .map(({ id, name, pid }) => ({
      containerId: id,
      name,
      sinceWallMs: ctx.injectedAtWallMs,
      fromWallMs: before.wallMs,
      pid,
    }))
  return [...hit, ...others]
}

async function look(
  subjects: readonly Subject[],
  before: ContainersBefore,
  ctx: ClauseContext,
  signal: AbortSignal,
): Promise<ContainerView> {
  const states = await Promise.all(subjects.map(({ containerId }) => ctx.containers.inspect(containerId, signal)))
  const fromWallMs = earliest(before.wallMs, ...subjects.map((subject) => subject.fromWallMs))
  return { states: states.filter((state) => state !== null), events: ctx.containers.events(fromWallMs) }
}

/** In the phase after the fault the stretch goes on until now: undoing the fault may disturb as well. */
function calmBetween(
  subjects: readonly Subject[],
  view: ContainerView,
  before: ContainersBefore,
  ctx: ClauseContext,
  over: boolean,
): Calm {
  const looked = new Set(subjects.map(({ containerId }) => containerId))
  return calmOf({
    before: before.states.filter(({ id }) => looked.has(id)),
    after: view.states,
    events: view.events,
    fromWallMs: before.wallMs,
    untilWallMs: over ? ctx.clock.wallMs() : windowEndWallMs(ctx),
    zeroWallMs: ctx.injectedAtWallMs,
  })
}

/** Looks until each container's fate is settled, at most until the clause's limits have passed for the last of them. */
async function livesOf(
  spec: ContainerSpec,
  subjects: readonly Subject[],
  before: ContainersBefore,
  ctx: ClauseContext,
): Promise<Life[]> {
  const read = async (signal: AbortSignal): Promise<Life[]> => {
    const view = await look(subjects, before, ctx, signal)
    return subjects.map((subject) => lifeOf(subject, view))
  }
  const looked = await lookUntil(
    `the fate of the containers of ${spec.service}`,
    read,
    (lives) => lives.every((life) => isSettled(spec, life, ctx.clock.wallMs())),
    {
      everyMs: LOOK_EVERY_MS,
      attemptMs: LOOK_LIMIT_MS,
      limitMs: fateLimitMs(spec),
      signal: ctx.signal,
      clock: ctx.clock,
    },
  )
  // What cannot be read is unknown, however long it was tried.
  return looked.problem === null ? looked.last : read(ctx.signal)
}

function fateLimitMs({ died_within_seconds: died = 0, running_again_within_seconds: again = 0 }: ContainerSpec): number {
  return (died + again) * 1_000 + 3 * EVENT_LAG_MS
}
