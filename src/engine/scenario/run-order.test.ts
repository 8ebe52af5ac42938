/** What a scenario does, in which order, and what its result says of it. */
import type { SendOptions } from '../../core/request.ts'
import { later, msBetween } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { fakeFault } from '../rig/fake-fault.ts'
import { clause, fakeClause } from '../rig/fake-clause.ts'
import { Rig } from '../rig/rig.ts'

const WATCHING = ['host.read', 'probe 10.0.0.9', 'begun answers']

function steps(rig: Rig): string[] {
  return rig.world.journal.filter((line) => !WATCHING.includes(line))
}

describe('a scenario that goes well', () => {
  it('does everything in its order: the undo record before anything else, the proof before the record is closed', async () => {
    const rig = new Rig()
    await rig.run()
    expect(steps(rig)).toEqual([
      ...['canary starts', 'canary forgets 0'],
      'plan cut on back',
      'ledger: cut on back',
      'list store',
      'prepare cut on back',
      'steady of answers',
      'begin answers',
      'canary: usual pace',
      'inject cut on back',
      'effect cut on back',
      'observe answers',
      'revert cut on back',
      'canary: 20 a second',
      'leftovers cut on back',
      'ledger closes back',
      ...['canary: 20 a second', 'canary: 20 a second'],
      'stop answers',
      'glance',
      'write series/X-1.jsonl',
      ...['logs front-id', 'logs back-id', 'logs store-id'],
      ...['write logs/X-1/back.log', 'write logs/X-1/front.log', 'write logs/X-1/store.log'],
      'list store',
      'canary stops',
    ])
    expect(rig.open.size).toBe(0)
  })

  it('says so in its result', async () => {
    const rig = new Rig()
    const result = await rig.result()
    expect(result).toMatchObject({
      ...{
        id: 'X-1',
        name: 'the back is cut off',
        suite: 'chaos',
        verdict: 'passed',
        reasons: [],
        recoveryOnly: false,
        stack: 1,
      },
      expectedBehavior: 'answers say so',
      targets: ['back'],
      mechanism: 'by hand',
      effect: { confirmed: true, summary: 'cut on back bites', reasons: [], measures: { share: 1 } },
      expectations: [
        { phase: 'during', text: 'the clause answers', expected: 'answers to hold', observed: 'answers: true', met: true },
        {
          phase: 'after',
          text: 'bystanders',
          expected: 'no other container dies or turns unhealthy, and none that was hit dies again',
          observed: 'none',
          met: true,
        },
      ],
      control: { service: 'store', unaffected: true, steadyP95Ms: 3, duringP95Ms: 3, reasons: [] },
      controlReason: null,
      cleanup: { clean: true, leftovers: [] },
      host: { memAvailableMinBytes: 8 * 1024 ** 3, diskFreeMinBytes: 50 * 1024 ** 3, cpuStolenPercent: 0 },
      events: [],
      series: { file: 'series/X-1.jsonl' },
      repeatCommand: 'again X-1',
      source: { file: 'x.json', line: 3 },
    })
    expect(result.logs).toEqual(['back', 'front', 'store'].map((service) => ({ service, file: `logs/X-1/${service}.log` })))
    expect(rig.written.get('logs/X-1/back.log')).toMatch(/^\S+ fake-back-1 first\n\S+ fake-back-1 second\n$/)
  })

  it('holds the fault for the planned window, and judges the requests of just that', async () => {
    const { canary, phases, recovery, startedAt } = await new Rig().result()
    const phase = (name: string): (typeof phases)[number] | undefined => phases.find((one) => one.name === name)
    expect(phase('during')?.durationMs).toBe(6_000)
    expect(canary).toMatchObject({ total: 60, failed: 60, p50Ms: null, p95Ms: null, steadyP50Ms: 20, maxLatenessMs: 0 })
    // From the last good answer before the fault to the first after it.
    expect(canary.longestOutageMs).toBeGreaterThanOrEqual(6_000)
    expect(recovery).toMatchObject({ recovered: true, limitMs: 20_000, streak: 5, reason: null })
    expect(phases.map(({ name }) => name)).toEqual([
      ...['steady', 'plan', 'prepare', 'inject', 'effect', 'during', 'revert', 'clean', 'recovery', 'collect'],
    ])
    expect(phases[0]?.startedAt).toBe(startedAt)
  })

  it('tells its phases as they begin', async () => {
    const rig = new Rig()
    await rig.run()
    expect(rig.events.filter(({ type }) => type === 'phase-started')).toEqual(
      ['steady', 'plan', 'prepare', 'inject', 'effect', 'during', 'revert', 'clean', 'recovery', 'collect'].map((phase) => ({
        ...{ type: 'phase-started', id: 'X-1', phase },
      })),
    )
  })

  it('writes each canary request of its time, from its start', async () => {
    const rig = new Rig()
    await rig.run()
    const lines = (rig.written.get('series/X-1.jsonl') ?? '').trim().split('\n')
    const samples = lines.map((line) => JSON.parse(line) as { atMs: number; ok: boolean; status: number | null })
    expect(samples[0]).toEqual({ atMs: 0, latencyMs: 20, status: 200, ok: true, error: null })
    expect(samples.filter(({ ok }) => !ok)).toHaveLength(60)
    expect(samples.map(({ atMs }) => atMs)).toEqual(samples.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
  })
})

describe('the context of a clause', () => {
  it('knows the steady state, the window, whom the fault hit, and by how much it slows the canary', async () => {
    const seen: unknown[] = []
    const rig = new Rig({
      faults: (world) => [fakeFault(world, 'cut', { hits: ['back-1'], describe: { canaryDelayMs: 250 } })],
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            const { steady } = ctx.canary
            const steadyFacts = [steady.failed, steady.p50Ms, steady.total >= 10]
            const window = ctx.window()
            seen.push(
              steadyFacts,
              window.plannedMs,
              ctx.canaryDelayMs,
              ctx.hits().map(({ name }) => name),
            )
            seen.push(ctx.faultEndedAtWallMs, ctx.windowMs, msBetween(ctx.clock.wallMs(), ctx.injectedAtWallMs))
          },
        }),
      ],
    })
    const result = await rig.result()
    expect(seen).toEqual([[0, 20, true], 6_000, 250, ['back-1'], null, 6_000, 0])
    expect(result.events).toMatchObject([{ source: 'engine', kind: 'hit', detail: 'back-1 (back-1012345), process 42' }])
  })

  it('sends requests to the entry, within the limits of the clause', async () => {
    const limits = { deadlineMs: 700, maxBytes: 90 }
    const rig = new Rig({
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            const { page } = ctx.stack.descriptor.requests
            if (page !== undefined) void ctx.request(page, limits)
          },
        }),
      ],
    })
    expect((await rig.result()).verdict).toBe('passed')
    const [sent] = rig.world.requests
    expect(rig.world.requests).toHaveLength(1)
    expect(sent).toEqual({
      ...limits,
      baseUrl: 'http://127.0.0.1:1',
      variables: {},
      signal: expect.any(AbortSignal) as AbortSignal,
      within: expect.any(Function) as SendOptions['within'],
      asks: expect.any(Function) as SendOptions['asks'],
    })
  })

  it('sends requests within the network of the stack by who is there', async () => {
    const rig = new Rig({
      stacks: [
        { metrics: (host, { method, path, headers, timeoutMs }) => [host, method, path, headers['x-a'], timeoutMs].join(' ') },
      ],
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            const { page } = ctx.stack.descriptor.requests
            if (page !== undefined) void ctx.request(page, { deadlineMs: 700, maxBytes: 90 })
          },
        }),
      ],
    })
    await rig.result()
    const { within } = rig.world.requests[0] ?? {}
    const asked = { method: 'GET', path: '/', headers: { 'x-a': 'b' }, body: null, timeoutMs: 7, maxBytes: 9 }
    const answer = await within?.({ service: 'back', port: 80 }, asked, new AbortController().signal)
    expect(answer).toMatchObject({ status: 200, body: 'back GET / b 7' })
  })

  it('knows after the fault when that had ended', async () => {
    const ended: (number | null)[] = []
    const rig = new Rig({
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            ended.push(ctx.faultEndedAtWallMs === null ? null : msBetween(ctx.faultEndedAtWallMs, ctx.clock.wallMs()))
          },
        }),
      ],
      scenarios: [{ expect: [clause('answers', 'after')] }],
    })
    expect((await rig.result()).verdict).toBe('passed')
    expect(ended).toHaveLength(1)
    expect(ended[0]).toBeGreaterThan(100)
    expect(ended[0]).toBeLessThan(1_000)
  })

  it('knows it as the wall clock went then, as it does of inject, though that was set meanwhile', async () => {
    const ended: number[] = []
    const rig = new Rig({
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            if (ctx.faultEndedAtWallMs !== null) ended.push(msBetween(ctx.injectedAtWallMs, ctx.faultEndedAtWallMs))
          },
        }),
      ],
      scenarios: [{ expect: [clause('answers', 'after')] }],
    })
    let wasBroken = false
    let after = 0
    rig.world.answer = () => {
      wasBroken ||= rig.world.broken.size > 0
      if (wasBroken && rig.world.broken.size === 0 && (after += 1) === 2) rig.world.clock.setWall(-3_600_000)
      return { ok: true, latencyMs: 20 }
    }
    expect((await rig.result()).verdict).toBe('passed')
    expect(after).toBeGreaterThan(2)
    expect(ended[0]).toBeGreaterThanOrEqual(6_000)
    expect(ended[0]).toBeLessThan(60_000)
  })

  it('has the canary’s samples, the steady state as it was before the fault, and can send requests of its own', async () => {
    const seen: unknown[] = []
    const rig = new Rig({
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            seen.push(ctx.canary.steady.failed)
            const { startedMs, plannedMs } = ctx.window()
            const samples = ctx.canary.samples(startedMs, later(startedMs, plannedMs))
            void samples.then((all) =>
              seen.push(
                all.length,
                all.every(({ ok }) => !ok),
              ),
            )
            const [spec] = Object.values(ctx.stack.descriptor.requests)
            if (spec !== undefined)
              void ctx.request(spec, { deadlineMs: 1, maxBytes: 1 }).then(({ status }) => seen.unshift(status))
          },
        }),
      ],
      scenarios: [{ expect: [clause('answers', 'after')] }],
    })
    expect((await rig.result()).verdict).toBe('passed')
    expect(seen).toEqual([200, 0, 60, true])
    expect(rig.noted('request')).toEqual(['request page'])
  })

  it('of a fault gives numbers for its names, none of them twice in all of the scenario', async () => {
    const numbers: number[] = []
    const rig = new Rig({
      faults: (world) => {
        const fault = fakeFault(world, 'cut')
        return [
          {
            ...fault,
            plan: (spec, ctx) => (numbers.push(ctx.number(), ctx.number()), fault.plan(spec, ctx)),
            prepare: (plan, ctx) => (numbers.push(ctx.number()), fault.prepare(plan, ctx)),
          },
        ]
      },
    })
    await rig.run()
    expect(numbers).toEqual([1, 2, 3])
  })

  it('has no window before inject, and a fault has none either', async () => {
    const rig = new Rig({
      faults: (world) => {
        const fault = fakeFault(world, 'cut')
        return [{ ...fault, prepare: (_plan, ctx) => Promise.resolve(void ctx.window()) }]
      },
    })
    expect((await rig.result()).reasons[0]).toContain('the fault window was asked for before inject')
  })
})

