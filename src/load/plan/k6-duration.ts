/** k6's durations: `1m30s`, `1.5h`, `2d4h`, `500ms`; a number without a unit is milliseconds (lib/types/types.go). */
import { ChaosError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'

const UNITS_MS: Readonly<Record<string, number>> = {
  ...{ d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 },
  ...{ us: 1e-3, µs: 1e-3, μs: 1e-3, ns: 1e-6 },
}
const PART = /(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|μs|ns|d|h|m|s)/gu
const LONGEST_TEXT = 60

/** `where` names the option, for the message. @throws ChaosError BAD_INPUT for anything but a duration of 0 or more. */
export function k6DurationMs(value: Json | undefined, where: string): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parsed(value.trim()) : Number.NaN
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new ChaosError('BAD_INPUT', `${where} is not a duration of k6: ${JSON.stringify(value ?? null)}`, {
    hint: 'Write it as in "30s" or "1m30s".',
  })
}

/** Writes a duration of k6, to the millisecond: `1500ms`. */
export function k6Duration(ms: number): string {
  return `${Math.round(ms)}ms`
}

function parsed(text: string): number {
  if (text === '' || text.length > LONGEST_TEXT) return Number.NaN
  const plain = Number(text)
  if (Number.isFinite(plain)) return plain
  let end = 0
  let ms = 0
  for (const part of text.matchAll(PART)) {
    const [all, number = '', unit = ''] = part
    if (part.index !== end) return Number.NaN
    end += all.length
    ms += Number(number) * (UNITS_MS[unit] ?? Number.NaN)
  }
  return end === text.length ? ms : Number.NaN
}
