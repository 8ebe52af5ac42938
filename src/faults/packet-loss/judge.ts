import { roundOrNull } from '../../core/statistics.ts'
import type { Judgement } from '../shared/evidence.ts'
import type { Side } from '../shared/links/legs.ts'

/**
 * How many packets show the share: at least, and so many that the margin is five sigma away. DESIGN's margin is 30 ± 8 % over at
 * least 400. Where each of them must be lost fewer will do, and those who get no answer send few.
 */
export function packetsNeeded(percent: number): { readonly fewest: number; readonly wanted: number } {
  return percent === 100 ? { fewest: 60, wanted: 200 } : { fewest: 400, wanted: 800 }
}

const WIDEST_MARGIN_PERCENT = 8

export interface EndLoss {
  readonly side: Side
  readonly packets: number
  readonly dropped: number
  /** Segments that this namespace sent again, without the fault and since then. */
  readonly baselineRetransmits: number
  readonly retransmits: number
}

export interface ProbeCount {
  readonly sent: number
  readonly answered: number
}

/** Pure: the share that the kernel dropped over both ends, in each direction, and that TCP had to send again. */
export function judgeLoss(percent: number, ends: readonly EndLoss[], before: ProbeCount): Judgement {
  const { fewest } = packetsNeeded(percent)
  const packets = sum(ends.map((end) => end.packets))
  const dropped = sum(ends.map((end) => end.dropped))
  const retransmits = sum(ends.map((end) => end.retransmits))
  const measured = (100 * dropped) / packets
  const margin = marginPercent(percent, packets)
  const shown = packets === 0 ? 'no packet was seen' : `${String(roundOrNull(measured, 1))} % of ${packets} packets dropped`
  const reasons = [
    before.answered >= 0.8 * before.sent && before.sent > 0
      ? null
      : `before the fault only ${before.answered} of ${before.sent} probes were answered over the leg`,
    packets >= fewest ? null : `only ${packets} packets crossed the leg, ${fewest} are needed to measure the loss`,
    dropped > 0 && Math.abs(measured - percent) <= margin
      ? null
      : `${shown}, expected ${percent} ± ${String(roundOrNull(margin, 1))} %`,
    percent < 100 ? deadDirection(ends) : null,
    retransmits > 0 ? null : 'TCP sent nothing again, so no lost packet mattered to anyone',
  ].filter((reason) => reason !== null)
  return {
    headline: `${shown}, ${retransmits} segments sent again`,
    measures: {
      lossPercent: roundOrNull(measured, 2),
      packetsCount: packets,
      droppedCount: dropped,
      clientPacketsCount: sum(ends.filter((end) => end.side === 'client').map((end) => end.packets)),
      clientDroppedCount: sum(ends.filter((end) => end.side === 'client').map((end) => end.dropped)),
      serverPacketsCount: sum(ends.filter((end) => end.side === 'server').map((end) => end.packets)),
      serverDroppedCount: sum(ends.filter((end) => end.side === 'server').map((end) => end.dropped)),
      baselineRetransmitsCount: sum(ends.map((end) => end.baselineRetransmits)),
      retransmitsCount: retransmits,
    },
    reasons,
  }
}

/** Four sigma of a fair draw, at most the design's margin: a small loss must not be met by none at all. */
function marginPercent(percent: number, packets: number): number {
  const share = percent / 100
  const sigma = packets === 0 ? 0 : 100 * Math.sqrt((share * (1 - share)) / packets)
  return Math.min(WIDEST_MARGIN_PERCENT, 4 * sigma)
}

function deadDirection(ends: readonly EndLoss[]): string | null {
  const missing = (['client', 'server'] as const).filter(
    (side) => sum(ends.filter((end) => end.side === side).map((end) => end.dropped)) === 0,
  )
  return missing.length === 0 ? null : `nothing was dropped on the way to the ${missing.join(' and the ')}`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
