import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Evidence } from '../../src/core/result/scenario.ts'
import type { FaultRequest, PlannedFault, Undo } from '../../src/kinds/fault.ts'
import type { FaultContext } from '../../src/kinds/context.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { connections as connectionsFault } from '../../src/faults/connections/fault.ts'
import { cpu as cpuFault, type CpuSpec } from '../../src/faults/cpu/fault.ts'
import { disk as diskFault } from '../../src/faults/disk/fault.ts'
import type { DiskSpec } from '../../src/faults/disk/plan.ts'
import { fileDescriptors } from '../../src/faults/file-descriptors/fault.ts'
import { vram as vramFault } from '../../src/faults/vram/fault.ts'
import { contextOf, runFault, storedUndo } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { ask, containerOf, deviceBytes, larderDescriptor, softLimitOf } from './larder.ts'
import { docker, signal } from './stack-fixture.ts'

const WINDOW_MS = 2_500
const NODE_USER = '1000:1000'
const ROOT_USER = '0:0'

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(larderDescriptor())
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: 30_000, signal: signal(), clock: systemClock }
  for (const name of ['gate', 'store', 'device']) {
    await waitUntil(
      `an answer of ${name}`,
      () => ask(rig, name, '/'),
      ({ status }) => status === 200,
      options,
    )
  }
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

const cpu = (target: string, percent: number, count: CpuSpec['count'] = null): FaultRequest =>
  cpuFault.request({ target, percent, count })
const INODES = { of: 'inodes', percent: 100 } as const
const disk = (changes: Partial<DiskSpec> = {}): FaultRequest =>
  diskFault.request({ target: 'store', amount: { of: 'bytes', percent: 100 }, path: null, limitBytes: null, ...changes })
const descriptors = (target: string, headroom: number): FaultRequest => fileDescriptors.request({ target, headroom })
const connections = (target: string, count: number, mode: 'idle' | 'requests'): FaultRequest =>
  connectionsFault.request({ target, connections: count, mode })
const vram = (target: string, percent: number): FaultRequest => vramFault.request({ target, percent })
const MIB = 1_048_576

/** Each entry is a fault that must be proven when it is injected, and must not be when it is not. */
/** `target` of a request: its spec is for its kind alone. */
function askedOf({ spec }: FaultRequest): { target?: unknown; amount?: { of?: unknown }; mode?: unknown } {
  return spec as JsonObject
}