describe('a fault that is held', () => {
  it.each([0, 4_000, 30_000])(
    'for a clause that needs %i ms beyond the window is on until that is decided',
    async (afterWindowMs) => {
      const rig = new Rig({
        clauses: (world) => [fakeClause(world, 'answers', { observe: { afterMs: 6_000 + afterWindowMs }, afterWindowMs })],
      })
      const result = await rig.result()
      expect([result.verdict, result.reasons]).toEqual(['passed', []])
      const order = rig.noted('observe', 'revert')
      expect(order).toEqual(['observe answers', 'revert cut on back'])
      expect(result.phases.find(({ name }) => name === 'during')?.durationMs).toBe(6_000 + afterWindowMs)
    },
  )

  it('is not held for ever: a clause that takes longer than it says is undecided, and the scenario an error', async () => {
    const rig = new Rig({ clauses: (world) => [fakeClause(world, 'answers', { observe: 'hangs', afterWindowMs: 30_000 })] })
    const result = await rig.result()
    expect(result.verdict).toBe('error')
    expect(result.reasons).toEqual(['during: phase during took longer than 41000 ms'])
    expect(result.expectations[0]).toEqual({
      ...{ phase: 'during', text: 'the clause answers', expected: 'to be observed', met: null },
      observed: 'not decided while the fault was on',
    })
    expect(rig.world.broken.size).toBe(0)
  })
})

