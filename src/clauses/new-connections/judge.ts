/** Whether new connections had their end in time. Pure. */
import type { NewConnectionsSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { joinParts, listText, percentText, type Part } from '../shared/parts.ts'

export interface NewConnection {
  /** Name of the container. */
  readonly container: string
  /** From the window's start, when it was opened. */
  readonly afterMs: number
  /** null: it ended without an answer. */
  readonly status: number | null
  /** Node's error code, `eof` or `timeout`; null when it was answered. */
  readonly error: string | null
}

/** From fewer than these nothing follows. */
const FEWEST = 3

export function newConnectionsText(spec: NewConnectionsSpec): string {
  const { service, port, path, ended_within_ms: limitMs, refused_share: share } = spec
  const turnedAway = share === undefined ? '' : `, at least ${percentText(share)} of them without an answer`
  return `new connections to ${service}:${port}${path} end within ${limitMs} ms${turnedAway}`
}

export function judgeNewConnections(spec: NewConnectionsSpec, seen: readonly NewConnection[]): Observation {
  const parts = [endedPart(spec, seen), ...(spec.refused_share === undefined ? [] : [refusedPart(spec.refused_share, seen)])]
  if (seen.length >= FEWEST) return joinParts(parts)
  const { expected } = joinParts(parts)
  return { expected, observed: `only ${seen.length} new connections were tried`, met: null }
}

function endedPart({ ended_within_ms: limitMs }: NewConnectionsSpec, seen: readonly NewConnection[]): Part {
  const expected = `each ended within ${limitMs} ms`
  const waiting = seen.filter(({ error }) => error === 'timeout')
  const [first] = waiting
  if (first === undefined) return { expected, observed: `all ${seen.length} did`, met: true }
  const names = [...new Set(waiting.map(({ container }) => container))]
  const observed = `${waiting.length} of ${seen.length} were left waiting (${listText(names, ', ')}; the first one opened after ${Math.round(first.afterMs)} ms)`
  return { expected, observed, met: false }
}

function refusedPart(share: number, seen: readonly NewConnection[]): Part {
  // One that is left waiting was not turned away.
  const refused = seen.filter(({ status, error }) => status === null && error !== 'timeout').length
  return {
    expected: `at least ${percentText(share)} without an answer`,
    observed: `${percentText(refused / seen.length)} (${refused} of ${seen.length})`,
    met: refused >= seen.length * share,
  }
}
