import { withDeadline } from '../../core/time/wait.ts'
import type { UndoContext } from '../../kinds/context.ts'
import type { ToxiproxyPort, ToxiproxyProxy } from '../../ports/toxiproxy.ts'
import { helperLeftovers, stopHelpers } from '../shared/links/namespace-helpers.ts'
import type { ToxicEntry, ToxicPlan } from './plan.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { UNDO_STEP_LIMIT_MS } from '../shared/host-helpers.ts'

const LONGEST_PENDING_RESET_MS = 60_000

/**
 * Takes away exactly what the plan names. A toxiproxy that is gone took it along; one that exists but does not answer
 * (paused, stopped by a signal) must not look reverted.
 * @throws TIMEOUT or TOXIPROXY_FAILED within a bounded time.
 */
export async function revertToxics(plan: ToxicPlan, ctx: UndoContext): Promise<void> {
  const proxies = withDeadline('taking back the toxics through toxiproxy', undoLimitMs(plan), ctx.signal, (signal) =>
    forEntries(plan, ctx, signal, (entry, proxy, toxiproxy) => revertEntry(plan, entry, proxy, toxiproxy, signal)),
  )
  await allOrThrow<unknown>([proxies, stopHelpers(markerHelpers(plan), ctx)])
}

/** Works on the entries whose proxies toxiproxy still has. */
async function forEntries<T>(
  { entries }: ToxicPlan,
  ctx: UndoContext,
  signal: AbortSignal,
  work: (entry: ToxicEntry, proxy: ToxiproxyProxy, toxiproxy: ToxiproxyPort) => Promise<T>,
): Promise<T[]> {
  const toxiproxy = await ctx.toxiproxy(signal)
  if (toxiproxy === null) return []
  const proxies = await toxiproxy.proxies(signal)
  const works = entries.flatMap((entry) =>
    proxies.filter(({ name }) => name === entry.proxy).map((proxy) => work(entry, proxy, toxiproxy)),
  )
  return await allOrThrow(works)
}

/** A reset that is pending cannot be interrupted: toxiproxy answers only after its timeout. */
function undoLimitMs(plan: ToxicPlan): number {
  const pendingMs = plan.toxic === 'reset_peer' ? (plan.attributes['timeout'] ?? 0) : 0
  return UNDO_STEP_LIMIT_MS + Math.min(LONGEST_PENDING_RESET_MS, pendingMs)
}

async function revertEntry(
  plan: ToxicPlan,
  entry: ToxicEntry,
  proxy: ToxiproxyProxy,
  toxiproxy: ToxiproxyPort,
  signal: AbortSignal,
): Promise<void> {
  if (plan.toxic === 'down' && entry.wasEnabled && !proxy.enabled) await toxiproxy.setEnabled(entry.proxy, true, signal)
  const present = new Set(proxy.toxics.map((toxic) => toxic.name))
  for (const toxic of entry.toxics) {
    if (present.has(toxic.name)) await toxiproxy.removeToxic(entry.proxy, toxic.name, signal)
  }
}

/** What of the plan toxiproxy or Docker still has. */
export async function leftoverToxics(plan: ToxicPlan, ctx: UndoContext): Promise<string[]> {
  const inProxies = withDeadline('looking for toxics that were left', UNDO_STEP_LIMIT_MS, ctx.signal, (signal) =>
    forEntries(plan, ctx, signal, (entry, proxy) => Promise.resolve(leftoversOf(plan, entry, proxy))),
  )
  const [toxics, helpers] = await Promise.all([inProxies, helperLeftovers(markerHelpers(plan), ctx)])
  return [...toxics.flat(), ...helpers]
}

function leftoversOf(plan: ToxicPlan, entry: ToxicEntry, proxy: ToxiproxyProxy): string[] {
  const names = new Set(entry.toxics.map((toxic) => toxic.name))
  const toxics = proxy.toxics.filter((toxic) => names.has(toxic.name)).map((toxic) => `toxic ${toxic.name} on ${proxy.name}`)
  return plan.toxic === 'down' && entry.wasEnabled && !proxy.enabled
    ? [...toxics, `proxy ${proxy.name} is still switched off`]
    : toxics
}

function markerHelpers(plan: ToxicPlan): { name: string; container: string }[] {
  const container = plan.proxyContainer
  if (container === null) return []
  return plan.entries.flatMap((entry) => (entry.marker === null ? [] : [{ name: entry.marker.helper, container }]))
}
