/** Where the target has no GPU: why requests cannot take its memory, as they can that of `simulated`; null when they can. Pure. */
export function whyNotSimulated(target: string, noGpu: string, simulated: string | null): string | null {
  if (simulated === target) return null
  const instead = simulated === null ? 'none' : `only those of '${simulated}'`
  const without = `without one it takes requests that hold what '${target}' declares to have, and the descriptor names ${instead}`
  return `no GPU of '${target}' can be filled: ${noGpu}; ${without}`
}