describe('a rehearsal', () => {
  it('injects nothing, and cannot pass', async () => {
    const rig = new Rig({ options: { noInject: true } })
    const result = await rig.result()
    expect(result.verdict).toBe('inconclusive')
    expect(result.reasons).toEqual([
      'nothing was injected (--no-inject): a rehearsal cannot pass',
      'cut on back was not seen to bite',
    ])
    expect(rig.noted('prepare', 'inject', 'effect', 'revert')).toEqual([
      'prepare cut on back',
      'effect cut on back',
      'revert cut on back',
    ])
  })

  it('cannot pass either where the fault says that it bites', async () => {
    const rig = new Rig({ options: { noInject: true }, faults: (world) => [fakeFault(world, 'cut', { effect: 'lies' })] })
    expect((await rig.result()).reasons).toEqual(['nothing was injected (--no-inject): a rehearsal cannot pass'])
  })
})

describe('a scenario that asks for what there is not', () => {
  it('without a clause is judged by its recovery, and says so', async () => {
    const result = await new Rig({ scenarios: [{ expect: [] }] }).result()
    expect([result.verdict, result.recoveryOnly, result.expectations.map(({ text }) => text)]).toEqual([
      'passed',
      true,
      ['bystanders'],
    ])
  })

  it('without a fault cannot pass', async () => {
    const result = await new Rig({ scenarios: [{ faults: [] }] }).result()
    expect([result.verdict, result.reasons]).toEqual(['inconclusive', ['the scenario has no fault']])
  })
})
