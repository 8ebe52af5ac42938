import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { ResolvedName } from '../../toolbox/operations/network/dns.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import { orReason } from '../shared/or-reason.ts'
import { describeContainers } from '../shared/containers/targets.ts'
import { helperLeftovers, namespaceHelper, stopHelpers, type NamespaceHelper } from '../shared/links/namespace-helpers.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { judgeDns } from './judge.ts'
import { dnsPlan, mechanismOf, resolveDns, type DnsPlan, type DnsTarget } from './plan.ts'

/** A container, and how its names were before the fault. */
interface Measured {
  readonly target: DnsTarget
  readonly before: readonly ResolvedName[]
}

const ROUNDS = 5
const BASELINE_TIMEOUT_MS = 2_000
/** Names that are dropped are not heard of: longer than any baseline that counts, and three times within the shortest window. */
const DROPPED_TIMEOUT_MS = 1_000
/** What an answer may take beyond its delay. */
const SPARE_MS = 2_000
/** All rounds of late answers together. */
const SLOW_ROUNDS_MS = 3_000

/** Names that containers ask for refused, dropped, late, or not there. */
export const dns = defineFault({
  kind: 'dns',
  record: undoRecord(dnsPlan),
  resolve: resolveDns,
  async arm(plan, ctx) {
    const measured = await allOrThrow(plan.containers.map((target) => prepareTarget(plan, target, ctx)))
    return { measured, mechanism: 'nothing was installed' }
  },
  async inject({ mode, names, delayMs }, ctx, armed) {
    const args = { mode, names: names === null ? null : [...names], delayMs: delayMs ?? 0 }
    const install = async ({ target }: Measured): Promise<string> =>
      (await ctx.toolbox.get(target.helper).call('dns.install', args, ctx.signal)).mechanism
    armed.mechanism = [...new Set(await allOrThrow(armed.measured.map(install)))].join(', ')
  },
  async effect(plan, ctx, { measured, mechanism }) {
    return combinePlaces(mechanism, await Promise.all(measured.map((one) => judgeTarget(plan, one, ctx))), plan.choice)
  },
  revert: (plan, ctx) => stopHelpers(helpersOf(plan), ctx),
  leftovers: (plan, ctx) => helperLeftovers(helpersOf(plan), ctx),
  describe: (plan) => describeContainers(plan, mechanismOf(plan)),
})

function helpersOf(plan: DnsPlan): NamespaceHelper[] {
  return plan.containers.map(({ helper, id }) => ({ name: helper, container: id }))
}

async function prepareTarget(plan: DnsPlan, target: DnsTarget, ctx: FaultContext): Promise<Measured> {
  const helper = await ctx.toolbox.start(namespaceHelper({ name: target.helper, container: target.id }), ctx.signal)
  const wanted = [...(plan.names ?? []), ...plan.services]
  const first = await ask(helper, wanted, { rounds: 1, timeoutMs: BASELINE_TIMEOUT_MS }, ctx)
  const rest = await ask(helper, resolvedOf(first), { rounds: ROUNDS - 1, timeoutMs: BASELINE_TIMEOUT_MS }, ctx)
  return { target, before: [...first, ...rest] }
}

/** Names that have addresses. A nameserver may take its time over others, and they show nothing. */
function resolvedOf(answers: readonly ResolvedName[]): string[] {
  return [...new Set(answers.filter(({ addresses }) => addresses.length > 0).map(({ name }) => name))]
}

/** Our own resolver in the container's network, one round after the other. */
async function ask(
  helper: ToolboxHelper,
  names: string[],
  { rounds, timeoutMs }: { readonly rounds: number; readonly timeoutMs: number },
  ctx: FaultContext,
): Promise<ResolvedName[]> {
  const answers: ResolvedName[] = []
  if (names.length === 0) return answers
  for (let round = 0; round < rounds; round += 1)
    answers.push(...(await helper.call('dns.resolve', { names, timeoutMs }, ctx.signal)).names)
  return answers
}

async function judgeTarget(plan: DnsPlan, { target, before }: Measured, ctx: FaultContext): Promise<PlaceJudgement> {
  const helper = ctx.toolbox.get(target.helper)
  const during = await ask(helper, resolvedOf(before), roundsOf(plan), ctx)
  // Others may ask until the end of the window.
  await ctx.window().planned
  const counted = await orReason('the questions could not be counted', ctx.signal, () => helper.call('dns.read', {}, ctx.signal))
  return { place: target.name, ...judgeDns({ ...plan, before, during, counted }) }
}

function roundsOf({ mode, delayMs }: DnsPlan): { rounds: number; timeoutMs: number } {
  if (mode === 'dropped') return { rounds: 3, timeoutMs: DROPPED_TIMEOUT_MS }
  const lateMs = delayMs ?? 0
  return { rounds: Math.max(1, Math.min(ROUNDS, Math.floor(SLOW_ROUNDS_MS / lateMs))), timeoutMs: lateMs + SPARE_MS }
}
