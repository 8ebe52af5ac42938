/** Each step of a fault and of everything around it fails, hangs, comes late or lies: nothing passes, and nothing stays. */
import { wall } from '../../core/time/moment.fixture.ts'
import { later, type Wall } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ContainerEvent } from '../../ports/docker.ts'
import { fakeFault, request, type FaultCourses } from '../rig/fake-fault.ts'
import { clause, fakeClause, type ClauseCourses } from '../rig/fake-clause.ts'
import { Rig } from '../rig/rig.ts'
import type { Course } from '../rig/world.ts'

function withFault(courses: Partial<FaultCourses>): Rig {
  return new Rig({ faults: (world) => [fakeFault(world, 'cut', courses)] })
}

describe('a step of a fault', () => {
  it.each<[keyof FaultCourses, Course, string, string]>([
    ['plan', 'fails', 'error', 'plan: plan cut on back failed'],
    ['plan', 'hangs', 'error', 'plan: phase plan took longer than 30000 ms'],
    ['plan', 'late', 'error', 'plan: phase plan took longer than 30000 ms'],
    ['prepare', 'fails', 'error', 'prepare: prepare cut on back failed'],
    ['prepare', 'hangs', 'error', 'prepare: phase prepare took longer than 30000 ms'],
    ['inject', 'fails', 'error', 'inject: inject cut on back failed'],
    ['inject', 'hangs', 'error', 'inject: phase inject took longer than 10000 ms'],
    ['inject', 'lies', 'inconclusive', 'cut on back was not seen to bite'],
    ['effect', 'fails', 'error', 'effect: effect cut on back failed'],
    ['effect', 'hangs', 'error', 'effect: phase effect took longer than 26000 ms'],
    ['revert', 'fails', 'error', 'not reverted: cut on back: revert cut on back failed'],
    ['revert', 'hangs', 'error', 'not reverted: cut on back: reverting cut took longer than 25000 ms'],
    ['revert', 'lies', 'error', 'not reverted: cut on back is still on'],
    ['leftovers', 'fails', 'error', 'not proven to be reverted: clean: leftovers cut on back failed'],
    ['leftovers', 'hangs', 'error', 'not proven to be reverted: clean: phase clean took longer than 20000 ms'],
  ])('%s %s: %s', async (step, course, verdict, reason) => {
    const rig = withFault({ [step]: course })
    const result = await rig.result()
    expect([result.verdict, result.reasons[0]]).toEqual([verdict, reason])
    // What was begun is undone, whatever became of it; only a revert that does not work leaves something.
    const isUndone = step !== 'revert'
    expect(rig.world.broken.size).toBe(isUndone ? 0 : 1)
    expect(result.cleanup.clean).toBe(isUndone)
    if (step !== 'plan') expect(rig.noted('revert')).not.toEqual([])
  })

  it.each(['plan', 'prepare', 'inject', 'effect'] as const)('%s that fails leaves nobody behind who looks', async (step) => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { [step]: 'fails' })],
      stacks: [{ members: () => [{ id: 'a', state: 'ready', meaning: 'ready', container: 'a', inFlight: 1 }] }],
    })
    await rig.run()
    expect(rig.world.clock.sleeping).toBe(0)
  })

  it.each(['prepare', 'inject', 'effect'] as const)('%s that ends long after everybody stopped waiting is told', async (step) => {
    const rig = withFault({ [step]: 'late' })
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons).toContain(`not reverted: ${step} of cut goes on, and what it does is not undone`)
    // Tried all the same, and the record stays for whoever cleans up.
    expect(rig.noted('revert')).toEqual(['revert cut on back'])
    expect([...rig.open.values()]).toEqual(['back'])
  })

  it('that ends soon after it was given up is undone after that', async () => {
    const rig = new Rig({
      faults: (world) => {
        const fault = fakeFault(world, 'cut')
        const inject: typeof fault.inject = async (plan, ctx) => {
          await world.clock.sleep(12_000)
          await fault.inject(plan, ctx)
        }
        return [{ ...fault, inject }]
      },
    })
    const result = await rig.result()
    expect(result.reasons).toEqual(['inject: phase inject took longer than 10000 ms'])
    expect(rig.noted('inject', 'revert')).toEqual(['revert cut on back', 'inject cut on back', 'revert cut on back'])
    expect([result.cleanup, rig.world.broken.size]).toEqual([{ clean: true, leftovers: [] }, 0])
  })

  it('that ends before it is undone is undone once', async () => {
    const rig = new Rig({
      faults: (world) => {
        const fault = fakeFault(world, 'cut')
        const inject: typeof fault.inject = async (plan, ctx) => {
          await world.clock.sleep(11_000)
          await fault.inject(plan, ctx)
        }
        return [{ ...fault, inject }]
      },
    })
    expect((await rig.result()).cleanup.clean).toBe(true)
    expect(rig.noted('inject', 'revert')).toEqual(['inject cut on back', 'revert cut on back'])
  })

  it('a fault whose effect is a lie is told by nobody but its own test: the engine believes it', async () => {
    expect((await withFault({ inject: 'lies', effect: 'lies' }).result()).verdict).toBe('passed')
  })
})

