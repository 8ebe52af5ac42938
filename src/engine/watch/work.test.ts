import { describe, expect, it } from 'vitest'
import { mono } from '../../core/time/moment.fixture.ts'
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { ExpectationResult, ScenarioResult } from '../../core/result/scenario.ts'
import type { CompletedPort } from '../../ports/stack.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { fakeClause } from '../rig/fake-clause.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { Rig } from '../rig/rig.ts'
import { World, type Answer } from '../rig/world.ts'
import { AskedJobs } from './asked-jobs.ts'
import { judgeWork, markWork, reconcile } from './work.ts'

const CLAUSE = {
  phase: 'after',
  text: 'work',
  expected: 'each job that was answered was done, none twice, and none that was refused',
}
const { signal } = new AbortController()

describe('what was answered, held against what was done', () => {
  const counts = (ids: readonly string[]): ReadonlyMap<string, number> =>
    new Map([...Map.groupBy(ids, (id) => id)].map(([id, all]) => [id, all.length]))

  it.each([
    [['a', 'b'], ['b', 'a', 'other'], 'all 2 were', true],
    [['a', 'b'], ['a'], '1 were never done (b)', false],
    [['a', 'b'], ['a', 'b', 'a'], '1 were done more than once (a)', false],
    [['a', 'b', 'a'], ['a', 'b'], '1 were the answer to two requests (a)', false],
    [['a', 'b', 'c'], ['a', 'a'], '2 were never done (b, c); 1 were done more than once (a)', false],
    [['a'], ['other', 'other', 'a'], '1 were done more than once (other)', false],
  ])('%j answered, %j done: %s', (answered, done, observed, met) => {
    expect(judgeWork({ answered, refused: [], unasked: null }, counts(done))).toEqual({ ...CLAUSE, observed, met })
  })

  it.each([
    [['b', 'c'], ['a', 'other'], 'all 1 were, and none of 2 that were refused', true],
    [['b', 'c'], ['a', 'c'], '1 were done though they had been refused (c)', false],
    [['b'], ['b'], '1 were never done (a); 1 were done though they had been refused (b)', false],
  ])('%j refused, %j done: %s', (refused, done, observed, met) => {
    expect(judgeWork({ answered: ['a'], refused, unasked: null }, counts(done))).toEqual({ ...CLAUSE, observed, met })
  })

  it.each([
    [[], 'all 1 were', true],
    [['x', 'y'], '2 were done though nobody had asked for them (x, y)', false],
  ])('%j beside it that nobody had asked for: %s', (unasked, observed, met) => {
    const expected = `${CLAUSE.expected}, nor any that nobody had asked for`
    expect(judgeWork({ answered: ['a'], refused: [], unasked }, counts(['a', ...unasked]))).toEqual({
      ...{ ...CLAUSE, expected, observed, met },
    })
  })

  it('is told with five ids of a kind', () => {
    const ids = ['1', '2', '3', '4', '5', '6', '7']
    expect(judgeWork({ answered: ids, refused: [], unasked: null }, counts([])).observed).toBe(
      '7 were never done (1, 2, 3, 4, 5, 2 more)',
    )
    expect(judgeWork({ answered: ids.slice(0, 5), refused: [], unasked: null }, counts([])).observed).toBe(
      '5 were never done (1, 2, 3, 4, 5)',
    )
  })
})

interface Held {
  readonly result: ExpectationResult | null
  readonly tookMs: number
}

