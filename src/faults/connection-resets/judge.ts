import type { ResetCounters } from '../../toolbox/operations/network/resets.ts'
import type { Judgement } from '../shared/evidence.ts'
import { thirdOf } from './moments.ts'

export interface ResetsSeen {
  readonly windowMs: number
  readonly plannedMoments: number
  /** In the namespace that resets. */
  readonly counters: ResetCounters
  /** Established connections that the other end saw reset, before the fault and since. */
  readonly peerBaselineResets: number
  readonly peerEstabResets: number
}

/** Pure: at least one connection reset in every third of the window, and the kernel's own counters agree that resets happened. */
export function judgeResets(seen: ResetsSeen): Judgement {
  const { counters, windowMs } = seen
  const inThird = (third: number): number =>
    counters.history.filter(({ atMs }) => thirdOf(atMs, windowMs) === third).reduce((sum, { resets }) => sum + resets, 0)
  const [first, second, last] = [inThird(0), inThird(1), inThird(2)]
  const thirds = [first, second, last]
  const empty = thirds.flatMap((count, index) => (count === 0 ? [index + 1] : []))
  // ss -K sends RSTs that OutRsts counts; a REJECT rule's never reach it, but the peer's EstabResets has them.
  const kernel = Math.max(counters.outRsts, seen.peerEstabResets)
  const reasons = [
    empty.length === 0 ? null : `no connection was reset in third ${empty.join(' and ')} of the window (${thirds.join(', ')})`,
    counters.moments >= seen.plannedMoments
      ? null
      : `only ${counters.moments} of ${seen.plannedMoments} moments had passed when the window ended`,
    kernel >= 3
      ? null
      : `the kernel counted ${counters.outRsts} resets sent and the other end ${seen.peerEstabResets} received, at least 3 are needed`,
  ].filter((reason) => reason !== null)
  return {
    headline: `${counters.resets} resets at ${counters.moments} moments (${thirds.join(', ')} by third)`,
    measures: {
      resetsCount: counters.resets,
      momentsCount: counters.moments,
      firstThirdCount: first,
      secondThirdCount: second,
      lastThirdCount: last,
      outRstsCount: counters.outRsts,
      peerBaselineResetsCount: seen.peerBaselineResets,
      peerEstabResetsCount: seen.peerEstabResets,
    },
    reasons,
  }
}
