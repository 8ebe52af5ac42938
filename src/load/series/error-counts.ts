/** Adds up counts of requests that were not served, by status or k6's code. */

export function addErrors(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(counts)) into[kind] = (into[kind] ?? 0) + count
}
