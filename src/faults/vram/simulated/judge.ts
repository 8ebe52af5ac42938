/** Whether simulated GPU memory was really taken, by us, and stayed so. Pure. */
import type { Judgement } from '../../shared/evidence.ts'
import { nothingTaken, shareMeasures, shareOf, shortOf, takenReasons, type TakenSeen } from '../judge.ts'
import { sumOf, type MemoryOfOne } from './filling.ts'

export interface VramReading {
  readonly containers: readonly MemoryOfOne[]
  /** Running containers that did not tell. */
  readonly unread: number
  /** Our own requests that had no answer at that time. */
  readonly inFlight: number
}

export interface VramSeen extends TakenSeen<VramReading> {
  readonly baseline: VramReading | null
  /** False when nothing was sent, which `problem` says. */
  readonly begun: boolean
  readonly sent: number
  readonly answered: Readonly<Record<string, number>>
}

/** The share of all containers together in percent, with two decimals; null where there is no total. */
function usedPercent(containers: readonly MemoryOfOne[]): number | null {
  const { usedBytes, totalBytes } = sumOf(containers)
  return shareOf(usedBytes, totalBytes)
}

export function judgeSimulatedVram(seen: VramSeen): Judgement {
  const { percent, baseline, readings } = seen
  if (!seen.begun) return nothingTaken(seen.problem)
  const before = baseline === null ? null : usedPercent(baseline.containers)
  const shares = readings.map(({ containers }) => usedPercent(containers)).filter((share) => share !== null)
  const first = readings[0]
  const total = first === undefined ? null : sumOf(first.containers)
  return {
    headline: `simulated: ${String(shares[0] ?? 'unknown')} % of the declared GPU memory in use (${String(before ?? 'unknown')} % before), ${first?.inFlight ?? 0} requests of ours unanswered`,
    measures: {
      simulated: true,
      ...shareMeasures(before, shares),
      usedBytesBefore: baseline === null ? null : sumOf(baseline.containers).usedBytes,
      usedBytes: total?.usedBytes ?? null,
      totalBytes: total?.totalBytes ?? null,
      ownRequestsInFlight: first?.inFlight ?? 0,
      fewestOwnRequestsInFlight: readings.length === 0 ? null : Math.min(...readings.map(({ inFlight }) => inFlight)),
      requestsSent: seen.sent,
      readings: readings.length,
      ...Object.fromEntries(Object.entries(seen.answered).map(([status, count]) => [`answers${status}`, count])),
    },
    reasons: takenReasons(seen, before, (reading) => whyNot(reading, percent)),
  }
}

function whyNot({ containers, unread, inFlight }: VramReading, percent: number): string | null {
  if (unread > 0) return `${unread} containers did not tell how much they use`
  if (inFlight === 0) return 'no request of ours was under way'
  return shortOf(percent, usedPercent(containers) ?? 0)
}
