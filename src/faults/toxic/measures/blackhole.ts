import type { FaultContext } from '../../../kinds/context.ts'
import type { HeldResult } from '../../../toolbox/operations/requests/hold.ts'
import type { MarkerCounters } from '../../../toolbox/operations/network/marker.ts'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { sendBurst, withinWindow } from '../../shared/access.ts'
import { holdConnections, tryHeld } from './held.ts'
import { attributeOf, type Measure, type ToxicOnLink } from './measure.ts'
import { answered, BASELINE_BURST, countErrors, weakBaseline } from '../../shared/samples.ts'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'

export interface BlackholeSpec {
  readonly share: number
  /** toxiproxy closes the connection when nothing came for so long; 0 keeps it open and silent. */
  readonly closesAfterMs: number
  readonly timeoutMs: number
  readonly directions: string
}

export interface BlackholeSeen {
  readonly baseline: readonly HttpProbeSample[]
  readonly during: readonly HttpProbeSample[]
  /** How many connections from before the fault were held; null when none could be. */
  readonly held: HeldResult | null
  /** Packets of ours at the proxy's two sides; null when the way up is not part of the fault. */
  readonly marked: { readonly before: MarkerCounters; readonly during: MarkerCounters } | null
}

const SILENCE_MS = 1_000

/** timeout, and bandwidth 0: bytes disappear. Proven on new and on old connections, and on the way up by packet counters. */
export const measureBlackhole: Measure = async (on, ctx) => {
  // bandwidth has no such attribute, and closes nothing.
  const closesAfterMs = attributeOf(on, 'timeout')
  const share = expectedShare(on.toxicity, on.streams.length)
  const counted = await countMarked(on, ctx, () => sendBurst(ctx.observer, on.access, BASELINE_BURST, ctx.signal))
  const holding = await holdConnections(on, ctx)
  return async (during) => {
    const timeoutMs = withinWindow(during, closesAfterMs * on.streams.length + SILENCE_MS)
    const burst = { count: connectionsFor(share, 10), intervalMs: 20, timeoutMs }
    const [seen, held] = await Promise.all([
      countMarked(on, during, () => sendBurst(during.observer, on.access, burst, during.signal)),
      holding ? tryHeld(on, during, timeoutMs) : null,
    ])
    const spec = { share, closesAfterMs, timeoutMs, directions: on.streams.join(' and ') }
    const marked = counted.marked && seen.marked ? { before: counted.marked, during: seen.marked } : null
    return judgeBlackhole(spec, { baseline: counted.samples, during: seen.samples, held, marked })
  }
}

async function countMarked(
  on: ToxicOnLink,
  ctx: FaultContext,
  send: () => Promise<HttpProbeSample[]>,
): Promise<{ samples: HttpProbeSample[]; marked: MarkerCounters | null }> {
  if (on.marker === null) return { samples: await send(), marked: null }
  const helper = ctx.toolbox.get(on.marker.helper)
  const before = await helper.call('marker.read', {}, ctx.signal)
  const samples = await send()
  const after = await helper.call('marker.read', {}, ctx.signal)
  return { samples, marked: { into: after.into - before.into, outOf: after.outOf - before.outOf } }
}

/** Pure: nothing comes back on any connection, nothing of ours leaves the proxy upstream, and before both happened. */
export function judgeBlackhole(spec: BlackholeSpec, seen: BlackholeSeen): Judgement {
  const silent = seen.during.filter((sample) => sample.status === null && sample.bytes === 0)
  const accepted = seen.during.filter((sample) => sample.connectMs !== null).length
  const misfit = shareMisfit(silent.length, seen.during.length, spec.share)
  const reasons = [
    weakBaseline(seen.baseline),
    misfit === null ? null : `new connections: ${misfit} (${countErrors(seen.during)})`,
    wrongEnd(spec, silent),
    spec.share >= 1 ? heldMisfit(seen.held) : null,
    ...(seen.marked === null ? [] : markedMisfit(spec.share, seen.marked)),
  ].filter((reason) => reason !== null)
  return { headline: headline(spec, seen, silent.length, accepted), measures: measures(seen, silent.length, accepted), reasons }
}

/** A blackhole is silent; a refusal or a reset is another fault, which callers notice at once. */
function wrongEnd(spec: BlackholeSpec, silent: readonly HttpProbeSample[]): string | null {
  const refused = silent.filter((sample) => sample.connectMs === null && sample.error !== 'timeout').length
  if (refused > 0) return `${refused} new connections were refused, not left without an answer`
  const closed = silent.filter((sample) => sample.error !== 'timeout').length
  if (spec.closesAfterMs === 0 && closed > 0)
    return `${closed} new connections were closed, not left silent (${countErrors(silent)})`
  const closeSeen = spec.closesAfterMs > 0 && spec.timeoutMs >= spec.closesAfterMs + 300
  if (closeSeen && closed < silent.length) {
    return `${silent.length - closed} connections were still open ${spec.timeoutMs} ms later, the toxic closes them after ${spec.closesAfterMs} ms`
  }
  return null
}

function heldMisfit(held: HeldResult | null): string | null {
  if (held === null || (held.answered === 0 && held.bytes === 0)) return null
  return `${held.answered} of ${held.held} connections from before the fault were still answered (${held.bytes} bytes)`
}

function markedMisfit(share: number, marked: NonNullable<BlackholeSeen['marked']>): (string | null)[] {
  const { before, during } = marked
  const gone = during.into - during.outOf
  return [
    before.into > 0 && before.outOf > 0
      ? null
      : `before the fault ${before.into} packets of ours went into the proxy and ${before.outOf} left it`,
    during.into > 0 ? null : 'no packet of ours reached the proxy during the fault',
    share >= 1 && during.outOf > 0 ? `${during.outOf} packets of ours still left the proxy upstream` : null,
    share < 1 && gone <= 0 ? 'no packet of ours was held back on the way up' : null,
  ]
}

function headline(spec: BlackholeSpec, seen: BlackholeSeen, silent: number, accepted: number): string {
  const old =
    seen.held === null
      ? 'new connections, and no old one could be held'
      : `new and ${seen.held.held - seen.held.answered} of ${seen.held.held} old connections`
  const marked =
    seen.marked === null
      ? ''
      : `; of ${seen.marked.during.into} packets of ours into the proxy ${seen.marked.during.outOf} left it upstream`
  const accepts =
    accepted > 0 ? `the proxy still accepted ${accepted} of ${seen.during.length} connects` : 'the proxy accepted no connect'
  return `no byte passed ${spec.directions} on ${silent} of ${seen.during.length} ${old}${marked}; ${accepts}`
}

function measures(seen: BlackholeSeen, silent: number, accepted: number): Judgement['measures'] {
  return {
    baselineAnsweredCount: answered(seen.baseline),
    newConnectionsCount: seen.during.length,
    newSilentCount: silent,
    connectsAcceptedCount: accepted,
    oldConnectionsCount: seen.held?.held ?? 0,
    oldAnsweredCount: seen.held?.answered ?? null,
    oldBytes: seen.held?.bytes ?? null,
    ...(seen.marked === null
      ? {}
      : {
          baselineIntoProxyPackets: seen.marked.before.into,
          baselineOutOfProxyPackets: seen.marked.before.outOf,
          intoProxyPackets: seen.marked.during.into,
          outOfProxyPackets: seen.marked.during.outOf,
        }),
  }
}