/** Two requests were answered, `a` and `b`; `page` is the system's list. */
async function held(page: CompletedPort['page'] | null, changes: Partial<CanarySample> = {}): Promise<Held> {
  const world = new World()
  const { clock } = world
  const { stack, observer } = fakeStack(world)
  const port = page === null ? null : { first: 'end', page }
  const deps = { clock, observer, stack: { ...stack, completed: () => port }, asked: new AskedJobs(clock, true), load: null }
  const from = await markWork(deps, signal)
  const sample = (jobId: string, intendedMs: Mono): CanarySample => ({
    ...{ intendedMs, sentMs: intendedMs, doneMs: later(intendedMs, 20), status: 200, ok: true, error: null, jobId },
    ...changes,
  })
  const nowMs = clock.nowMs()
  // What was asked in the very moment of the look may have been done before it.
  const before = [sample('before', later(nowMs, -1)), sample('then', nowMs)]
  const { jobId: _none, ...jobless } = sample('none', later(nowMs, 2))
  const result = await clock.until(
    reconcile(deps, from, [...before, sample('a', later(nowMs, 1)), jobless, sample('b', later(nowMs, 50))], signal),
  )
  return { result, tookMs: msBetween(nowMs, clock.nowMs()) }
}

/** Pages of a list to which these come, one after the other, each time that it is asked for after its end. */
function list(...later: readonly (readonly string[])[]): CompletedPort['page'] {
  const all: string[] = []
  let asked = 0
  return (after) => {
    if (after === 'end') return Promise.resolve({ ids: [], next: '0' })
    all.push(...(later[asked] ?? []))
    asked += 1
    return Promise.resolve({ ids: all.slice(Number(after)), next: String(all.length) })
  }
}

/** One id a page. */
function onePage(ids: readonly string[]): CompletedPort['page'] {
  return (after) => {
    if (after === 'end') return Promise.resolve({ ids: [], next: '0' })
    const place = Number(after)
    return Promise.resolve({ ids: ids.slice(place, place + 1), next: String(Math.min(place + 1, ids.length)) })
  }
}

it('is held against the list where as much was refused as was answered', async () => {
  const world = new World()
  const { stack, observer } = fakeStack(world)
  const port = { first: 'end', page: list(['a']) }
  const { clock } = world
  const deps = { clock, observer, stack: { ...stack, completed: () => port }, asked: new AskedJobs(clock, true), load: null }
  const from = await markWork(deps, signal)
  const atMs = later(world.clock.nowMs(), 1)
  const sample = (changes: Partial<CanarySample>): CanarySample => ({
    ...{ intendedMs: atMs, sentMs: atMs, doneMs: atMs, status: 200, ok: true, error: null, ...changes },
  })
  const samples = [sample({ jobId: 'a' }), sample({ ok: false, refusedJob: 'r' })]
  expect(await world.clock.until(reconcile(deps, from, samples, signal))).toMatchObject({
    observed: 'all 1 were, and none of 1 that were refused',
  })
})

