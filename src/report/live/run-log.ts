import { isoTime, type Wall } from '../../core/time/moment.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { consoleText } from '../escape.ts'
import { duration } from '../facts.ts'

/** One line of `run.log`, without its newline: time, then what happened. */
export function runLogLine(event: RunEvent, wallMs: Wall): string {
  return `${isoTime(wallMs)} ${consoleText(eventText(event), 4_000)}`
}

/** `480 users, 310 requests/s, p95 41 ms, 0.3 % errors (12 in all)`. */
export function liveText(event: Extract<RunEvent, { type: 'load-live' }>): string {
  const users = event.users === null ? '' : `${event.users} users, `
  const rate = `${Math.round(event.requestsPerSecond)} requests/s, p95 ${duration(event.p95Ms)}`
  return `${users}${rate}, ${(event.errorRate * 100).toFixed(1)} % errors (${event.errors} in all)`
}

/** An event in words; plain progress lines are made of it too. */
export function eventText(event: RunEvent): string {
  switch (event.type) {
    case 'run-started':
      return (
        `run ${event.runId}: ${event.scenarios} scenarios on ${event.stack}, profile ${event.profile}, ` +
        `${event.seed === null ? '' : `seed ${event.seed}, `}planned ${duration(event.plannedMs)}`
      )
    case 'step-started':
      return `${event.step} …`
    case 'step-ended':
      return `${event.step}: ${duration(event.durationMs)}`
    case 'scenario-started':
      return `${event.id} ${event.name} (${event.index} of ${event.total}, about ${duration(event.plannedMs)}, ${duration(event.leftMs)} left in all)`
    case 'phase-started':
      return `${event.id}: ${event.phase}`
    case 'scenario-ended':
      return `${event.id}: ${event.verdict} after ${duration(event.durationMs)}${event.summary === '' ? '' : `: ${event.summary}`}`
    case 'load-live':
      return `${event.id}: ${liveText(event)}, ${duration(event.leftMs)} left`
    case 'log':
      return `${event.level}: ${event.text}`
    case 'run-ended':
      return `run ended: ${event.verdict} after ${duration(event.durationMs)}`
  }
}