describe('a fault that is not to be had', () => {
  it('skips the scenario: nothing was injected', async () => {
    const rig = withFault({ plan: 'skips' })
    const result = await rig.result()
    expect([result.verdict, result.reasons]).toEqual(['skipped', ['plan: there is no cut here']])
    expect(rig.noted('ledger', 'prepare', 'inject', 'revert')).toEqual([])
  })
})

describe('what is left over', () => {
  it('makes the scenario an error, and keeps its record open for whoever cleans up', async () => {
    const rig = withFault({ leaves: ['a rule', 'a file'] })
    const result = await rig.result()
    expect([result.verdict, result.reasons]).toEqual(['error', ['not reverted: a rule', 'not reverted: a file']])
    expect(result.cleanup).toEqual({ clean: false, leftovers: ['a rule', 'a file'] })
    expect([...rig.open.values()]).toEqual(['back'])
  })

  it('keeps the record open when nothing is found, but the revert has failed', async () => {
    const rig = withFault({ revert: 'fails', leftovers: 'lies' })
    expect((await rig.result()).verdict).toBe('error')
    expect([...rig.open.values()]).toEqual(['back'])
  })
})

describe('the undo record', () => {
  it.each<[Course, string]>([
    ['fails', 'plan: ledger: cut on back failed'],
    ['hangs', 'plan: phase plan took longer than 30000 ms'],
  ])('that %s ends the scenario before anything is done', async (ledger, reason) => {
    const rig = new Rig({ ledger })
    const result = await rig.result()
    expect([result.verdict, result.reasons[0]]).toEqual(['error', reason])
    expect(rig.noted('prepare', 'inject')).toEqual([])
  })
})

describe('a clause', () => {
  function withProbe(courses: Partial<ClauseCourses>, phase: 'during' | 'after' = 'during'): Rig {
    return new Rig({
      clauses: (world) => [fakeClause(world, 'answers', courses)],
      scenarios: [{ expect: [clause('answers', phase)] }],
    })
  }

  it.each<[Partial<ClauseCourses>, string, string]>([
    [{ met: false }, 'failed', 'the clause answers: expected answers to hold, observed answers: false'],
    [{ met: null }, 'failed', 'undecided: the clause answers: expected answers to hold, observed answers: null'],
    [
      { observe: 'fails' },
      'failed',
      'undecided: the clause answers: expected to be observed, observed it could not be observed: observe answers failed',
    ],
    [{ steady: 'fails' }, 'error', 'steady: steady of answers failed'],
    [{ steady: 'hangs' }, 'error', 'steady: phase steady took longer than 30000 ms'],
    [{ begin: 'fails' }, 'error', 'begin answers failed'],
    [{ begin: 'hangs' }, 'error', 'starting what the clauses ask for took longer than 10000 ms'],
    [{ begin: 'late' }, 'error', 'starting what the clauses ask for took longer than 10000 ms'],
  ])('%j: %s', async (courses, verdict, reason) => {
    const rig = withProbe(courses)
    const result = await rig.result()
    expect([result.verdict, result.reasons]).toEqual([verdict, [reason]])
    expect(rig.world.broken.size).toBe(0)
    // What makes the scenario an error before its fault does not let the fault come.
    expect(rig.noted('inject')).toHaveLength(verdict === 'failed' ? 1 : 0)
  })

  it.each<[Partial<ClauseCourses>, string]>([
    [{ met: false }, 'failed'],
    [{ met: null }, 'failed'],
    [{ observe: 'fails' }, 'failed'],
    [{ observe: 'hangs' }, 'error'],
  ])('after the fault, %j: %s', async (courses, verdict) => {
    const rig = withProbe(courses, 'after')
    const result = await rig.result()
    expect(result.verdict).toBe(verdict)
    expect(rig.noted('revert', 'observe')).toEqual(['revert cut on back', 'observe answers'])
  })

  it('that begins too late for anybody is stopped as soon as it has', async () => {
    const rig = withProbe({ begin: 'late' })
    await rig.run()
    await rig.world.clock.pass(200_000)
    expect(rig.noted('begun', 'stop')).toEqual(['begun answers', 'stop answers'])
  })

  it('that was not begun as the one before it broke is not begun later', async () => {
    const rig = new Rig({
      clauses: (world) => [fakeClause(world, 'slow', { begin: 'late' }), fakeClause(world, 'answers')],
      scenarios: [{ expect: [clause('slow'), clause('answers')] }],
    })
    await rig.run()
    await rig.world.clock.pass(200_000)
    expect(rig.noted('begun', 'stop')).toEqual(['begun slow', 'stop slow'])
  })

  it('that fails its baseline has the preparation broken off, and undone', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { prepare: 'hangs' })],
      clauses: (world) => [fakeClause(world, 'answers', { steady: 'fails' })],
    })
    expect((await rig.result()).reasons).toEqual(['steady: steady of answers failed'])
    expect(rig.noted('prepare', 'revert')).toEqual(['prepare cut on back', 'revert cut on back'])
  })
})

