/** A small stack with two links, and contexts for faults as the engine would make them. */
import { systemClock } from '../../src/core/clock.ts'
import type { Descriptor, Link } from '../../src/core/descriptor.ts'
import { ChaosError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Evidence } from '../../src/core/model.ts'
import type { Fault, FaultContext, Hit, ToolboxHelper, ToolboxPort, ToxiproxyProxy } from '../../src/core/ports.ts'
import { seededRandom } from '../../src/core/random.ts'
import { faultRegistry } from '../../src/faults/registry.ts'
import type { StackUnderTest } from '../../src/runtime/running-stack.ts'
import { descriptorOf, signal } from './runtime-fixture.ts'

function link(name: string, listenPort: number, leg: NonNullable<Link['leg']>): Link {
  return {
    name,
    from: 'caller',
    to: 'web',
    proxy: `${name}-proxy`,
    listenPort,
    upstream: { service: 'web', port: 8000 },
    onCanaryPath: true,
    probe: { path: '/', headers: { authorization: 'Bearer ${API_TOKEN}' } },
    leg,
  }
}

export function legsDescriptor(): Descriptor {
  const services = ['caller', 'web', 'toxiproxy'].map((name) => ({
    name,
    health: null,
    dependsOn: [],
    replicas: 1,
    control: false,
    data: null,
  }))
  return descriptorOf('legs', {
    services,
    entry: { service: 'toxiproxy', port: 9200 },
    toxiproxy: { service: 'toxiproxy', port: 8474 },
    links: [
      link('first', 9200, { client: 'caller', server: 'toxiproxy', port: 9200 }),
      link('second', 9201, { client: 'toxiproxy', server: 'web', port: 8000 }),
    ],
    defaultLink: 'first',
    secrets: ['API_TOKEN'],
  })
}

export interface Rig {
  readonly runId: string
  readonly stack: StackUnderTest
  readonly toolbox: ToolboxPort
  readonly observer: ToolboxHelper
  readonly logged: string[]
  readonly hits: Hit[]
}

export interface Outcome {
  readonly evidence: Evidence
  readonly leftovers: { readonly during: string[]; readonly after: string[] }
  readonly plan: JsonObject
  readonly fault: Fault
  readonly ctx: FaultContext
}

let scenarios = 0

/** A context whose window begins with the first call of `open`. */
export function contextOf(rig: Rig, windowMs: number): { ctx: FaultContext; open: () => void } {
  let startedMs: number | null = null
  scenarios += 1
  const ctx: FaultContext = {
    clock: systemClock,
    signal: signal(60_000),
    log: { log: (level, text) => void rig.logged.push(`${level} ${text}`) },
    runId: rig.runId,
    scenarioId: `T-${String(scenarios)}`,
    containers: rig.stack.containers,
    toolbox: rig.toolbox,
    toxiproxy: () => Promise.resolve(rig.stack.toxiproxy()),
    random: seededRandom(scenarios),
    stack: rig.stack,
    observer: rig.observer,
    windowMs,
    hit: (hit) => void rig.hits.push(hit),
    window() {
      if (startedMs === null) throw new ChaosError('INTERNAL', 'there is no window before inject')
      return { startedMs, plannedMs: windowMs, planned: Promise.resolve() }
    },
  }
  return { ctx, open: () => (startedMs = systemClock.nowMs()) }
}

/** Plan, prepare, inject (or not), effect, revert twice; with what was left before and after. */
export async function runFault(
  rig: Rig,
  kind: string,
  spec: JsonObject,
  options: { inject: boolean; windowMs?: number },
): Promise<Outcome> {
  const fault = faultRegistry().get(kind)
  if (!fault) throw new Error(`no fault '${kind}'`)
  const { ctx, open } = contextOf(rig, options.windowMs ?? 5_000)
  const plan = await fault.plan(spec, ctx)
  // What the ledger keeps is what is reverted.
  const stored = JSON.parse(JSON.stringify(plan)) as JsonObject
  try {
    await fault.prepare(plan, ctx)
    if (options.inject) await fault.inject(plan, ctx)
    open()
    const evidence = await fault.effect(plan, ctx)
    const during = await fault.leftovers(stored, ctx)
    await fault.revert(stored, ctx)
    await fault.revert(stored, ctx)
    return { evidence, leftovers: { during, after: await fault.leftovers(stored, ctx) }, plan, fault, ctx }
  } finally {
    await fault.revert(stored, ctx)
  }
}

export async function proxiesOf(rig: Rig): Promise<ToxiproxyProxy[]> {
  return (await rig.stack.toxiproxy()?.proxies(signal(5_000))) ?? []
}
