/** One line on a terminal that says what is under way, for how long, and what is left; it is drawn again twice a second. */
import { msBetween, type Mono } from '../../core/time/moment.ts'
import { consoleText } from '../escape.ts'
import { duration } from '../facts.ts'

const REFRESH_MS = 500
const CLEAR_LINE = '\r\u001b[2K'
const LINE_LIMIT = 1_000

export interface TerminalStream {
  write(text: string): unknown
  readonly columns?: number
}

/** A scenario or load pattern that is under way: several may be, on stacks of their own. */
interface Running {
  readonly title: string
  phase: string
}

export class LiveLine {
  readonly #stream: TerminalStream
  readonly #nowMs: () => Mono
  readonly #running = new Map<string, Running>()
  #step: string | null = null
  #sinceMs: Mono
  #leftMs: number | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(stream: TerminalStream, nowMs: () => Mono) {
    this.#stream = stream
    this.#nowMs = nowMs
    this.#sinceMs = nowMs()
  }

  step(text: string): void {
    this.#step = text
    this.#show(null)
  }

  /** A scenario begins; `leftMs` is of the whole run. */
  begin(id: string, title: string, leftMs: number): void {
    this.#running.set(id, { title, phase: '' })
    this.#step = null
    this.#show(leftMs)
  }

  tell(id: string, phase: string): void {
    const one = this.#running.get(id)
    if (one !== undefined) one.phase = phase
    this.#draw()
  }

  end(id: string): void {
    this.#running.delete(id)
  }

  /** A line that stays, above this one. */
  print(text: string): void {
    this.#stream.write(`${CLEAR_LINE}${consoleText(text, LINE_LIMIT)}\n`)
    this.#draw()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#step = null
    this.#running.clear()
    this.#stream.write(CLEAR_LINE)
  }

  #show(leftMs: number | null): void {
    this.#sinceMs = this.#nowMs()
    this.#leftMs = leftMs
    this.#timer ??= setInterval(() => {
      this.#draw()
    }, REFRESH_MS).unref()
    this.#draw()
  }

  #draw(): void {
    const text = this.#running.size === 0 ? this.#step : this.#runningText()
    if (text === null) return
    const elapsedMs = msBetween(this.#sinceMs, this.#nowMs())
    const left = this.#leftMs === null ? '' : `, about ${seconds(Math.max(0, this.#leftMs - elapsedMs))} left`
    const columns = (this.#stream.columns ?? 80) - 1
    this.#stream.write(CLEAR_LINE + consoleText(`${text} · ${seconds(elapsedMs)}${left}`, columns))
  }

  /** One with its name, several by their ids. */
  #runningText(): string {
    const parts = [...this.#running].map(([id, { title, phase }]) => {
      const name = this.#running.size === 1 ? title : id
      return phase === '' ? name : `${name} · ${phase}`
    })
    return parts.join(' | ')
  }
}

/** No tenths: they would flicker. */
function seconds(ms: number): string {
  return duration(Math.floor(ms / 1_000) * 1_000)
}