describe('the list of what was done', () => {
  it('is read to its end, and waited for', async () => {
    const { result, tookMs } = await held(list([], ['a'], [], ['b']))
    expect(result).toEqual({ ...CLAUSE, observed: 'all 2 were', met: true })
    expect(tookMs).toBeLessThan(1_000)
  })

  it('is waited for no longer than five seconds', async () => {
    const { result, tookMs } = await held(list(['a']))
    expect(result).toMatchObject({ observed: '1 were never done (b)', met: false })
    expect(tookMs).toBeGreaterThanOrEqual(5_000)
    expect(tookMs).toBeLessThan(5_600)
  })

  it('is read for what was refused as well, where nothing was answered', async () => {
    const refused = { ok: false, status: 507, error: 'status 507', refusedJob: 'r' }
    expect((await held(list(['x']), refused)).result).toMatchObject({
      observed: 'all 0 were, and none of 3 that were refused',
      met: true,
    })
    expect((await held(list(['r']), refused)).result).toMatchObject({ met: false })
    // As many as were answered.
    const both = { refusedJob: 'r' }
    expect((await held(list(['a', 'b', 'r']), both)).result).toMatchObject({ met: false })
  })

  // It is looked at five times a second, the first time for two pages.
  it.each([
    [22, { observed: '1 were never done (b)', met: false }],
    [21, { observed: expect.stringMatching(/^the list could not be read: .* took longer than 1000 ms/) as string, met: null }],
  ])('%i pages of which were read before it hung', async (reads, expected) => {
    const page = list(['a'])
    let asked = 0
    const hanging: CompletedPort['page'] = (after, inner) => {
      if (after === '0' || after === '1') asked += 1
      if (asked <= reads) return page(after, inner)
      return new Promise((_resolve, reject) => {
        inner.addEventListener('abort', () => {
          reject(inner.reason as Error)
        })
      })
    }
    expect((await held(hanging)).result).toMatchObject(expected)
  })

  it('that cannot be read decides nothing', async () => {
    const broken = (after: string): Promise<never> | Promise<{ ids: string[]; next: string }> =>
      after === 'end' ? Promise.resolve({ ids: [], next: '0' }) : Promise.reject(new Error('no answer'))
    expect((await held(broken)).result).toEqual({ ...CLAUSE, observed: 'the list could not be read: no answer', met: null })
    const never = await held(() => Promise.reject(new Error('no answer')))
    expect(never.result).toEqual({ ...CLAUSE, observed: 'the list could not be read: no answer', met: null })
    const refused = await held(() => Promise.reject(new Error('no answer')), { ok: false, refusedJob: 'r' })
    expect(refused.result).toMatchObject({ met: null })
    const unasked = await held(() => Promise.reject(new Error('no answer')), { ok: false })
    expect(unasked.result).toBeNull()
  })

  it('is read page by page at one look, with what it says more than once', async () => {
    expect(await held(onePage(['other', 'a', 'b']))).toEqual({
      result: { ...CLAUSE, observed: 'all 2 were', met: true },
      tookMs: 0,
    })
    expect((await held(onePage(['a', 'b', 'a']))).result).toMatchObject({
      observed: '1 were done more than once (a)',
      met: false,
    })
  })

  it('is followed for a thousand pages at one look, and from there at the next', async () => {
    const others = Array.from({ length: 999 }, (_, index) => `other-${index}`)
    expect((await held(onePage([...others.slice(1), 'a', 'b']))).tookMs).toBe(0)
    expect(await held(onePage([...others, 'a', 'b']))).toMatchObject({ result: { observed: 'all 2 were' }, tookMs: 200 })
  })

  it('ends where a page leads to itself, and where one is empty, wherever that leads', async () => {
    const same = (after: string): ReturnType<CompletedPort['page']> =>
      Promise.resolve({ ids: after === 'end' ? [] : ['a', 'b'], next: '0' })
    expect((await held(same)).result).toMatchObject({ observed: 'all 2 were', met: true })
    let asked = 0
    const empty = await held(() => Promise.resolve({ ids: [], next: String((asked += 1)) }))
    expect([empty.result?.observed, asked]).toEqual(['2 were never done (a, b)', 26])
  })

  it('is not asked where there is none, or no answer told its job', async () => {
    expect((await held(null)).result).toBeNull()
    expect((await held(list(['a', 'b']), { ok: false })).result).toBeNull()
  })
})

describe('work that nobody can hold against anything', () => {
  const world = new World()
  const { stack, observer } = fakeStack(world)
  const depsOf = (port: CompletedPort | null): Parameters<typeof reconcile>[0] => ({
    ...{ clock: world.clock, observer, stack: { ...stack, completed: () => port } },
    ...{ asked: new AskedJobs(world.clock, true), load: null },
  })
  const listed = depsOf({ first: 'end', page: list(['a']) })
  const unlisted = depsOf(null)
  const from = { place: '0', atMs: mono(0) }
  const answer: CanarySample = {
    ...{ intendedMs: mono(1), sentMs: mono(1), doneMs: mono(2), status: 200, ok: true, error: null },
  }

  it('has no place where the stack does not tell, or the look was cancelled', async () => {
    expect(await markWork(unlisted, signal)).toBeNull()
    const broken = depsOf({ first: 'end', page: () => Promise.reject(new Error('no answer')) })
    expect([await markWork(broken, signal), await markWork(broken, AbortSignal.abort())]).toEqual(['no answer', null])
  })

  it.each([
    ['the stack has no list any more', unlisted, from, 'a'],
    ['nobody looked before', listed, null, 'a'],
    ['the list could not be read before, and no answer told its job', listed, 'no answer', undefined],
  ])('is not judged where %s', async (_what, deps, place, jobId) => {
    const samples = [jobId === undefined ? answer : { ...answer, jobId }]
    expect(await world.clock.until(reconcile(deps, place, samples, signal))).toBeNull()
  })

  it('is no longer waited for after a cancel', async () => {
    const over = new AbortController()
    const waited = reconcile(listed, from, [{ ...answer, jobId: 'b' }], over.signal)
    void world.clock.sleep(500).then(() => {
      over.abort(new Error('enough'))
    })
    const [end] = await world.clock.until(Promise.allSettled([waited]))
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
    expect(String((end as PromiseRejectedResult).reason)).toContain(
      'waiting for all that was answered to be on the list of what was done',
    )
  })
})

