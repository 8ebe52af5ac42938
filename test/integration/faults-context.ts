/** A small stack with two links, and contexts for faults as the engine would make them. */
import type { Mono } from '../../src/core/time/moment.ts'
import { systemClock } from '../../src/core/time/clock.ts'
import type { Descriptor, Link } from '../../src/core/descriptor.ts'
import { ChaosError } from '../../src/core/errors.ts'
import type { Evidence } from '../../src/core/result/scenario.ts'
import type { FaultRequest, PlannedFault, Undo, UndoRecord } from '../../src/kinds/fault.ts'
import type { FaultContext, Hit } from '../../src/kinds/context.ts'
import type { ToolboxHelper, ToolboxPort } from '../../src/ports/toolbox.ts'
import type { ToxiproxyProxy } from '../../src/ports/toxiproxy.ts'
import { seededRandom } from '../../src/core/random.ts'
import { readBack } from '../../src/engine/undo/undo.ts'
import { FAULTS } from '../../src/faults/registry.ts'
import type { StackUnderTest } from '../../src/stack/running-stack.ts'
import { descriptorOf, signal } from './stack-fixture.ts'

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
  readonly planned: PlannedFault
  /** What another process would undo it by. */
  readonly stored: Undo
  readonly ctx: FaultContext
}

let scenarios = 0

/** A context whose window begins with the first call of `open`. */
export function contextOf(rig: Rig, windowMs: number): { ctx: FaultContext; open: () => void } {
  let startedMs: Mono | null = null
  let number = 0
  scenarios += 1
  const ctx: FaultContext = {
    clock: systemClock,
    signal: signal(60_000),
    log: { log: (level, text) => void rig.logged.push(`${level} ${text}`) },
    runId: rig.runId,
    scenarioId: `T-${scenarios}`,
    containers: rig.stack.containers,
    toolbox: rig.toolbox,
    toxiproxy: () => Promise.resolve(rig.stack.toxiproxy()),
    random: seededRandom(scenarios),
    stack: rig.stack,
    observer: rig.observer,
    windowMs,
    number: () => (number += 1),
    hit: (hit) => void rig.hits.push(hit),
    asks: () => undefined,
    window() {
      if (startedMs === null) throw new ChaosError('INTERNAL', 'there is no window before inject')
      return { startedMs, plannedMs: windowMs, planned: Promise.resolve() }
    },
  }
  return { ctx, open: () => (startedMs = systemClock.nowMs()) }
}

/** As the ledger keeps it, and another process reads it back. */
export function storedUndo({ record }: PlannedFault): Undo {
  return readBack(FAULTS, JSON.parse(JSON.stringify(record)) as UndoRecord)
}

/** Plan, arm, inject (or not), effect, revert twice; with what was left before and after. */
export async function runFault(
  rig: Rig,
  request: FaultRequest,
  options: { inject: boolean; windowMs?: number },
): Promise<Outcome> {
  const { ctx, open } = contextOf(rig, options.windowMs ?? 5_000)
  const planned = await request.plan(ctx)
  const stored = storedUndo(planned)
  try {
    const armed = await planned.arm(ctx)
    if (options.inject) await armed.inject(ctx)
    open()
    const evidence = await armed.effect(ctx)
    const during = await stored.leftovers(ctx)
    await planned.revert(ctx)
    await planned.revert(ctx)
    return { evidence, leftovers: { during, after: await stored.leftovers(ctx) }, planned, stored, ctx }
  } finally {
    await planned.revert(ctx)
  }
}

export async function proxiesOf(rig: Rig): Promise<ToxiproxyProxy[]> {
  return (await rig.stack.toxiproxy()?.proxies(signal(5_000))) ?? []
}