const FAULTS: [string, FaultRequest, RegExp][] = [
  ['CPU, the whole quota', cpu('store', 100), /^1 of 1: \S+store-1: \d+(\.\d)? % of 0\.2 CPUs used \(/],
  ['CPU, half of it, on both devices', cpu('device', 50, { percent: 100 }), /^100 % of 2 → 2: .*device-1.*device-2/],
  ['disk, bytes', disk(), /: 0 B of 8 MiB free, 8 MiB before$/],
  ['disk, half of it', disk({ amount: { of: 'bytes', percent: 50 } }), /: 4 MiB of 8 MiB free/],
  ['disk, so many bytes', disk({ amount: { of: 'bytes', bytes: 3 * MIB } }), /: 5 MiB of 8 MiB free/],
  ['disk, more bytes than it has', disk({ amount: { of: 'bytes', bytes: 100 * MIB } }), /: 0 B of 8 MiB free/],
  ['disk, inodes', disk({ path: '/shelves', amount: INODES }), /: 0 inodes of 400 inodes free, 399 inodes before$/],
  [
    "disk, so many bytes of the machine's own",
    disk({ path: '/plain', amount: { of: 'bytes', bytes: 64 * MIB }, limitBytes: 64 * MIB }),
    /store-1:\/plain: /,
  ],
  ['descriptors', descriptors('store', 16), /: \d+ of \d+ descriptors open, \d+ of \d+ new connections/],
  ['descriptors of a process of root', descriptors('gate', 300), /: \d{3} of \d{3} descriptors open/],
  ['idle connections', connections('store', 200, 'idle'), /: (19\d|20\d) more connections at once$/],
  [
    'connections with requests',
    connections('gate', 200, 'requests'),
    /more connections at once, (19\d|200) requests unanswered at once$/,
  ],
  ['simulated GPU memory', vram('device', 100), /simulated: (99\.\d+|100) % of the declared GPU memory in use \(20 % before\)/],
  ['half of the simulated GPU memory', vram('device', 50), /simulated: 5\d(\.\d+)? % of/],
]

/** What the faults take away. The limits take a helper of their own to be seen, so that is done where they matter. */
async function state(kind: string): Promise<JsonObject> {
  return {
    write: (await ask(rig, 'store', '/write')).status,
    note: (await ask(rig, 'store', '/note')).status,
    gate: (await ask(rig, 'gate', '/')).status,
    softLimits:
      kind === 'file_descriptors' ? [await softLimitOf(rig, 'store', NODE_USER), await softLimitOf(rig, 'gate', ROOT_USER)] : [],
  }
}

describe('a resource that is used up', () => {
  test.each(FAULTS)('%s: it bites, is taken back, and leaves nothing', async (_name, request, summary) => {
    const { kind } = request
    const { target, mode } = askedOf(request)
    const before = await state(kind)
    const { evidence, leftovers, planned } = await runFault(rig, request, { inject: true, windowMs: WINDOW_MS })
    expect(evidence.reasons).toEqual([])
    expect(evidence.confirmed).toBe(true)
    expect(evidence.summary).toMatch(summary)
    // What is used of a quota is the machine's to give; the burners take or wait for all of it on any. The kernel counts a wait
    // when it has ended: in so short a window the last, of up to a period of the quota, is missing.
    if (kind === 'cpu' && target === 'store') expect(evidence.measures['demandPercent']).toBeGreaterThan(80)
    expect(evidence.mechanism).not.toMatch(/nothing/)
    expect(leftovers.during).not.toEqual([])
    expect(leftovers.after).toEqual([])
    // Requests go all the way through the stack.
    expect(planned.description.services).toEqual([target])
    expect(planned.description.everything ?? false).toBe(mode === 'requests')
    expect(planned.description.canaryDelayMs).toBeUndefined()
    expect(await state(kind)).toEqual(before)
    expect(before).toMatchObject({ write: 200, note: 200, gate: 200 })
  })
})

describe('a resource that is not used up', () => {
  // Each way to look at it: variants that differ in what they do alone are the same where nothing is done.
  const look = ([, request]: (typeof FAULTS)[number]): string => {
    const { amount, mode } = askedOf(request)
    return JSON.stringify([request.kind, amount?.of, mode])
  }
  const oneOfEach = FAULTS.filter((fault, index) => FAULTS.findIndex((other) => look(other) === look(fault)) === index)

  test.each(oneOfEach)('%s: it is not confirmed', async (_name, request) => {
    const { evidence, leftovers } = await runFault(rig, request, { inject: false, windowMs: WINDOW_MS })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons).not.toEqual([])
    expect(leftovers.after).toEqual([])
  })
})

interface Running {
  readonly planned: PlannedFault
  readonly plan: JsonObject
  readonly ctx: FaultContext
}

/**
 * The middle is near the beginning, so that there is time for what is done then, also on a busy machine; and by then CPU time
 * was read twice, which is done every 700 ms.
 */
const MIDDLE = { windowMs: 5_000, afterMs: 2_000 }
/** Where all that is judged lies before it: the kernel counts a wait when it has ended, which a short stretch shows too little of. */
const LATE = { windowMs: 6_000, afterMs: 4_000 }

