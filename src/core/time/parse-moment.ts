/** Moments, as people write them. Pure. */
import { parseWall, type Wall } from './moment.ts'

/** ISO 8601 with its zone; null for what is no such time. */
export function parseMoment(text: string): Wall | null {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  return isTime ? parseWall(text) : null
}
