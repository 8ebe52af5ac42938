/** Moments, as people write them. Pure. */

/** ISO 8601 with its zone, as ms since the epoch; null for what is no such time. */
export function parseMoment(text: string): number | null {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const wallMs = isTime ? Date.parse(text) : Number.NaN
  return Number.isNaN(wallMs) ? null : wallMs
}
