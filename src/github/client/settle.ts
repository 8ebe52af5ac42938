/** One comment or issue where several jobs may each write one at the same moment: GitHub has no conditional edit. */
import { ChaosError } from '../../core/errors.ts'

/** One may vanish, or a second one come up, between two requests. More often than this is no accident. */
const MOST_ROUNDS = 4

/** What came of one look: the end, or what was made, after which everybody looks again and the lowest id stays. */
export type Look<Own, Outcome> = { readonly outcome: Outcome } | { readonly created: Own } | 'again'

export interface Settling<Own, Outcome> {
  /** As the subject of "… do not settle". */
  readonly what: string
  readonly list: () => Promise<Own[]>
  readonly idOf: (one: Own) => number
  /** `created`: what this call has made before, which is among `own`. */
  readonly act: (own: readonly Own[], created: Own | null) => Promise<Look<Own, Outcome>>
}

/** Looks and acts until nothing is left to do. @throws what `list` and `act` throw; INTERNAL when it does not end. */
export async function settle<Own, Outcome>({ what, list, idOf, act }: Settling<Own, Outcome>): Promise<Outcome> {
  let created: Own | null = null
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const own = await list()
    // A list may still be without what was made a moment ago.
    if (created !== null && !own.map(idOf).includes(idOf(created))) own.push(created)
    const look = await act(own, created)
    if (look === 'again') continue
    if ('outcome' in look) return look.outcome
    created = look.created
  }
  throw new ChaosError('INTERNAL', `${what} do not settle`)
}
