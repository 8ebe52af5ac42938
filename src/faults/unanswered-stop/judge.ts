/** Whether a process was deaf while the system asked it to stop. Pure. */
import type { ProcessFacts } from '../../toolbox/operations/processes/process.ts'
import { roundMs } from '../shared/containers/container-events.ts'
import type { Judgement } from '../shared/evidence.ts'

export interface DeafSeen {
  /** The signal that the system is expected to send. */
  readonly signal: string
  /** The process that was stopped; null when none was, and `problem` says why. */
  readonly stopped: { readonly pid: number; readonly startTicks: number } | null
  readonly problem: string | null
  /** Looks at the process, from before the system was asked on, in ms after the call of inject. */
  readonly looks: readonly { readonly atMs: number; readonly facts: ProcessFacts }[]
  /** When the system was asked, in ms after the call of inject; null when it was not. */
  readonly askedMs: number | null
  /** From the call of inject until the kernel had taken the SIGSTOP. */
  readonly decisionToSignalMs: number | null
}

export function judgeUnansweredStop(seen: DeafSeen): Judgement {
  const { stopped, signal, askedMs } = seen
  if (stopped === null) {
    const why = seen.problem ?? 'nothing was stopped'
    return { headline: `not deaf (${why})`, measures: { stopped: false }, reasons: [why] }
  }
  // Stopped, and still the process that was: a pid may have been given to another.
  const deaf = seen.looks.filter(
    ({ facts: { alive, state, startTicks } }) => alive && state === 'T' && startTicks === stopped.startTicks,
  )
  const pending = deaf.find(({ facts }) => facts.pendingSignals.includes(signal))
  const afterMs = pending === undefined || askedMs === null ? null : roundMs(pending.atMs - askedMs)
  // Deaf when it was asked, and nothing came: what could not be answered was not sent.
  const wasDeaf = askedMs !== null && seen.problem === null && deaf.some(({ atMs }) => atMs <= askedMs)
  const isEscape = pending === undefined && wasDeaf
  const when = afterMs === null ? '' : ` ${Math.round(afterMs)} ms after the system was asked to stop it`
  return {
    headline: pending === undefined ? `${signal} was not seen pending` : `${signal} pending${when}, state T`,
    measures: {
      stopped: deaf.length > 0,
      decisionToSignalMs: seen.decisionToSignalMs === null ? null : roundMs(seen.decisionToSignalMs),
      askedToPendingMs: afterMs,
      pid: stopped.pid,
      looks: seen.looks.length,
    },
    reasons: isEscape ? [] : reasonsOf(seen, deaf.length > 0, pending?.atMs ?? null),
    ...(isEscape ? { escaped: [escapeOf(seen)] } : {}),
  }
}

function escapeOf({ signal, looks }: DeafSeen): string {
  const gone = looks.find(({ facts }) => !facts.alive)
  const end = gone === undefined ? 'it was asked for nothing' : 'it was ended by force, and asked for nothing before'
  return `the system was to stop it, and ${signal} was never seen pending: ${end}`
}

function reasonsOf({ signal, looks, askedMs, problem }: DeafSeen, deaf: boolean, pendingMs: number | null): string[] {
  const reasons = problem === null ? [] : [problem]
  if (looks.length === 0) return [...reasons, 'nobody looked at the process']
  if (!deaf) reasons.push('the process was never seen stopped (state T)')
  if (askedMs === null) reasons.push('the system was not asked to stop it')
  else if (pendingMs === null) reasons.push(`the system was asked, and ${signal} was never seen pending at the stopped process`)
  else if (pendingMs < askedMs) reasons.push(`${signal} was pending before the system was asked to stop it`)
  return reasons
}
