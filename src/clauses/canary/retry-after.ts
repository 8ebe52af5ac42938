import type { CanarySample } from '../../core/canary.ts'
import type { Part } from '../shared/parts.ts'

/** Who turns a request away for now says when to come back (RFC 9110, 10.2.3). */
const TURNED_AWAY: readonly number[] = [429, 503]

/** Pure: each answer that turns a request away names a time to come back that is not too far off. */
export function retryAfterPart(mostSeconds: number, samples: readonly CanarySample[]): Part {
  const away = samples.filter(({ status, cut }) => TURNED_AWAY.some((one) => one === status) && cut !== true)
  const silent = away.filter(({ retryAfterSeconds }) => retryAfterSeconds === undefined)
  const longest = away.reduce((most, { retryAfterSeconds = 0 }) => Math.max(most, retryAfterSeconds), 0)
  const late = away.filter(({ retryAfterSeconds = 0 }) => retryAfterSeconds > mostSeconds)
  const told = [
    ...(silent.length === 0 ? [] : [`${silent.length} of ${away.length} without Retry-After`]),
    ...(late.length === 0 ? [] : [`${late.length} of ${away.length} later than that, ${longest} s at most`]),
  ]
  return {
    expected: `who is turned away is to come back within ${mostSeconds} s`,
    observed: told.length > 0 ? told.join(', ') : away.length === 0 ? 'nobody was' : `all ${away.length} were told so`,
    met: told.length === 0,
  }
}
