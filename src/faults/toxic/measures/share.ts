/** toxiproxy draws the toxicity once per connection and stream. */
export function expectedShare(toxicity: number, streams: number): number {
  return 1 - (1 - toxicity) ** streams
}

/** How many connections show the expected share with some certainty; bounded, so that a rare toxic may stay undecided. */
export function connectionsFor(share: number, atLeast: number): number {
  if (share >= 1) return atLeast
  return Math.min(60, Math.max(20, atLeast, Math.ceil(6 / Math.max(share, 0.01))))
}

/** null when `bitten` of `total` fits the share, else why not. A share of 1 means every one; less is given 3 sigma. */
export function shareMisfit(bitten: number, total: number, share: number): string | null {
  if (total === 0) return 'no connection was tried'
  const seen = `${bitten} of ${total} connections were hit`
  if (share <= 0) return `${seen}, and a toxicity of 0 hits none`
  if (share >= 1) return bitten === total ? null : `${seen}, expected all`
  const tolerance = 3 * Math.sqrt((share * (1 - share)) / total) + 1 / total
  if (bitten === 0) return seen
  return Math.abs(bitten / total - share) <= tolerance ? null : `${seen}, expected about ${Math.round(share * 100)} %`
}