describe('the machine', () => {
  it('below a floor before the fault keeps it from coming', async () => {
    const rig = new Rig()
    rig.world.memAvailableBytes = 100 * 1024 ** 2
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons).toEqual([
      'prepare: the machine has 100 MiB of memory available, the floor is 512 MiB, so nothing was injected Free memory or disk space on the machine that runs Docker.',
    ])
    expect(rig.noted('inject')).toEqual([])
  })

  it.each(['lies', 'well'] as const)(
    'whose host takes its CPU time away is told where the verdict is not green: a revert that %s',
    async (revert) => {
      const rig = withFault({ revert })
      rig.world.cpuStolenShare = 0.25
      const result = await rig.result()
      const note = /gave 25 % of the CPU time that this machine asked for to others/
      expect([
        result.verdict,
        result.host?.cpuStolenPercent,
        result.reasons.filter((reason) => note.test(reason)).length,
      ]).toEqual(revert === 'lies' ? ['error', 25, 1] : ['passed', 25, 0])
    },
  )

  it('below a floor while the fault is on has it ended', async () => {
    const rig = new Rig({
      clauses: (world) => [
        fakeClause(world, 'answers', {
          observe: 'hangs',
          look: () => {
            world.memAvailableBytes = 100 * 1024 ** 2
          },
        }),
      ],
    })
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toMatch(/100 MiB of memory available, the floor is 512 MiB: the fault was ended/)
    expect(result.host?.memAvailableMinBytes).toBe(100 * 1024 ** 2)
    expect(rig.world.broken.size).toBe(0)
    expect(result.phases.find(({ name }) => name === 'during')?.durationMs).toBeLessThan(1_000)
  })

  it.each<Course>(['fails', 'hangs'])('whose first reading %s is not broken', async (host) => {
    const rig = new Rig({ stacks: [{ host }] })
    expect((await rig.result()).verdict).toBe('error')
    expect(rig.noted('inject')).toEqual([])
  })

  it('that has no time for the harness makes it inconclusive', async () => {
    const rig = new Rig()
    rig.world.lagP99Ms = 251
    expect((await rig.result()).reasons).toEqual(['harness starved: event-loop lag p99 251 ms (limit 250 ms)'])
    const late = new Rig()
    late.world.latenessMs = 101
    expect((await late.result()).reasons).toEqual(['harness starved: the canary was sent 101 ms late at p95 (limit 100 ms)'])
  })
})

it('a control whose watch begins when nobody waits for it any more is not asked on', async () => {
  const rig = new Rig({ stacks: [{ list: 'late' }] })
  expect((await rig.result()).reasons[0]).toBe('prepare: phase prepare took longer than 30000 ms')
  await rig.world.clock.pass(600_000)
  expect(rig.noted('probe')).toHaveLength(1)
})

