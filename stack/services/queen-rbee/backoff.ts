/** Pause in ms between the failure of attempt `attempt` (1, 2, 3…) and the start of the next. */
export type Backoff = (attempt: number) => number

/** first, 2·first, 4·first… Without jitter: a caller waits for each answer, so there is no herd to spread. */
export function exponentialBackoff(firstMs: number): Backoff {
  return (attempt) => firstMs * 2 ** (attempt - 1)
}

export function constantBackoff(gapMs: number): Backoff {
  return () => gapMs
}
