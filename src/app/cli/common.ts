import { InvalidArgumentError } from 'commander'
import type { Logger } from '../../ports/reporter.ts'
import type { LogLevel } from '../../core/run-event.ts'

/** Strict: `12s`, `1e3` and an empty string are refused, not rounded. */
export function parseInteger(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= minimum && value <= maximum))
      throw new InvalidArgumentError(`a whole number from ${minimum} to ${maximum} is expected.`)
    return value
  }
}

/** Splits at commas, so that `--only NF-001,'NF-*'` and a repeated flag mean the same; empty parts are refused. */
export function collectList(text: string, before: readonly string[] = []): string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.some((part) => part === '')) throw new InvalidArgumentError('an empty name is in the list.')
  return [...before, ...parts]
}

export function collectOneOf<T extends string>(allowed: readonly T[]): (text: string, before?: readonly T[]) => T[] {
  return (text, before = []) => {
    const parts = collectList(text)
    const isAllowed = (part: string): part is T => (allowed as readonly string[]).includes(part)
    const good = parts.filter(isAllowed)
    if (good.length !== parts.length) throw new InvalidArgumentError(`allowed are ${allowed.join(', ')}.`)
    return [...before, ...good]
  }
}

/** Warnings and errors to stderr; the rest only with CHAOS_DEBUG=1. */
export function stderrLogger(env: Readonly<Record<string, string | undefined>>): Logger {
  const least: LogLevel = env['CHAOS_DEBUG'] === '1' ? 'debug' : 'warn'
  const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
  return {
    log(level, text) {
      if (order.indexOf(level) >= order.indexOf(least)) process.stderr.write(`${level}: ${text}\n`)
    },
  }
}

/** As a shell would say it: 128 and the signal's number. */
const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * Aborts on the first SIGINT or SIGTERM; a second one ends the process at once. The end of the terminal, or of the program
 * that reads our output, aborts as well: it must not be the end of a process that has something to take back. `code` is 0
 * until one of these came.
 */
export function watchSignals(): Disposable & { readonly signal: AbortSignal; code(): number } {
  const controller = new AbortController()
  let code = 0
  const abort = (own: number, why: string): void => {
    code = own
    process.stderr.write(`\n${why}: reverting and taking down; once more ends at once\n`)
    controller.abort(new Error(`interrupted by ${why}`))
  }
  const handlers = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map((name) => {
    const onSignal = (): void => {
      if (code === 0) abort(SIGNAL_CODES[name], name)
      // The lease runs out with the process: helpers undo their faults, and `cleanup` removes the rest. A terminal that
      // goes away says so more than once.
      else if (name !== 'SIGHUP') process.exit(SIGNAL_CODES[name])
    }
    process.on(name, onSignal)
    return () => process.off(name, onSignal)
  })
  // These stay: an output that is gone is no reason for another end than the one that the run comes to.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {
      if (code === 0) abort(SIGNAL_CODES.SIGHUP, 'the end of whoever read the output')
    })
  }
  return {
    signal: controller.signal,
    code: () => code,
    [Symbol.dispose]() {
      for (const off of handlers) off()
    },
  }
}
