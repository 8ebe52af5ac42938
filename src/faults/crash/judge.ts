/** Whether a signal really ended the main process of a container. Pure. */
import { msBetween, type Wall } from '../../core/time/moment.ts'
import { constants } from 'node:os'
import type { ContainerEvent } from '../../ports/docker.ts'
import { exitCodeOf, firstEvent, roundMs } from '../shared/containers/container-events.ts'
import type { Judgement } from '../shared/evidence.ts'

/** A signal that was delivered. */
export interface SentSignal {
  /** Of the main process, in the host's namespace. */
  readonly pid: number
  /** Right before it was sent. */
  readonly wallMs: Wall
  /** From the call of inject until the kernel, or the daemon, had taken it. */
  readonly decisionToSignalMs: number
}

export interface CrashSeen {
  readonly signal: string
  readonly containerId: string
  /** null when none was delivered; `problem` then says why. */
  readonly sent: SentSignal | null
  readonly problem: string | null
  readonly events: readonly ContainerEvent[]
  /** The container as it is now; null when it is gone. */
  readonly now: { readonly status: string; readonly pid: number } | null
}

/** 128 + n says that signal n ended a process; nothing above is one. */
const SIGNAL_BASE = 128
const HIGHEST_SIGNAL = 64

export function judgeCrash(seen: CrashSeen): Judgement {
  const { sent } = seen
  if (sent === null) {
    const why = seen.problem ?? 'no signal was sent to it'
    return { headline: `not hit (${why})`, measures: { signalled: false }, reasons: [why] }
  }
  const die = deathOf(seen)
  const exitCode = exitCodeOf(die)
  const signalToDieMs = die === null ? null : roundMs(msBetween(sent.wallMs, die.atMs))
  return {
    headline: headline(seen.signal, exitCode, signalToDieMs),
    measures: {
      signalled: true,
      decisionToSignalMs: roundMs(sent.decisionToSignalMs),
      signalToDieMs,
      exitCode,
      pidBefore: sent.pid,
      pidAfter: seen.now?.pid ?? null,
    },
    reasons: [...dieReasons(seen.signal, die, exitCode), ...pidReasons(sent.pid, seen.now)],
  }
}

/** The first death of that container after the signal; null when there was none yet. */
export function deathOf({
  events,
  containerId,
  sent,
}: Pick<CrashSeen, 'events' | 'containerId' | 'sent'>): ContainerEvent | null {
  return sent === null ? null : firstEvent(events, { containerId, action: 'die', sinceWallMs: sent.wallMs })
}

function headline(signal: string, exitCode: number | null, signalToDieMs: number | null): string {
  if (signalToDieMs === null) return `${signal} delivered, and it did not die`
  return `died ${Math.round(signalToDieMs)} ms after ${signal} with exit code ${String(exitCode ?? 'unknown')}`
}

function dieReasons(signal: string, die: ContainerEvent | null, exitCode: number | null): string[] {
  if (die === null) return [`Docker told of no death after ${signal}`]
  if (exitCode === null) return ['Docker told of a death without an exit code']
  return exitFits(signal, exitCode) ? [] : [`it died with exit code ${exitCode}, which is not how ${signal} ends a process`]
}

/** SIGKILL leaves no choice. Others end a process at once, or it ends in its own way, but not by another signal. */
function exitFits(signal: string, exitCode: number): boolean {
  const expected = SIGNAL_BASE + signalNumber(signal)
  if (exitCode === expected) return true
  return signal !== 'SIGKILL' && (exitCode <= SIGNAL_BASE || exitCode > SIGNAL_BASE + HIGHEST_SIGNAL)
}

function signalNumber(signal: string): number {
  const known: Readonly<Record<string, number>> = constants.signals
  return known[signal] ?? Number.NaN
}

function pidReasons(pid: number, now: CrashSeen['now']): string[] {
  const same = now !== null && now.pid === pid
  return same ? [`its main process is still ${pid} (${now.status})`] : []
}
