import { pino, type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout. There is no line per request: only for what failed, what was tried again, and what came or went. */
export function createLog(service: string): Logger {
  return pino({
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
}