describe('the steady state', () => {
  it('that is not reached is told, with what is not healthy, and nothing is injected', async () => {
    const rig = new Rig()
    rig.world.unhealthy = () => 'fake-back-1 is restarting'
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toMatch(
      /^steady: no steady state, so nothing was injected: 10 good canary requests in a row .* within 20000 ms: \d+ × good, .*; fake-back-1 is restarting$/,
    )
    expect(rig.noted('inject')).toEqual([])
    expect(rig.noted('revert')).toEqual(['revert cut on back'])
  })

  it('that the canary does not reach is told with both', async () => {
    const rig = new Rig()
    rig.world.answer = () => ({ ok: false, latencyMs: 5, error: 'status 500' })
    rig.world.unhealthy = () => 'fake-front-1 is unhealthy'
    const [reason] = (await rig.result()).reasons
    expect(reason).toMatch(/within 20000 ms: \d+ × status 500, the newest of them bad; [^:]*$/)
    expect(reason).toContain('; fake-front-1 is unhealthy')
  })

  it('that is lost while the fault is prepared must be reached again', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { prepare: { afterMs: 3_000 } })] })
    const startedMs = rig.world.clock.nowMs()
    rig.world.answer = (atMs) => {
      const isBad = rig.world.broken.size > 0 || (atMs > later(startedMs, 2_000) && atMs < later(startedMs, 2_500))
      return { ok: !isBad, latencyMs: 20 }
    }
    const result = await rig.result()
    expect(result.verdict).toBe('passed')
    expect(result.events).toMatchObject([
      {
        source: 'engine',
        kind: 'steady-again',
        detail:
          '4 canary requests failed while the fault was prepared; the steady state was reached again before it was injected',
      },
    ])
    expect(result.canary.steadyP50Ms).toBe(20)
  })

  it('that is lost as the clauses begin ends the scenario', async () => {
    const rig = new Rig({ clauses: (world) => [fakeClause(world, 'answers', { begin: { afterMs: 1_000 } })] })
    const startedMs = rig.world.clock.nowMs()
    rig.world.answer = (atMs) => ({ ok: atMs < later(startedMs, 1_300), latencyMs: 20 })
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toMatch(/^\d+ canary requests failed before anything was injected, so nothing was$/)
    expect(rig.noted('inject')).toEqual([])
  })
})

describe('several faults', () => {
  const both = { faults: [request('cut', 'back'), request('slow', 'store')] }
  const sameTarget = { faults: [request('cut', 'back'), request('slow', 'back')] }

  it('are undone newest first where they share a target', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow', { revert: { afterMs: 1_000 } })],
      scenarios: [sameTarget],
    })
    await rig.run()
    expect(rig.noted('revert')).toEqual(['revert slow on back', 'revert cut on back'])
    expect(rig.noted('ledger:')).toEqual(['ledger: cut on back', 'ledger: slow on back'])
  })

  it('are undone side by side where they do not', async () => {
    const rig = new Rig({
      faults: (world) => [
        fakeFault(world, 'cut', { revert: { afterMs: 1_000 } }),
        fakeFault(world, 'slow', { revert: { afterMs: 1_000 } }),
      ],
      scenarios: [both],
    })
    const result = await rig.result()
    expect(result.phases.find(({ name }) => name === 'revert')?.durationMs).toBe(1_000)
  })

  it('leave nothing waiting behind', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow', { prepare: { afterMs: 2_000 } })],
      scenarios: [both],
    })
    await rig.run()
    expect(rig.world.clock.sleeping).toBe(0)
  })

  it('are named with all that they touch where one cannot be undone', async () => {
    const rig = withFault({ revert: 'fails', describe: { targets: ['back', 'store'] } })
    expect((await rig.result()).reasons[0]).toBe('not reverted: cut on back, store: revert cut on back failed')
  })

  it('are undone though one of them cannot be, which is told', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow', { revert: 'fails' })],
      scenarios: [sameTarget],
    })
    const result = await rig.result()
    expect(result.reasons[0]).toBe('not reverted: slow on back: revert slow on back failed')
    expect(rig.noted('revert')).toEqual(['revert slow on back', 'revert cut on back'])
    expect([...rig.open.values()]).toEqual(['back'])
  })

  it('must all bite: one that does nothing makes the whole unproven', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow', { inject: 'lies' })],
      scenarios: [both],
    })
    const result = await rig.result()
    expect([result.verdict, result.reasons]).toEqual(['inconclusive', ['slow on store was not seen to bite']])
    expect(result.effect).toMatchObject({
      confirmed: false,
      summary: 'cut on back bites; slow on store does nothing',
      measures: { fault1_share: 1, fault2_share: 0 },
    })
  })

  it('may be got round, each in its way, which fails the scenario', async () => {
    const escaping = { evidence: { escaped: ['it sent nothing'] } }
    const two = new Rig({
      faults: (world) => [fakeFault(world, 'cut', escaping), fakeFault(world, 'slow', escaping)],
      scenarios: [both],
    })
    const result = await two.result()
    expect([result.verdict, result.reasons]).toEqual(['failed', ['it sent nothing', 'it sent nothing']])
    expect(result.effect).toMatchObject({ confirmed: true, escaped: ['it sent nothing', 'it sent nothing'] })
    const one = await new Rig({
      faults: (world) => [fakeFault(world, 'cut', escaping), fakeFault(world, 'slow')],
      scenarios: [both],
    }).result()
    expect([one.verdict, one.reasons]).toEqual(['failed', ['it sent nothing']])
    const none = await new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow')],
      scenarios: [both],
    }).result()
    expect([none.verdict, 'escaped' in none.effect]).toEqual(['passed', false])
  })

  it('say what each of them does', async () => {
    const rig = new Rig({
      faults: (world) => [
        fakeFault(world, 'cut', { describe: { canaryDelayMs: 200 } }),
        fakeFault(world, 'slow', { describe: { canaryDelayMs: 300 } }),
      ],
      scenarios: [both],
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            world.note(`delay ${String(ctx.canaryDelayMs)}`)
          },
        }),
      ],
    })
    const result = await rig.result()
    expect(result.targets).toEqual(['back', 'store'])
    expect(result.mechanism).toBe('by hand')
    expect(rig.noted('delay')).toEqual(['delay 500'])
  })

  it.each(['prepare', 'inject'] as const)('are all undone when one fails to %s, and the others are broken off', async (step) => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { [step]: 'fails' }), fakeFault(world, 'slow', { [step]: 'hangs' })],
      scenarios: [both],
    })
    const result = await rig.result()
    expect(result.reasons).toEqual([`${step}: ${step} cut on back failed`])
    expect(rig.noted('revert').toSorted()).toEqual(['revert cut on back', 'revert slow on store'])
    expect(rig.world.broken.size).toBe(0)
  })

  it('are not planned further when one cannot be', async () => {
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'slow', { plan: 'fails' })],
      scenarios: [both],
    })
    expect((await rig.result()).verdict).toBe('error')
    expect(rig.noted('prepare', 'inject', 'revert')).toEqual(['revert cut on back'])
    expect(rig.open.size).toBe(0)
  })
})

