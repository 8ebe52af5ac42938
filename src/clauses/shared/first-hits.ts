import type { Hit } from '../../kinds/context.ts'

/** Pure. The first hit of each container, in order: one that was hit again has died, or has not, of the first. */
export function firstHits(hits: readonly Hit[]): Hit[] {
  return hits.filter((hit, place) => hits.findIndex(({ containerId }) => containerId === hit.containerId) === place)
}
