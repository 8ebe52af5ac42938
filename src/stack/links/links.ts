/** Do the descriptor's links exist in toxiproxy as they are declared, and is nothing injected yet? */
import type { Clock } from '../../core/time/clock.ts'
import type { Link } from '../../core/descriptor.ts'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import type { ToxiproxyPort, ToxiproxyProxy } from '../../ports/toxiproxy.ts'
import { waitUntil } from '../../core/time/wait.ts'

const LINKS_LIMIT_MS = 15_000

/** What differs between a declared link and its proxy; empty when they agree. Pure. */
export function linkProblems(link: Link, proxies: readonly ToxiproxyProxy[]): string[] {
  const proxy = proxies.find(({ name }) => name === link.proxy)
  if (proxy === undefined) {
    return [
      `link ${link.name}: toxiproxy has no proxy ${link.proxy} (it has ${proxies.map(({ name }) => name).join(', ') || 'none'})`,
    ]
  }
  const upstream = `${link.upstream.service}:${link.upstream.port}`
  const port = Number(proxy.listen.slice(proxy.listen.lastIndexOf(':') + 1))
  const problems = [
    proxy.enabled ? null : 'is not enabled',
    proxy.toxics.length === 0 ? null : `already has the toxics ${proxy.toxics.map(({ name }) => name).join(', ')}`,
    port === link.listenPort ? null : `listens on ${proxy.listen}, not on port ${link.listenPort}`,
    proxy.upstream === upstream ? null : `forwards to ${proxy.upstream}, not to ${upstream}`,
  ]
  return problems.filter((problem) => problem !== null).map((problem) => `link ${link.name}: proxy ${link.proxy} ${problem}`)
}

/**
 * Waits until every link is as declared: a stack may fill its toxiproxy only after the start.
 * @throws TOXIPROXY_FAILED with all differences.
 */
export async function verifyLinks(
  links: readonly Link[],
  toxiproxy: ToxiproxyPort,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let problems: string[] = []
  const read = async (inner: AbortSignal): Promise<string[]> => {
    const proxies = await toxiproxy.proxies(inner)
    problems = links.flatMap((link) => linkProblems(link, proxies))
    return problems
  }
  try {
    const options = { everyMs: 100, attemptMs: 3_000, limitMs: LINKS_LIMIT_MS, signal, clock }
    await waitUntil('all links in toxiproxy', read, (found) => found.length === 0, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    const what = problems.length === 0 ? error.message : problems.join('; ')
    throw new ChaosError('TOXIPROXY_FAILED', `toxiproxy does not match the stack descriptor: ${what}`, {
      hint: 'Make the links of the descriptor and the configuration of toxiproxy agree.',
      cause: error,
    })
  }
}
