/**
 * How fast this machine is: what is planned beside windows and limits is CPU time, measured on one machine, and takes longer
 * on a slower one.
 */

/** What the work takes where the usual times were measured (two cores of 2026), ms. */
const REFERENCE_MS = 8.3
/** The fastest of so many counts: a slower one shared its CPU with something else. */
const TRIES = 6
const SLOWEST = 4
const FASTEST = 0.5

let measured: number | null = null

/** 1 where the usual times were measured, 2 on a machine that takes twice as long. Measured once, in some 50 ms. */
export function machinePace(): number {
  measured ??= measurePace()
  return measured
}

function measurePace(): number {
  const tookMs = Array.from({ length: TRIES }, () => {
    const startedMs = performance.now()
    work()
    return performance.now() - startedMs
  })
  return Math.min(SLOWEST, Math.max(FASTEST, Math.min(...tookMs) / REFERENCE_MS))
}

/** Of the kind that a run does: text made, parsed and looked up. */
function work(): void {
  const rows = Array.from({ length: 600 }, (_, index) => ({ id: `row-${index}`, at: index, tags: ['a', 'b'], ok: true }))
  const found = new Map<string, number>()
  for (let round = 0; round < 40; round += 1) {
    for (const { id, at } of JSON.parse(JSON.stringify(rows)) as typeof rows) found.set(id, (found.get(id) ?? 0) + at)
  }
}
