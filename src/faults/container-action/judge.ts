/** Whether a container was really stopped, paused or restarted. Pure. */
import { msBetween, type Wall } from '../../core/time/moment.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import { exitCodeOf, firstEvent, roundMs } from '../shared/containers/container-events.ts'
import type { Judgement } from '../shared/evidence.ts'

export const CONTAINER_ACTIONS = ['stop', 'pause', 'restart'] as const
type ContainerActionName = (typeof CONTAINER_ACTIONS)[number]

export interface ActionSeen {
  readonly action: ContainerActionName
  readonly containerId: string
  /** When the daemon was asked, and what there was then; null when it was not, or refused, which `problem` says. */
  readonly done: { readonly pid: number; readonly wallMs: Wall; readonly tookMs: number } | null
  readonly problem: string | null
  readonly events: readonly ContainerEvent[]
  readonly now: { readonly status: string; readonly pid: number } | null
}

/** How long the daemon waits before it ends one by force; the inject phase is not much longer, whatever the compose file grants. */
export const STOP_GRACE_SECONDS = 5
/** 128 + SIGKILL. */
const KILLED = 137

/** Events that the daemon must tell of, besides the state that follows from them. */
const WANTED_EVENTS: Readonly<Record<ContainerActionName, readonly [string, ...string[]]>> = {
  stop: ['die', 'stop'],
  pause: ['pause'],
  restart: ['die', 'start', 'restart'],
}

const PAST: Readonly<Record<ContainerActionName, string>> = { stop: 'stopped', pause: 'paused', restart: 'restarted' }

export function judgeAction(seen: ActionSeen): Judgement {
  const { action, done } = seen
  if (done === null) {
    const why = seen.problem ?? `it was not ${PAST[action]}`
    return { headline: `untouched (${why})`, measures: { done: false }, reasons: [why] }
  }
  const eventOf = (name: string): ContainerEvent | null =>
    firstEvent(seen.events, { containerId: seen.containerId, action: name, sinceWallMs: done.wallMs })
  const first = eventOf(WANTED_EVENTS[action][0])
  const exitCode = exitCodeOf(eventOf('die'))
  const isForced = action === 'stop' && exitCode === KILLED && done.tookMs >= STOP_GRACE_SECONDS * 1_000
  const how = isForced ? ` by force (SIGKILL), as it had not ended ${STOP_GRACE_SECONDS} s after SIGTERM` : ''
  const missing = WANTED_EVENTS[action].filter((name) => eventOf(name) === null)
  return {
    headline: `${PAST[action]}${how} in ${Math.round(done.tookMs)} ms, now ${seen.now?.status ?? 'gone'}`,
    measures: {
      done: true,
      tookMs: roundMs(done.tookMs),
      askedToEventMs: first === null ? null : roundMs(msBetween(done.wallMs, first.atMs)),
      exitCode,
      status: seen.now?.status ?? null,
      pidBefore: done.pid,
      pidAfter: seen.now?.pid ?? null,
    },
    reasons: [...missing.map((name) => `Docker told of no '${name}'`), ...stateReasons(action, done.pid, seen.now)],
  }
}

function stateReasons(action: ContainerActionName, pid: number, now: ActionSeen['now']): string[] {
  if (now === null) return ['the container is gone']
  switch (action) {
    case 'stop':
      return now.status === 'exited' ? [] : [`it is ${now.status} instead of stopped`]
    case 'pause':
      return now.status === 'paused' ? [] : [`it is ${now.status} instead of paused`]
    case 'restart':
      return now.pid === pid ? [`its main process is still ${pid}`] : []
  }
}
