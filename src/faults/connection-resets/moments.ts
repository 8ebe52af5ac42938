import type { Random } from '../../core/random.ts'

/** Not sooner: connections must exist, and our own need a moment to be opened again after the one before. */
const FIRST_MS = 250
/** Not later: the last one must be counted before the window ends. */
const LAST_MARGIN_MS = 300
const SPACING_MS = 150

/**
 * Seeded moments in ms after arming: `perThird` in each third of the window, each in a slot of its own, so that they are
 * spread, and `SPACING_MS` apart where the slots are wide enough.
 */
export function resetMoments(windowMs: number, perThird: number, random: Random): number[] {
  const third = windowMs / 3
  return [0, 1, 2].flatMap((index) => {
    const from = index === 0 ? FIRST_MS : index * third
    const to = index === 2 ? windowMs - LAST_MARGIN_MS : (index + 1) * third
    const slot = (to - from) / perThird
    const free = slot - Math.min(SPACING_MS, slot / 2)
    return Array.from({ length: perThird }, (_, place) => Math.round(from + place * slot + random.next() * free))
  })
}

/** Which third of the window a moment falls into: 0, 1 or 2. */
export function thirdOf(atMs: number, windowMs: number): number {
  return Math.min(2, Math.max(0, Math.floor((3 * atMs) / windowMs)))
}
