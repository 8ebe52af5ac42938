/** Live progress on stderr: one line that refreshes itself on a terminal, plain lines elsewhere. stdout stays for results. */
import { systemClock } from '../../core/time/clock.ts'
import { msBetween, type Mono } from '../../core/time/moment.ts'
import type { Reporter } from '../../ports/reporter.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { consoleText } from '../escape.ts'
import { LiveLine, type TerminalStream } from './live-line.ts'
import { eventText, liveText } from './run-log.ts'

export interface ProgressOptions {
  readonly stream: TerminalStream
  /** A person watches; false in CI, where every refresh would be a line of its own. */
  readonly isTerminal: boolean
  readonly nowMs?: () => Mono
}

export function consoleProgress(options: ProgressOptions): Reporter {
  return options.isTerminal ? liveProgress(options) : plainProgress(options)
}

/** A CI log gets a live line every so often. */
const PLAIN_LIVE_EVERY_MS = 10_000

function plainProgress({ stream, nowMs = () => systemClock.nowMs() }: ProgressOptions): Reporter {
  let lastMs: Mono | null = null
  const isDue = (): boolean => {
    if (lastMs !== null && msBetween(lastMs, nowMs()) < PLAIN_LIVE_EVERY_MS) return false
    lastMs = nowMs()
    return true
  }
  return {
    name: 'progress',
    onEvent(event) {
      // Phases are for run.log and for the live line; a CI log is read afterwards.
      if (event.type === 'phase-started' || isChatter(event)) return
      if (event.type === 'load-live' && !isDue()) return
      stream.write(`${consoleText(eventText(event), 1_000)}\n`)
    },
    onEnd: () => Promise.resolve(),
  }
}

function liveProgress({ stream, nowMs = () => systemClock.nowMs() }: ProgressOptions): Reporter {
  const live = new LiveLine(stream, nowMs)
  return {
    name: 'progress',
    onEvent(event) {
      switch (event.type) {
        case 'step-started':
          live.step(event.step)
          return
        case 'scenario-started':
          live.begin(event.id, `${event.id} ${event.name} (${event.index}/${event.total})`, event.leftMs)
          return
        case 'phase-started':
          live.tell(event.id, event.phase)
          return
        case 'load-live':
          live.tell(event.id, liveText(event))
          return
        case 'run-ended':
          live.stop()
          live.print(eventText(event))
          return
        case 'scenario-ended':
          live.end(event.id)
          live.print(eventText(event))
          return
        case 'run-started':
        case 'step-ended':
        case 'log':
          if (!isChatter(event)) live.print(eventText(event))
      }
    },
    onEnd() {
      live.stop()
      return Promise.resolve()
    },
  }
}

/** What the engine tells itself; the front end's logger decides what of it people see. */
function isChatter(event: RunEvent): boolean {
  return event.type === 'log' && (event.level === 'debug' || event.level === 'info')
}
