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
  readonly text: string
  readonly startedMs: number
  readonly leftMs: number | null
}

/** A scenario or load pattern that is under way: several may be, on stacks of their own. */
interface Running {
  readonly title: string
  phase: string
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
  const running = new Map<string, Running>()
  let timer: NodeJS.Timeout | undefined
  const draw = (): void => {
    if (state === null) return
    const elapsedMs = nowMs() - state.startedMs
    const left = state.leftMs === null ? '' : `, about ${duration(wholeSeconds(Math.max(0, state.leftMs - elapsedMs)))} left`
    stream.write(
      CLEAR_LINE +
        consoleText(
          `${runningText(running) ?? state.text} · ${duration(wholeSeconds(elapsedMs))}${left}`,
          (stream.columns ?? 80) - 1,
        ),
    )
  }
  const line = (event: RunEvent): void => {
    stream.write(`${CLEAR_LINE}${consoleText(eventText(event), 1_000)}\n`)
  }
  const show = (text: string, leftMs: number | null): void => {
    state = { text, startedMs: nowMs(), leftMs }
    timer ??= setInterval(draw, REFRESH_MS).unref()
    draw()
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
    state = null
    running.clear()
    stream.write(CLEAR_LINE)
  }
  const tell = (id: string, phase: string): void => {
    const one = running.get(id)
    if (one !== undefined) one.phase = phase
    draw()
  }
  return {
    name: 'progress',
    onEvent(event) {
      switch (event.type) {
        case 'step-started':
          show(event.step, null)
          return
        case 'scenario-started':
          running.set(event.id, { title: `${event.id} ${event.name} (${String(event.index)}/${String(event.total)})`, phase: '' })
          show('', event.leftMs)
          return
        case 'phase-started':
          tell(event.id, event.phase)
          return
        case 'load-live':
          tell(event.id, liveText(event))
          return
        case 'run-ended':
          stop()
          line(event)
          return
        case 'scenario-ended':
          running.delete(event.id)
          line(event)
          draw()
          return
        case 'run-started':
        case 'step-ended':
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

/** One with its name, several by their ids; null for none. */
function runningText(running: ReadonlyMap<string, Running>): string | null {
  if (running.size === 0) return null
  const parts = [...running].map(([id, { title, phase }]) => {
    const name = running.size === 1 ? title : id
    return phase === '' ? name : `${name} · ${phase}`
  })
  return parts.join(' | ')
}

/** What the engine tells itself; the front end's logger decides what of it people see. */
function isChatter(event: RunEvent): boolean {
  return event.type === 'log' && (event.level === 'debug' || event.level === 'info')
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
