/** first, 2·first, 4·first… Without jitter: a caller waits for each answer, so there is no herd to spread. */
export function exponentialBackoff(firstMs) {
    return (attempt) => firstMs * 2 ** (attempt - 1);
}
export function constantBackoff(gapMs) {
    return () => gapMs;
}
