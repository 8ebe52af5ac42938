import type { ToxiproxyToxicName } from '../toxics.ts'
import { measureBandwidth } from './bandwidth.ts'
import { measureBlackhole } from './blackhole.ts'
import { measureLatency } from './latency.ts'
import { measureLimitData } from './limit-data.ts'
import type { Measure } from './measure.ts'
import { measureDown, measureResetPeer } from './refused.ts'
import { measureSlicer } from './slicer.ts'
import { measureSlowClose } from './slow-close.ts'

/** How each toxic is proven to bite. A toxic without a measure would be one that nothing proves. */
export const MEASURES: Readonly<Record<ToxiproxyToxicName, Measure>> = {
  latency: measureLatency,
  bandwidth: measureBandwidth,
  slow_close: measureSlowClose,
  timeout: measureBlackhole,
  reset_peer: measureResetPeer,
  slicer: measureSlicer,
  limit_data: measureLimitData,
  down: measureDown,
}