/** Injects, lets `work` do what it does in the middle of the window, and reverts whatever happened. */
async function inTheMiddle(
  request: FaultRequest,
  work: (running: Running) => Promise<void>,
  { windowMs, afterMs } = MIDDLE,
): Promise<Evidence> {
  const { ctx, open } = contextOf(rig, windowMs)
  const planned = await request.plan(ctx)
  // As a cleanup in another process would, which knows nothing but the plan.
  const stranger: Undo = storedUndo(planned)
  try {
    const armed = await planned.arm(ctx)
    await armed.inject(ctx)
    open()
    const effect = armed.effect(ctx)
    await ctx.clock.sleep(afterMs, ctx.signal)
    await work({ planned, plan: planned.record.plan, ctx })
    return await effect
  } finally {
    await stranger.revert(ctx)
    expect(await stranger.leftovers(ctx)).toEqual([])
    await planned.revert(ctx)
  }
}

/** Ends a helper as nothing that it could notice would. */
async function killHelper(name: unknown): Promise<void> {
  if (typeof name !== 'string') throw new Error('the plan names no helper')
  await docker.getContainer(name).kill({ signal: 'SIGKILL' })
}

describe('what holds it is killed in the middle', () => {
  test('the burners of CPU time', async () => {
    const evidence = await inTheMiddle(cpu('store', 100), async ({ plan }) => {
      const [target] = (plan as { containers: { helper: string }[] }).containers
      await killHelper(target?.helper)
    })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons.join()).toMatch(/could not be watched any more/)
  })

  test('one worker among the burners', async () => {
    const evidence = await inTheMiddle(cpu('store', 100), async ({ plan }) => {
      const [target] = (plan as { containers: { id: string }[] }).containers
      const burners = await burnersOf(target?.id ?? '')
      expect(burners.length).toBeGreaterThan(2)
      process.kill(burners.at(-1) ?? -1, 'SIGKILL')
    })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons.join()).toMatch(/died on the way|were alive in the cgroup|used no CPU time/)
  })

  test('the filler of a volume, whose files are swept', async () => {
    const evidence = await inTheMiddle(disk(), async ({ planned, plan, ctx }) => {
      await killHelper(plan['helper'])
      expect((await planned.leftovers(ctx)).join()).toMatch(/filler file/)
    })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons.join()).toMatch(/could not be kept full/)
    expect((await ask(rig, 'store', '/write')).status).toBe(200)
  })

  test('the holder of connections, with the descriptors', async () => {
    const evidence = await inTheMiddle(descriptors('store', 16), async ({ plan }) => {
      await killHelper(plan['holder'])
    })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons.join()).toMatch(/could not be kept up/)
  })

  test('who lowered the limit: it is restored from the plan alone', async () => {
    const before = await softLimitOf(rig, 'store', NODE_USER)
    const evidence = await inTheMiddle(descriptors('store', 16), async ({ planned, plan, ctx }) => {
      await killHelper(plan['helper'])
      expect((await planned.leftovers(ctx)).join()).toMatch(/limit of \d+ descriptors/)
    })
    expect(evidence.confirmed).toBe(false)
    expect(await softLimitOf(rig, 'store', NODE_USER)).toBe(before)
  })

  test('the flooder', async () => {
    const evidence = await inTheMiddle(connections('store', 100, 'idle'), async ({ plan }) => {
      await killHelper(plan['flooder'])
    })
    expect(evidence.confirmed).toBe(false)
  })

  test('the sender of long requests, and the memory comes back', async () => {
    const before = await deviceBytes(rig)
    const evidence = await inTheMiddle(vram('device', 100), async ({ plan }) => {
      expect(await deviceBytes(rig)).toBeGreaterThan(before)
      await killHelper(plan['helper'])
    })
    expect(evidence.confirmed).toBe(false)
    const options = { everyMs: 100, attemptMs: 5_000, limitMs: 10_000, signal: signal(), clock: systemClock }
    await waitUntil(
      'the memory to come back',
      () => deviceBytes(rig),
      (bytes) => bytes === before,
      options,
    )
  })
})

