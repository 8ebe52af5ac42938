/** The header Retry-After (RFC 9110, 10.2.3): seconds, or a date. Pure. */

/** Gives seconds from `nowMs` (of the epoch) on; null for what is neither. A date that is over is 0. */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text)
  // Numbers that are none of seconds would be taken for years.
  const atMs = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, Math.ceil((atMs - nowMs) / 1_000))
}