describe('what is collected', () => {
  it.each<Course>(['fails', 'hangs'])('and cannot be, as the list of containers %s, is an error', async (glance) => {
    const result = await new Rig({ stacks: [{ glance }] }).result()
    expect(result.verdict).toBe('error')
    expect([result.logs, result.series, result.events]).toEqual([[], null, []])
  })

  it('says of a log that it could not be read', async () => {
    const rig = new Rig({ stacks: [{ logs: 'fails' }] })
    expect((await rig.result()).verdict).toBe('passed')
    expect(rig.written.get('logs/X-1/store.log')).toMatch(
      /fake-store-1 \[logs of fake-store-1 could not be read: logs store-id failed\]\n$/,
    )
  })

  it('and cannot be written is an error', async () => {
    expect((await new Rig({ artifacts: 'fails' }).result()).verdict).toBe('error')
  })

  it('holds the events of the containers in their order, and none of health checks', async () => {
    let nowMs = wall(0)
    const rig = new Rig({ stacks: [{ events: () => events(nowMs) }] })
    nowMs = later(rig.world.clock.wallMs(), 8_000)
    const result = await rig.result()
    expect(result.events.map(({ source, kind, detail }) => [source, kind, detail])).toEqual([
      ['docker', 'create', '0123456789ab'],
      ['back', 'die', '0123456789ab exit code 137'],
      ['back', 'start', '0123456789ab'],
    ])
  })

  it('is an error when events are unknown', async () => {
    const broken = (): never => {
      throw new Error('the feed is broken')
    }
    expect((await new Rig({ stacks: [{ events: broken }] }).result()).reasons).toEqual(['collect: the feed is broken'])
  })
})

function events(nowMs: Wall): ContainerEvent[] {
  const one = (beforeMs: number, action: string, service: string, attributes: Record<string, string> = {}): ContainerEvent => ({
    ...{ atMs: later(nowMs, -beforeMs), action, containerId: '0123456789abcdef', service, attributes },
  })
  return [
    one(500, 'start', 'back'),
    one(800, 'die', 'back', { exitCode: '137' }),
    one(700, 'exec_create: sh', 'back'),
    one(900, 'create', ''),
    one(60_000, 'die', 'front'),
  ]
}