it('a scenario fails by an answer for which nothing was done', async () => {
  const working = (loses: boolean): Rig => {
    const done: string[] = []
    let count = 0
    const rig: Rig = new Rig({ stacks: [{ done: () => done }] })
    rig.world.answer = () => {
      count += 1
      const jobId = `job-${count}`
      if (rig.world.broken.size > 0) return { ok: false, latencyMs: 20 }
      if (!loses || count % 50 !== 0) done.push(jobId)
      return { ok: true, latencyMs: 20, jobId }
    }
    return rig
  }
  const worse = await working(true).result()
  expect(worse.reasons).toEqual([expect.stringMatching(/^work: expected each job .*, observed \d were never done \(job-\d+/)])
  const well = await working(false).result()
  expect([well.verdict, well.expectations.map(({ text }) => text)]).toEqual([
    'passed',
    ['the clause answers', 'work', 'bystanders'],
  ])
})

const COMPLETED: NonNullable<Descriptor['completed']> = {
  ...{ service: 'store', port: 80, path: '/done?after={after}', headers: {}, first: 'end', ids: 'ids', next: 'next' },
  ...{ claim: { metric: 'tasks', key: 'id' }, keptBy: null, oursAlone: true },
}

describe('jobs that nobody has asked for', () => {
  /** Each request has its job done, also where it fails; `isNamed`: under the id that it gave it. */
  function working(isNamed: boolean, oursAlone: boolean, beside: (count: number) => readonly string[]): Promise<ScenarioResult> {
    const done: string[] = []
    let count = 0
    const rig: Rig = new Rig({ stacks: [{ done: () => done, descriptor: { completed: { ...COMPLETED, oursAlone } } }] })
    rig.world.answer = () => {
      count += 1
      const jobId = `job-${count}`
      done.push(jobId, ...beside(count))
      const asked = { latencyMs: 20, askedJob: isNamed ? jobId : null }
      return rig.world.broken.size === 0 ? { ...asked, ok: true, jobId } : { ...asked, ok: false }
    }
    return rig.result()
  }
  const again = (count: number): string[] => (count % 50 === 0 ? [`again-${count}`] : [])
  const ASKED = `${CLAUSE.expected}, nor any that nobody had asked for`
  const workOf = ({ verdict, expectations }: ScenarioResult): unknown => [
    verdict,
    expectations.find(({ text }) => text === 'work')?.expected,
  ]

  it('fail a scenario where nobody else asks for any', async () => {
    expect(workOf(await working(true, true, () => []))).toEqual(['passed', ASKED])
    const result = await working(true, true, again)
    expect(workOf(result)).toEqual(['failed', ASKED])
    expect(result.reasons).toEqual([
      expect.stringMatching(/^work: .*, observed \d were done though nobody had asked for them \(again-\d+/),
    ])
  })

  it.each([
    ['others may have asked for them', true, false],
    ['the system calls jobs as it likes', false, true],
  ])('are none where %s', async (_why, isNamed, oursAlone) => {
    expect(workOf(await working(isNamed, oursAlone, again))).toEqual(['passed', CLAUSE.expected])
  })

  it.each([
    ['one that was asked for without an id may have been done meanwhile', 59_000, null],
    ['a load asks for them as well', 0, { id: 'LT-001' } as never],
  ])('are not told apart where %s', async (_why, unnamedMs, load) => {
    const world = new World()
    const { stack, observer } = fakeStack(world, { descriptor: { completed: COMPLETED } })
    const { clock } = world
    const asked = new AskedJobs(clock, true)
    const port = { first: 'end', page: list(['a', 'b']) }
    const deps = { clock, observer, stack: { ...stack, completed: () => port }, asked, load }
    asked.tell('a')
    if (unnamedMs > 0) asked.tell(null)
    await clock.until(clock.sleep(unnamedMs + 1))
    const from = await markWork(deps, signal)
    const atMs = later(clock.nowMs(), 1)
    const answer = { intendedMs: atMs, sentMs: atMs, doneMs: atMs, status: 200, ok: true, error: null, jobId: 'a' }
    const result = await clock.until(reconcile(deps, from, [answer], signal))
    expect([result?.expected, result?.met]).toEqual([CLAUSE.expected, true])
  })

  /** As the first scenario leaves it: what is asked of the second, which begins when the first has ended. */
  async function second(given: {
    readonly asks: (ctx: ClauseContext) => boolean
    readonly seconds: number
    readonly isLost?: boolean
  }): Promise<readonly [ScenarioResult['verdict'], string | undefined][]> {
    const done: string[] = []
    let count = 0
    const rig: Rig = new Rig({
      stacks: [{ done: () => done, descriptor: { completed: COMPLETED } }],
      scenarios: [{ durationSeconds: given.seconds }, {}],
      options: { profile: 'full' },
      clauses: (world) => [
        fakeClause(world, 'answers', {
          look: (ctx) => {
            const { page } = ctx.stack.descriptor.requests
            const { journal } = world
            const isFirst = journal.filter((line) => line.startsWith('inject')).length === 1
            if (isFirst && page !== undefined && given.asks(ctx)) void ctx.request(page, { deadlineMs: 1_000, maxBytes: 90 })
          },
        }),
      ],
    })
    rig.world.answer = () => {
      count += 1
      const jobId = `job-${count}`
      done.push(jobId)
      const isLost = given.isLost === true && rig.noted('inject').length > 0 && rig.noted('recreate').length === 0
      const isGood = rig.world.broken.size === 0 && !isLost
      return { ok: isGood, latencyMs: 20, askedJob: jobId, ...(isGood ? { jobId } : {}) }
    }
    const { results } = await rig.run()
    return results.map((result) => [result.verdict, result.expectations.find(({ text }) => text === 'work')?.expected])
  }

  it('are not told apart in the next scenario, where one without an id may have gone on until the fault was over', async () => {
    expect(await second({ asks: () => false, seconds: 90 })).toEqual([
      ['passed', ASKED],
      ['passed', ASKED],
    ])
    expect(await second({ asks: () => true, seconds: 90 })).toEqual([
      ['passed', CLAUSE.expected],
      ['passed', CLAUSE.expected],
    ])
  })

  it('are told apart again by a stack that was made anew', async () => {
    expect(await second({ asks: () => true, seconds: 6, isLost: true })).toEqual([
      ['failed', undefined],
      ['passed', ASKED],
    ])
  })

  it('are looked for once more after the last burst', async () => {
    const done: string[] = []
    let count = 0
    const descriptor = { completed: COMPLETED, canary: { requests: ['page'], ratePerSecond: 10, burst: 8 } as const }
    const rig: Rig = new Rig({ stacks: [{ done: () => done, descriptor }] })
    const ask = (beside: readonly string[]): Answer => {
      count += 1
      const jobId = `job-${count}`
      done.push(jobId, ...beside)
      const isGood = rig.world.broken.size === 0
      return { ok: isGood, latencyMs: 20, askedJob: jobId, ...(isGood ? { jobId } : {}) }
    }
    rig.world.answer = () => ask([])
    rig.world.answerAtOnce = (_atMs, place) => ask(rig.noted('inject').length > 0 && place === 3 ? ['again'] : [])
    const result = await rig.result()
    expect(result.reasons).toEqual([expect.stringMatching(/^work: .* 1 were done though nobody had asked for them \(again\)/)])
  })
})
