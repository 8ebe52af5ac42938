/** Whether so many connections really stood at once. Pure. */
import type { FloodFacts } from '../../toolbox/operations/requests/flood.ts'
import type { Judgement } from '../shared/evidence.ts'

/** `requests`: each sends the canary's request at the same moment. `idle`: open and silent. */
export const CONNECTION_MODES = ['requests', 'idle'] as const

export interface ConnectionsSeen {
  readonly spec: { readonly connections: number; readonly mode: (typeof CONNECTION_MODES)[number] }
  /** Established on the port in the target's network namespace, before; null when it was not counted. */
  readonly before: number | null
  /** The same, from the first connection of ours on. */
  readonly counts: readonly number[]
  /** What our own side has of them; null when none were opened, which `problem` says. */
  readonly flood: FloodFacts | null
  readonly problem: string | null
}

const NEAR_ENOUGH = 0.95

export function judgeConnections({ spec, before, counts, flood, problem }: ConnectionsSeen): Judgement {
  const { connections, mode } = spec
  if (flood === null) return { headline: 'no connection opened', measures: {}, reasons: [problem ?? 'no connection was opened'] }
  const peak = counts.length === 0 ? null : Math.max(...counts)
  const added = peak === null || before === null ? null : peak - before
  const wanted = connections * NEAR_ENOUGH
  const reasons = problem === null ? [] : [problem]
  if (before === null) reasons.push('the connections of the target were not counted before the fault')
  else if (added === null) reasons.push('the connections of the target were not counted while they stood')
  else if (added < wanted) reasons.push(`at most ${added} of ${connections} connections stood at once in the target's network`)
  if (mode === 'requests' && flood.peakInFlight < wanted)
    reasons.push(`at most ${flood.peakInFlight} of ${connections} requests were unanswered at once`)
  const inFlight = mode === 'requests' ? `, ${flood.peakInFlight} requests unanswered at once` : ''
  return {
    headline: `${String(added ?? 'unknown')} more connections at once${inFlight}`,
    measures: {
      establishedBefore: before,
      establishedPeak: peak,
      establishedLast: counts.at(-1) ?? null,
      counts: counts.length,
      openedPeak: flood.peakOpen,
      refused: flood.refused,
      closed: flood.closed,
      requestsInFlightPeak: mode === 'requests' ? flood.peakInFlight : null,
      ...Object.fromEntries(Object.entries(flood.statuses).map(([status, count]) => [`answers${status}`, count])),
    },
    reasons,
  }
}
