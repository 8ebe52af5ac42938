/** A link as our own probes meet it, before the fault and while it bites. */
import { vi } from 'vitest'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ToolboxHelper } from '../../../ports/toolbox.ts'
import { helper } from '../../../ports/toolbox.fixture.ts'
import type { HeldResult } from '../../../toolbox/operations/requests/hold.ts'
import type { MarkerCounters } from '../../../toolbox/operations/network/marker.ts'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import type { ArgumentsOf } from '../../../toolbox/operations/registry.ts'
import { faultContext, toolbox } from '../../shared/context.fixture.ts'
import type { Judgement } from '../../shared/evidence.ts'
import type { Measure, ToxicOnLink } from './measure.ts'

type Burst = ArgumentsOf<'probe.http'>
export type Transfer = ArgumentsOf<'probe.transfer'>

/** What is behind the link: how it answers each question of a probe. */
export interface LinkModel {
  readonly answer?: (place: number, burst: Burst) => HttpProbeSample
  readonly transfer?: (transfer: Transfer) => TransferResult
  /** Connections that it keeps open, when it is asked to. */
  readonly held?: number
  readonly tryHeld?: (timeoutMs: number) => HeldResult
}

/** What was asked of a link, in order. */
interface Asked {
  readonly bursts: Burst[]
  readonly transfers: Transfer[]
  /** Ids of held connections, as they were opened, tried and closed. */
  readonly held: string[]
}

export function toxicOn(changes: Partial<ToxicOnLink> = {}): ToxicOnLink {
  return {
    access: {
      link: 'queen-proxy',
      target: { host: 'toxiproxy', port: 8080 },
      path: '/health',
      headers: { accept: 'text/plain' },
    },
    toxic: 'latency',
    attributes: {},
    streams: ['downstream'],
    toxicity: 1,
    holdId: 'held-1',
    marker: null,
    ...changes,
  }
}

export interface Measured {
  readonly judgement: Judgement
  readonly before: Asked
  readonly during: Asked
}

function observer(model: LinkModel, asked: Asked): ToolboxHelper {
  return helper('observer', {
    'probe.http': (burst) => {
      asked.bursts.push(burst)
      const { answer } = model
      if (answer === undefined) throw new Error('this link answers no request')
      return { samples: Array.from({ length: burst.count }, (_, place) => answer(place, burst)) }
    },
    'probe.transfer': (args) => {
      asked.transfers.push(args)
      if (model.transfer === undefined) throw new Error('this link carries no transfer')
      return model.transfer(args)
    },
    'hold.open': ({ id, count }) => {
      asked.held.push(`open ${count} as ${id}`)
      return { held: model.held ?? 0 }
    },
    'hold.try': ({ id, timeoutMs }) => {
      asked.held.push(`try ${id} for ${timeoutMs} ms`)
      if (model.tryHeld === undefined) throw new Error('this link holds no connection')
      return model.tryHeld(timeoutMs)
    },
    'hold.close': ({ id }) => {
      asked.held.push(`close ${id}`)
      return { closed: 1 }
    },
  })
}

/** Packets that the counting helper has seen, at each of its reads. */
function marking(reads: readonly MarkerCounters[]): FaultContext['toolbox'] {
  const left = [...reads]
  const counting = helper('marker-1', {
    'marker.read': () => {
      const next = left.shift()
      if (next === undefined) throw new Error('the packets were read more often than this test gives')
      return next
    },
  })
  return toolbox({
    get: (name) => {
      if (name !== counting.name) throw new Error(`there is no helper ${name}`)
      return counting
    },
  })
}

/**
 * Measures a toxic on a link that is `before` and then `during`, in a window of 6 s of which `lateMs` are over when the
 * effect is asked for. Time is simulated: it goes on only where somebody waits.
 */
export async function measured(
  measure: Measure,
  on: ToxicOnLink,
  models: { readonly before: LinkModel; readonly during: LinkModel; readonly marked?: readonly MarkerCounters[] },
  { windowMs = 6_000, lateMs = 0 }: { readonly windowMs?: number; readonly lateMs?: number } = {},
): Promise<Measured> {
  const [before, during]: [Asked, Asked] = [
    { bursts: [], transfers: [], held: [] },
    { bursts: [], transfers: [], held: [] },
  ]
  vi.useFakeTimers()
  try {
    const counted = { toolbox: marking(models.marked ?? []) }
    const judge = await measure(on, faultContext(windowMs, { ...counted, observer: observer(models.before, before) }).ctx)
    const { ctx, open } = faultContext(windowMs, { ...counted, observer: observer(models.during, during) })
    open()
    await vi.advanceTimersByTimeAsync(lateMs)
    return { judgement: await judge(ctx), before, during }
  } finally {
    vi.useRealTimers()
  }
}