/** Pids of stress-ng in the container's cgroup: Docker runs on this machine. */
async function burnersOf(container: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [name, cgroup] = await Promise.all(
        ['comm', 'cgroup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      )
      return name?.startsWith('stress-ng') === true && cgroup?.includes(container) === true ? [Number(pid)] : []
    }),
  )
  return found.flat()
}

describe('the target dies of it', () => {
  test.each<[string, FaultRequest]>([
    ['store', cpu('store', 100)],
    ['gate', descriptors('gate', 16)],
  ])('%s: what was seen until then has to do', async (name, request) => {
    const { pid } = await containerOf(rig, name)
    const kill = async (): Promise<void> => {
      process.kill(pid, 'SIGKILL')
      // Docker takes a moment to notice.
      const options = { everyMs: 20, attemptMs: 5_000, limitMs: 15_000, signal: signal(), clock: systemClock }
      const now = async (): Promise<number> => (await containerOf(rig, name)).pid
      await waitUntil(`the end of process ${pid}`, now, (other) => other !== pid, options)
    }
    const evidence = await inTheMiddle(request, kill, LATE)
    expect(evidence.reasons, JSON.stringify(evidence.measures)).toEqual([])
    const options = { everyMs: 100, attemptMs: 5_000, limitMs: 30_000, signal: signal(), clock: systemClock }
    await waitUntil(
      `an answer of ${name}`,
      () => ask(rig, name, '/'),
      ({ status }) => status === 200,
      options,
    )
  })
})

test('what the system frees on a full volume is taken again', async () => {
  expect((await ask(rig, 'store', '/reserve')).status).toBe(200)
  const evidence = await inTheMiddle(disk(), async () => {
    expect((await ask(rig, 'store', '/write')).status).toBe(507)
    expect((await ask(rig, 'store', '/free')).status).toBe(200)
  })
  expect(evidence.reasons).toEqual([])
  expect(evidence.measures).toMatchObject({ freeBytes: 0, lastWriteRefused: true, highestFreeBytes: 2 * MIB })
  expect(evidence.measures['refills']).toBeGreaterThanOrEqual(1)
})

test('a path that is on no volume, on the machine’s own disk, or not to be written to is refused before anything is done', async () => {
  const refused: [FaultRequest, string, RegExp][] = [
    [disk({ path: '/tmp' }), 'BAD_INPUT', /is not on a volume/],
    [disk({ path: '/sealed' }), 'BAD_INPUT', /read-only/],
    [disk({ path: '/plain' }), 'BAD_INPUT', /lies on the machine's own disk/],
    [disk({ path: '/plain', amount: INODES, limitBytes: MIB }), 'BAD_INPUT', /whose inodes no limit of bytes protects/],
    [disk({ path: '/plain', limitBytes: 2 ** 50 }), 'HOST_GUARD', /are its floor/],
    [disk({ target: 'gate' }), 'BAD_INPUT', /declares no data path of 'gate'/],
    [disk({ target: 'attic' }), 'TARGET_NOT_FOUND', /attic/],
  ]
  for (const [request, code, message] of refused) {
    const refusal = runFault(rig, request, { inject: false })
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  }
})

test('a stack that lacks what a fault needs skips it', async () => {
  const without = (changes: Parameters<typeof larderDescriptor>[0]): OpenRig => ({
    ...rig,
    stack: { ...rig.stack, descriptor: larderDescriptor(changes) },
  })
  const bare = larderDescriptor().services.map((service) => ({ ...service, health: null }))
  const skipped: [OpenRig, FaultRequest][] = [
    [without({ vram: null }), vram('device', 100)],
    [rig, vram('store', 100)],
    [without({ services: bare }), descriptors('store', 16)],
    [without({ services: bare }), connections('store', 10, 'idle')],
    [rig, connections('store', 10, 'requests')],
  ]
  for (const [on, request] of skipped) {
    await expect(runFault(on, request, { inject: false })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  }
})
