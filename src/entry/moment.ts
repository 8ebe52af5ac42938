import { ChaosError } from '../core/errors.ts'

/** ISO 8601 with its zone, as ms since the epoch. @throws BAD_INPUT. */
export function parseMoment(text: string): number {
  const wallMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(wallMs)) return wallMs
  throw new ChaosError('BAD_INPUT', `"${text.slice(0, 100)}" is no time with its zone, such as 2026-11-24T03:00:00Z`)
}
