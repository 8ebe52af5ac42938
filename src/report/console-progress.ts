/** Live progress on stderr: one line that refreshes itself on a terminal, plain lines elsewhere. stdout stays for results. */
import type { Reporter } from '../core/ports.ts'
import type { RunEvent } from '../core/run-event.ts'
import { consoleText } from './escape.ts'
import { duration } from './facts.ts'
import { eventText, liveText } from './run-log.ts'

const REFRESH_MS = 500
const CLEAR_LINE = '\r\u001b[2K'

export interface ProgressOptions {
  readonly stream: { write(text: string): unknown; readonly columns?: number }
  /** A person watches; false in CI, where every refresh would be a line of its own. */
  readonly isTerminal: boolean
  readonly nowMs?: () => number
}

interface State {
  text: string
  phase: string
  startedMs: number
  leftMs: number | null
}

export function consoleProgress(options: ProgressOptions): Reporter {
  return options.isTerminal ? liveProgress(options) : plainProgress(options)
}

/** A CI log gets a live line every so often. */
const PLAIN_LIVE_EVERY_MS = 10_000

function plainProgress({ stream, nowMs = () => performance.now() }: ProgressOptions): Reporter {
  let lastMs = -Infinity
  const isDue = (): boolean => {
    if (nowMs() - lastMs < PLAIN_LIVE_EVERY_MS) return false
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

function liveProgress({ stream, nowMs = () => performance.now() }: ProgressOptions): Reporter {
  let state: State | null = null
  let timer: NodeJS.Timeout | undefined
  const draw = (): void => {
    if (state === null) return
    const elapsedMs = nowMs() - state.startedMs
    const left = state.leftMs === null ? '' : `, about ${duration(wholeSeconds(Math.max(0, state.leftMs - elapsedMs)))} left`
    const phase = state.phase === '' ? '' : ` · ${state.phase}`
    stream.write(
      CLEAR_LINE + consoleText(`${state.text}${phase} · ${duration(wholeSeconds(elapsedMs))}${left}`, (stream.columns ?? 80) - 1),
    )
  }
  const line = (event: RunEvent): void => {
    stream.write(`${CLEAR_LINE}${consoleText(eventText(event), 1_000)}\n`)
  }
  const show = (text: string, leftMs: number | null): void => {
    state = { text, phase: '', startedMs: nowMs(), leftMs }
    timer ??= setInterval(draw, REFRESH_MS).unref()
    draw()
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
    state = null
    stream.write(CLEAR_LINE)
  }
  return {
    name: 'progress',
    onEvent(event) {
      switch (event.type) {
        case 'step-started':
          show(event.step, null)
          return
        case 'scenario-started':
          show(`${event.id} ${event.name} (${String(event.index)}/${String(event.total)})`, event.leftMs)
          return
        case 'phase-started':
          if (state !== null) state.phase = event.phase
          draw()
          return
        case 'load-live':
          if (state !== null) state.phase = liveText(event)
          draw()
          return
        case 'run-ended':
          stop()
          line(event)
          return
        case 'run-started':
        case 'step-ended':
        case 'scenario-ended':
        case 'log':
          if (isChatter(event)) return
          line(event)
          draw()
      }
    },
    onEnd() {
      stop()
      return Promise.resolve()
    },
  }
}

/** What the engine tells itself; the front end's logger decides what of it people see. */
function isChatter(event: RunEvent): boolean {
  return event.type === 'log' && (event.level === 'debug' || event.level === 'info')
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
