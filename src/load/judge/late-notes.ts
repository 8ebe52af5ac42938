import type { PassingSeries } from '../series/questions.ts'

/** For people: none is lost, though what happened in which second is not quite what the series shows. */
export function lateNotes({ late }: Pick<PassingSeries, 'late'>): string[] {
  return late === 0 ? [] : [`${String(late)} samples came from k6 so late that they count to a later second`]
}
