import { wall } from '../../src/core/time/moment.fixture.ts'
import { EPOCH, msBetween } from '../../src/core/time/moment.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { ArmedFault, FaultRequest, PlannedFault, Undo } from '../../src/kinds/fault.ts'
import type { FaultContext } from '../../src/kinds/context.ts'
import type { ContainerState } from '../../src/ports/docker.ts'
import { seededRandom } from '../../src/core/random.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { containerAction } from '../../src/faults/container-action/fault.ts'
import { crash as crashFault } from '../../src/faults/crash/fault.ts'
import type { CrashSpec } from '../../src/faults/crash/plan.ts'
import { memory as memoryFault, type MemorySpec } from '../../src/faults/memory/fault.ts'
import { unansweredStop } from '../../src/faults/unanswered-stop/fault.ts'
import { awaitCrew, crewDescriptor, HANDS, runningAs } from './crew.ts'
import { contextOf, runFault, storedUndo } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { docker, signal } from './stack-fixture.ts'

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(crewDescriptor())
})

beforeEach(async () => {
  await awaitCrew(rig.stack, rig.observer)
  rig.hits.length = 0
  rig.logged.length = 0
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function crash(changes: Partial<CrashSpec> = {}): FaultRequest {
  return crashFault.request({ target: 'hand', signal: 'SIGKILL', via: 'kernel', timing: null, count: null, ...changes })
}

function stop(target = 'hand'): FaultRequest {
  return unansweredStop.request({ target, signal: 'SIGTERM', timeoutSeconds: 2 })
}

function memory(then: MemorySpec['then'], percent: number, rest: Partial<MemorySpec> = {}): FaultRequest {
  return memoryFault.request({ target: 'hand', percent, then, count: null, ...rest })
}

function action(name: 'stop' | 'pause' | 'restart', number: number | null = null): FaultRequest {
  return containerAction.request({ target: 'hand', action: name, count: number === null ? null : { number } })
}

function hitNames(): string[] {
  return rig.hits.map(({ name }) => name).sort()
}

async function list(service: string): Promise<ContainerState[]> {
  return rig.stack.containers.list(service, signal())
}

async function byId(service: string): Promise<Map<string, ContainerState>> {
  return new Map((await list(service)).map((state) => [state.id, state]))
}

/** Waits until a container runs with another main process than it had. */
async function awaitAnother(before: ContainerState): Promise<ContainerState> {
  const options = { everyMs: 50, attemptMs: 5_000, limitMs: 15_000, signal: signal(), clock: systemClock }
  const read = (abort: AbortSignal): Promise<ContainerState | null> => rig.stack.containers.inspect(before.id, abort)
  const state = await waitUntil(
    `${before.name} to be back`,
    read,
    (now) => now?.status === 'running' && now.pid !== before.pid,
    options,
  )
  return state ?? before
}

interface Prepared {
  readonly planned: PlannedFault
  readonly armed: ArmedFault
  /** Another process, which knows nothing but the plan. */
  readonly stranger: Undo
  readonly plan: JsonObject
  readonly ctx: FaultContext
  readonly open: () => void
}

/** Up to the end of arming; whatever the test does next, it is reverted. */
async function prepared(request: FaultRequest, work: (parts: Prepared) => Promise<void>): Promise<void> {
  const { ctx, open } = contextOf(rig, 5_000)
  const planned = await request.plan(ctx)
  try {
    const armed = await planned.arm(ctx)
    await work({ planned, armed, stranger: storedUndo(planned), plan: planned.record.plan, ctx, open })
  } finally {
    await planned.revert(ctx)
  }
  expect(await planned.leftovers(ctx)).toEqual([])
}

function helperOf(plan: JsonObject): string {
  const [first] = [plan, ...((plan['containers'] ?? []) as JsonObject[])].flatMap((one) =>
    typeof one['helper'] === 'string' ? [one['helper']] : [],
  )
  if (first === undefined) throw new Error('the plan names no helper')
  return first
}

describe('a crash from the host’s pid namespace', () => {
  test('kills one, which its restart policy brings back without our help', async () => {
    const before = await byId('hand')
    const { evidence, leftovers } = await runFault(rig, crash(), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence).toMatchObject({ confirmed: true, measures: { signalled: true, exitCode: 137 } })
    expect(evidence.summary).toMatch(/^1 of 3: chaos-.*-hand-\d: died \d+ ms after SIGKILL with exit code 137$/)
    expect(evidence.mechanism).toMatch(/^SIGKILL from the host's pid namespace to 1 of 3: the restart policy stays in force/)
    expect(evidence.measures['decisionToSignalMs']).toBeLessThan(1_000)
    expect(leftovers.during).toEqual([expect.stringMatching(/^helper chaos-.*-crash-1 \(running\)$/)])
    expect(leftovers.after).toEqual([])
    const [hit, ...more] = rig.hits
    const victim = before.get(hit?.containerId ?? '')
    expect(more).toEqual([])
    expect(hit).toMatchObject({ service: 'hand', pid: victim?.pid, name: victim?.name })
    expect(hit?.member).toMatch(/^m\d+$/)
    // A younger one would come back only after a pause.
    expect(msBetween(wall(Date.parse(victim?.startedAt ?? '')), hit?.atWallMs ?? EPOCH)).toBeGreaterThanOrEqual(10_000)
    // Docker counts only the restarts that it did by itself.
    expect(victim === undefined ? null : await awaitAnother(victim)).toMatchObject({
      restartCount: (victim?.restartCount ?? 0) + 1,
    })
    const others = [...before.values()].filter(({ id }) => id !== hit?.containerId)
    const now = await byId('hand')
    expect(runningAs(others.map((other) => now.get(other.id) ?? other))).toEqual(runningAs(others))
  })

  test('kills a share of them at once, rounded up', async () => {
    const before = await byId('hand')
    const { evidence, planned } = await runFault(rig, crash({ count: { percent: 50 } }), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.summary).toMatch(/^50 % of 3 → 2: /)
    expect(rig.hits).toHaveLength(2)
    expect(planned.description.targets).toEqual(hitNames())
    const now = await byId('hand')
    const same = [...before.values()].filter(({ id, pid }) => now.get(id)?.pid === pid)
    expect(same).toHaveLength(1)
  })

  test('finds the member that holds a request', async () => {
    const { evidence } = await runFault(rig, crash({ timing: 'during_inference' }), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.measures['listedInFlight']).toBeGreaterThan(0)
    expect(evidence.measures['listedAs']).toBe('busy')
    expect(rig.hits.map(({ member }) => member)).toEqual([expect.stringMatching(/^m\d+$/)])
  })

  test('adds a container and finds it while it registers; the extra one goes with the revert, from the ledger alone', async () => {
    const before = await list('hand')
    await prepared(crash({ timing: 'during_registration' }), async ({ armed, stranger, ctx, open }) => {
      await armed.inject(ctx)
      open()
      const evidence = await armed.effect(ctx)
      expect(evidence.reasons).toEqual([])
      const [hit] = rig.hits
      expect(hit?.name).toBe(`${rig.stack.project}-hand-${HANDS + 1}`)
      expect(hit?.member).toMatch(/^m\d+$/)
      expect(evidence.summary).toMatch(/^one more: chaos-.*-hand-4: died \d+ ms after SIGKILL/)
      expect(evidence.measures['listedAs']).toBe('registering')
      expect(await stranger.leftovers(ctx)).toEqual([
        expect.stringMatching(/^helper/),
        expect.stringMatching(/^additional container chaos-.*-hand-4 \((running|restarting)\)$/),
      ])
      await stranger.revert(ctx)
      expect(await stranger.leftovers(ctx)).toEqual([])
    })
    expect(runningAs(await list('hand'))).toEqual(runningAs(before))
  })

  test('a handled SIGTERM ends a process as well, in its own way', async () => {
    const { evidence } = await runFault(rig, crash({ signal: 'SIGTERM' }), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.measures['exitCode']).toBe(0)
  })

  test('starts again what has no restart policy', async () => {
    const [before] = await list('lone')
    const { evidence, leftovers } = await runFault(rig, crash({ target: 'lone' }), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.mechanism).toMatch(/without a restart policy, so started by the revert: chaos-.*-lone-1$/)
    expect(leftovers.during).toContainEqual(expect.stringMatching(/^container chaos-.*-lone-1 is exited/))
    expect(leftovers.after).toEqual([])
    const [after] = await list('lone')
    expect(after?.status).toBe('running')
    expect(after?.pid).not.toBe(before?.pid)
  })
})

test('a crash through the API keeps the container down until the revert starts it, policy and all', async () => {
  const before = await byId('hand')
  await prepared(crash({ via: 'api' }), async ({ planned, armed, ctx, open }) => {
    await armed.inject(ctx)
    open()
    const evidence = await armed.effect(ctx)
    expect(evidence.reasons).toEqual([])
    expect(evidence.mechanism).toMatch(/through the Docker API to 1 of 3: the restart policy is out of force/)
    // Longer than a restart by policy takes.
    await systemClock.sleep(1_500)
    expect(await rig.stack.containers.inspect(rig.hits[0]?.containerId ?? '', signal())).toMatchObject({ status: 'exited' })
    expect(await planned.leftovers(ctx)).toEqual([expect.stringMatching(/is exited and was not started again$/)])
  })
  const victim = before.get(rig.hits[0]?.containerId ?? '')
  expect(await rig.stack.containers.inspect(victim?.id ?? '', signal())).toMatchObject({ status: 'running', restartCount: 0 })
})

describe('a signal that reaches nobody', () => {
  test('a process that was dead already is no crash', async () => {
    await prepared(crash({ count: { number: 1 } }), async ({ armed, plan, ctx, open }) => {
      const [target] = plan['containers'] as { id: string }[]
      const stale = await rig.stack.containers.inspect(target?.id ?? '', signal())
      await rig.stack.containers.act(target?.id ?? '', { do: 'restart' }, signal())
      // What was read a moment too early.
      const containers = { ...ctx.containers, inspect: () => Promise.resolve(stale) }
      await armed.inject({ ...ctx, containers })
      open()
      const evidence = await armed.effect(ctx)
      expect(evidence.confirmed).toBe(false)
      expect(evidence.reasons).toEqual([expect.stringMatching(/SIGKILL was not delivered/)])
      expect(rig.hits).toEqual([])
    })
  })

  test('the process of another container is not touched', async () => {
    const [boss] = await list('boss')
    await prepared(crash(), async ({ armed, plan, ctx, open }) => {
      const [target] = plan['containers'] as { id: string }[]
      const state = await rig.stack.containers.inspect(target?.id ?? '', signal())
      const wrong = { ...(state as ContainerState), pid: boss?.pid ?? 0 }
      await armed.inject({ ...ctx, containers: { ...ctx.containers, inspect: () => Promise.resolve(wrong) } })
      open()
      expect((await armed.effect(ctx)).reasons).toEqual([expect.stringMatching(/SIGKILL was not delivered/)])
    })
    expect(runningAs(await list('boss'))).toEqual(runningAs(boss === undefined ? [] : [boss]))
  })

  test('a signal that the process ignores is no crash', async () => {
    const before = await list('lone')
    const spec = crash({ target: 'lone', signal: 'SIGHUP' })
    const { evidence } = await runFault(rig, spec, { inject: true, windowMs: 1_000 })
    expect(evidence.reasons).toEqual([
      expect.stringMatching(/Docker told of no death after SIGHUP/),
      expect.stringMatching(/main process is still \d+ \(running\)/),
    ])
    expect(runningAs(await list('lone'))).toEqual(runningAs(before))
  })

  test('through the API even an ignored one takes the restart policy out of force, so the revert restarts', async () => {
    const [before] = await list('lone')
    const spec = crash({ target: 'lone', signal: 'SIGHUP', via: 'api' })
    const { evidence, leftovers } = await runFault(rig, spec, { inject: true, windowMs: 1_000 })
    expect(evidence.confirmed).toBe(false)
    expect(leftovers.after).toEqual([])
    const [after] = await list('lone')
    expect(after?.status).toBe('running')
    expect(after?.pid).not.toBe(before?.pid)
  })

  test('a helper that died can send none', async () => {
    await prepared(crash(), async ({ armed, plan, ctx, open }) => {
      await docker.getContainer(helperOf(plan)).kill()
      await armed.inject(ctx)
      open()
      const evidence = await armed.effect(ctx)
      expect(evidence).toMatchObject({ confirmed: false, reasons: [expect.stringMatching(/SIGKILL was not delivered/)] })
    })
  })
})

describe('a stop that is not answered', () => {
  test('the signal of the system is seen pending; the system then ends the process by force', async () => {
    const before = await byId('hand')
    await prepared(stop(), async ({ planned, armed, ctx, open }) => {
      await armed.inject(ctx)
      open()
      const evidence = await armed.effect(ctx)
      expect(evidence.reasons).toEqual([])
      expect(evidence.summary).toMatch(/SIGTERM pending \d+ ms after the system was asked to stop it, state T$/)
      expect(evidence.measures['decisionToSignalMs']).toBeLessThan(1_000)
      expect(await planned.leftovers(ctx)).toContainEqual(expect.stringMatching(/is still stopped$/))
      const victim = before.get(rig.hits[0]?.containerId ?? '')
      const back = await awaitAnother(victim as ContainerState)
      const die = rig.stack.containers
        .events(rig.hits[0]?.atWallMs ?? EPOCH)
        .find(({ action, containerId }) => action === 'die' && containerId === back.id)
      expect(die?.attributes['exitCode']).toBe('137')
      expect(msBetween(rig.hits[0]?.atWallMs ?? EPOCH, die?.atMs ?? EPOCH)).toBeGreaterThan(1_900)
    })
  })

  test('a process that is deaf no more obeys, and its restart policy brings it back', async () => {
    const before = await byId('hand')
    const { evidence, leftovers } = await runFault(rig, stop(), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(leftovers.after).toEqual([])
    const back = await awaitAnother(before.get(rig.hits[0]?.containerId ?? '') as ContainerState)
    const die = rig.stack.containers
      .events(rig.hits[0]?.atWallMs ?? EPOCH)
      .find(({ action, containerId }) => action === 'die' && containerId === back.id)
    expect(die?.attributes['exitCode']).toBe('0')
  })

  test('a helper that died is followed by a SIGCONT from the ledger alone', async () => {
    const before = await list('hand')
    await prepared(stop(), async ({ planned, stranger, plan, ctx }) => {
      const { id } = plan['container'] as { id: string }
      const state = before.find((one) => one.id === id)
      const args = { pid: state?.pid ?? 0, containerId: id, signal: 'SIGSTOP' } as const
      await ctx.toolbox.get(helperOf(plan)).call('process.signal', args, signal())
      await docker.getContainer(helperOf(plan)).kill()
      expect(await planned.leftovers(ctx)).toEqual([expect.stringMatching(/^helper/), expect.stringMatching(/is still stopped$/)])
      await stranger.revert(ctx)
      expect(await stranger.leftovers(ctx)).toEqual([])
    })
    expect(runningAs(await list('hand'))).toEqual(runningAs(before))
  })
})

describe('what the daemon does', () => {
  test.each<['stop' | 'pause' | 'restart', RegExp, string]>([
    ['stop', /-hand-\d: stopped in \d+ ms, now exited/, 'is still exited'],
    ['pause', /-hand-\d: paused in \d+ ms, now paused/, 'is still paused'],
    ['restart', /-hand-\d: restarted in \d+ ms, now running/, ''],
  ])('%s', async (name, summary, left) => {
    const before = await byId('hand')
    const { evidence, leftovers } = await runFault(rig, action(name, 2), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.summary).toMatch(summary)
    expect(leftovers.during).toEqual(left === '' ? [] : hitNames().map((one) => `container ${one} ${left}`))
    expect(leftovers.after).toEqual([])
    expect(rig.hits).toHaveLength(2)
    const now = await byId('hand')
    expect([...now.values()].map(({ status }) => status)).toEqual(['running', 'running', 'running'])
    const same = [...before.values()].filter(({ id, pid }) => now.get(id)?.pid === pid)
    expect(same).toHaveLength(name === 'pause' ? HANDS : 1)
  })
})

describe('memory', () => {
  test('held at a share of the limit, and given back', async () => {
    const before = await list('hand')
    const { evidence, leftovers } = await runFault(rig, memory('hold', 90), { inject: true, windowMs: 5_000 })
    expect(evidence.reasons).toEqual([])
    expect(evidence.measures['heldPercent']).toBeGreaterThanOrEqual(87)
    expect(evidence.measures['baselinePercent']).toBeLessThan(80)
    expect(evidence.measures['readings']).toBeGreaterThanOrEqual(5)
    expect(leftovers.during).toEqual([expect.stringMatching(/^helper chaos-.*-memory-1 \(running\)$/)])
    expect(leftovers.after).toEqual([])
    // Nobody died of it, and it can be held again: what was filled is gone.
    expect(runningAs(await list('hand'))).toEqual(runningAs(before))
    const again = await runFault(rig, memory('hold', 90, { count: { number: HANDS } }), { inject: false })
    expect(again.evidence.confirmed).toBe(false)
    for (const { name } of before) expect(again.evidence.measures[`${name}.baselinePercent`]).toBeLessThan(80)
  })

  test('driven on until the kernel kills the main process', async () => {
    const before = await byId('hand')
    const { evidence, leftovers } = await runFault(rig, memory('oom', 95), { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.summary).toMatch(/held at 9\d(\.\d)? %, then killed by the kernel \d+ ms after it was driven on$/)
    expect(evidence.measures).toMatchObject({ oomEvent: true, exitCode: 137 })
    expect(leftovers.after).toEqual([])
    const victim = before.get(rig.hits[0]?.containerId ?? '')
    expect(await awaitAnother(victim as ContainerState)).toMatchObject({ restartCount: (victim?.restartCount ?? 0) + 1 })
  })

  test('of a container without a limit is not touched', async () => {
    await expect(runFault(rig, memory('oom', 95, { target: 'lone' }), { inject: false })).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    })
  })

  test('whose filler died is not held', async () => {
    await prepared(memory('hold', 90), async ({ armed, plan, ctx, open }) => {
      await armed.inject(ctx)
      open()
      await docker.getContainer(helperOf(plan)).kill()
      const evidence = await armed.effect(ctx)
      expect(evidence.confirmed).toBe(false)
      expect(evidence.reasons.join()).toMatch(/could not be read any more/)
    })
  })
})

const ALL: [string, FaultRequest][] = [
  ['crash', crash({ count: { percent: 100 } })],
  ['crash during inference', crash({ timing: 'during_inference' })],
  ['crash during registration', crash({ timing: 'during_registration' })],
  ['crash through the API', crash({ via: 'api' })],
  ['unanswered stop', stop()],
  ['stop', action('stop')],
  ['pause', action('pause')],
  ['restart', action('restart')],
  ['memory held', memory('hold', 90)],
  ['memory until the oom', memory('oom', 95)],
]

test.each(ALL)('%s: what is not injected is not confirmed, and touches nobody', async (_name, request) => {
  const before = runningAs(await rig.stack.containers.all(signal()))
  const { evidence, leftovers } = await runFault(rig, request, { inject: false, windowMs: 1_000 })
  expect(evidence.confirmed).toBe(false)
  expect(evidence.reasons).not.toEqual([])
  expect(rig.hits).toEqual([])
  expect(leftovers.after).toEqual([])
  expect(runningAs(await rig.stack.containers.all(signal()))).toEqual(before)
})

test('what cannot be is refused before anything is done', async () => {
  const plan = (request: FaultRequest, stack = rig.stack): Promise<unknown> =>
    runFault({ ...rig, stack }, request, { inject: false })
  await expect(plan(crash({ target: 'nobody' }))).rejects.toThrow(/service 'nobody' is running; it has no container at all/)
  await expect(plan(crash({ count: { number: 4 } }))).rejects.toThrow(/4 containers are to be hit, and 3 are running/)
  await expect(plan(crash({ target: 'lone', timing: 'during_inference' }))).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
  })
  await expect(plan(stop('lone'))).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  const bare = { ...rig.stack, descriptor: { ...rig.stack.descriptor, pool: null }, pool: () => null }
  await expect(plan(crash({ timing: 'during_registration' }), bare)).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
  })
  const { pool } = rig.stack.descriptor
  const idle = { ...rig.stack, descriptor: { ...rig.stack.descriptor, pool: pool === null ? null : { ...pool, work: null } } }
  await expect(plan(crash({ timing: 'during_inference' }), idle)).rejects.toThrow(/the pool names none/)
})

test('the same seed hits the same containers', async () => {
  const planned = async (): Promise<unknown> => {
    const { ctx } = contextOf(rig, 5_000)
    const { record } = await crash({ count: { number: 2 } }).plan({ ...ctx, random: seededRandom(42) })
    return record.plan['containers']
  }
  expect(await planned()).toEqual(await planned())
})
