/** Whether GPU memory is taken on a GPU, by requests that stand for it, or not at all. Pure. */

export interface VramSituation {
  readonly target: string
  /** Why there is no GPU whose memory could be taken; null when there is one. */
  readonly noGpu: string | null
  /** The service for which the descriptor says how its memory is taken without one. */
  readonly simulated: string | null
}

/** `why` names what was missing for the means before it. */
export type VramChoice =
  | { readonly means: 'gpu' }
  | { readonly means: 'simulated'; readonly why: string }
  | { readonly means: 'skipped'; readonly why: string }

export function chooseMeans({ target, noGpu, simulated }: VramSituation): VramChoice {
  if (noGpu === null) return { means: 'gpu' }
  if (simulated === target) return { means: 'simulated', why: noGpu }
  const instead = simulated === null ? 'none' : `only those of '${simulated}'`
  const without = `without one it takes requests that hold what '${target}' declares to have, and the descriptor names ${instead}`
  return { means: 'skipped', why: `no GPU of '${target}' can be filled: ${noGpu}; ${without}` }
}
