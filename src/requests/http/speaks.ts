/** Does the entry speak HTTP yet? Any answer will do, an error status too: whether it is a good one is for the steady state to say. Rejects without one. */
export async function askEntry(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } })
  await response.body?.cancel()
}
