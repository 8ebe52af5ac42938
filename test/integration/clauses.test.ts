/** The clauses on real containers: what Docker, its logs and its network say, judged. */
import { EPOCH } from '../../src/core/time/moment.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { ServiceSpec } from '../../src/core/descriptor.ts'
import type { BegunClause, Expectation, Observation } from '../../src/kinds/clause.ts'
import type { ClauseContext, Hit } from '../../src/kinds/context.ts'
import type { ContainerState } from '../../src/ports/docker.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { begin, openContext } from '../../src/clauses/shared/context.fixture.ts'
import { CLAUSES } from '../../src/clauses/registry.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { descriptorOf, signal } from './stack-fixture.ts'

const PORT = 8000
let rig: OpenRig

function service(name: string, replicas = 1): ServiceSpec {
  return { name, health: { port: PORT, path: '/' }, dependsOn: [], replicas, control: false, data: null }
}

beforeAll(async () => {
  const services = [service('web'), service('worker', 2), service('bare')]
  rig = await openRig(descriptorOf('watched', { services, entry: { service: 'web', port: PORT } }))
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

async function containersOf(name: string): Promise<ContainerState[]> {
  return rig.stack.containers.list(name, signal())
}

async function first(name: string): Promise<ContainerState> {
  const [container] = await containersOf(name)
  if (container === undefined) throw new Error(`the stack has no ${name}`)
  return container
}

/** Asks a container for a page by its own address; how it answers, if at all, is not asked. */
async function poke(container: ContainerState, path: string): Promise<void> {
  const target = { host: container.addresses[rig.stack.network] ?? '', port: PORT }
  await rig.observer.call('probe.http', { target, path, headers: {}, count: 1, intervalMs: 0, timeoutMs: 2_000 }, signal(10_000))
}

interface Watched {
  readonly ctx: ClauseContext
  /** Opens the window, and observes every clause from then on. */
  observe(): Promise<Observation[]>
  hit(container: ContainerState): void
}

function asked(kind: string, spec: object): Expectation {
  const clause = CLAUSES.find(({ key }) => key === kind)
  if (clause === undefined) throw new Error(`there is no clause ${kind}`)
  return clause.read(spec, 'during')
}

/** Begins clauses as the engine does just before it injects. */
async function watch(windowMs: number, clauses: readonly [string, object][]): Promise<Watched> {
  const hits: Hit[] = []
  const { ctx, open } = openContext(windowMs, {
    stack: rig.stack,
    containers: rig.stack.containers,
    observer: rig.observer,
    hits: () => [...hits],
    signal: signal(60_000),
  })
  const begun: BegunClause[] = []
  for (const [kind, spec] of clauses) begun.push(await begin(asked(kind, spec), ctx))
  return {
    ctx,
    hit: ({ id, name, service: of, pid }) =>
      void hits.push({
        ...{ containerId: id, name, service: of, pid, member: null },
        atMs: systemClock.nowMs(),
        atWallMs: systemClock.wallMs(),
      }),
    observe() {
      open()
      return Promise.all(begun.map((clause) => clause.observe(ctx)))
    },
  }
}

async function healthy(): Promise<void> {
  await waitUntil(
    'the stack to be healthy',
    (inner) => rig.stack.unhealthy(inner),
    (problem) => problem === null,
    { everyMs: 200, attemptMs: 5_000, limitMs: 60_000, signal: signal(), clock: systemClock },
  )
}

function matching(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string
}

test('a container that ended and came back, beside one that nothing happened to', async () => {
  const target = await first('worker')
  const fate = { service: 'worker', hit: true, died_within_seconds: 2, running_again_within_seconds: 15 }
  const watched = await watch(1_500, [
    ['container', { ...fate, exit_code: 7 }],
    ['container', { ...fate, exit_code: 137 }],
    ['container', { service: 'worker', oom: true }],
    ['container', { service: 'worker', survives: true }],
    ['container', { service: 'web', survives: true, healthy: true }],
    ['container', { service: 'web', hit: true, died_within_seconds: 2 }],
    ['container', { service: 'bare', healthy: true }],
  ])
  watched.hit(target)
  await poke(target, '/exit?code=7')
  const [back, wrongCode, oom, survived, other, unhit, uncheckable] = await watched.observe()
  expect(back).toMatchObject({
    met: true,
    observed: matching(
      /^\S+-worker-1 died after [01]\.\d\d s with exit code 7, running again \d\.\d\d s later with another pid$/,
    ),
  })
  expect(wrongCode?.met).toBe(false)
  expect(oom).toMatchObject({
    met: false,
    observed: matching(/^0 of 2 did: .*worker-1 died .*, no oom event, .*; .*worker-2 did not die/),
  })
  expect(survived).toMatchObject({ met: false, observed: matching(/^\S+-worker-1 died with exit code 7/) })
  expect(other).toMatchObject({
    met: true,
    observed: matching(/^none of 1 \(\S+-web-1\) died or was restarted; none of 1 .* turned unhealthy$/),
  })
  expect(unhit).toMatchObject({ met: null, observed: matching(/^nothing was hit of web \(only \S+-worker-1\)$/) })
  expect(uncheckable).toMatchObject({ met: null, observed: matching(/no health check/) })
  expect((await first('worker')).pid).not.toBe(target.pid)
})

test('a container that was killed by hand stays down: seen when the limit has passed, and so is the one that never died', async () => {
  await healthy()
  const [killed, spared] = await containersOf('worker')
  if (killed === undefined || spared === undefined) throw new Error('the stack has too few workers')
  const watched = await watch(600, [
    ['container', { service: 'worker', hit: true, died_within_seconds: 1, exit_code: 137 }],
    ['container', { service: 'worker', hit: true, running_again_within_seconds: 1 }],
  ])
  watched.hit(killed)
  await watched.ctx.containers.act(killed.id, { do: 'kill', signal: 'SIGKILL' }, signal())
  const seen = watched.observe()
  // Told late, as by a fault that waits for its effect.
  setTimeout(() => {
    watched.hit(spared)
  }, 300)
  const [died, again] = await seen
  expect(died).toMatchObject({
    met: false,
    observed: matching(
      /^1 of 2 did: \S+-worker-2 did not die \(running\); \S+-worker-1 died after 0\.\d\d s with exit code 137$/,
    ),
  })
  expect(again).toMatchObject({ met: false, observed: matching(/worker-1 died .*, not running again \(exited\)/) })
  await watched.ctx.containers.act(killed.id, { do: 'start' }, signal())
})

test('a kill by the kernel for want of memory, whose hit is told seconds into the window', async () => {
  await healthy()
  const target = await first('bare')
  const watched = await watch(3_000, [
    [
      'container',
      { service: 'bare', hit: true, oom: true, exit_code: 137, died_within_seconds: 5, running_again_within_seconds: 15 },
    ],
    ['container', { service: 'worker', survives: true }],
  ])
  const seen = watched.observe()
  await systemClock.sleep(1_000)
  watched.hit(target)
  await poke(target, '/eat')
  const [killed, calm] = await seen
  expect(killed).toMatchObject({
    met: true,
    observed: matching(
      /^\S+-bare-1 died after \d\.\d\d s with exit code 137, oom event, running again \d\.\d\d s later with another pid$/,
    ),
  })
  expect(calm?.met).toBe(true)
})

test('a health check that turned unhealthy', async () => {
  await healthy()
  const target = await first('web')
  const watched = await watch(4_000, [
    ['container', { service: 'web', healthy: true }],
    ['container', { service: 'web', survives: true }],
    ['container', { service: 'worker', healthy: true }],
  ])
  await poke(target, '/sick')
  const [sick, alive, others] = await watched.observe()
  expect(sick).toMatchObject({ met: false, observed: matching(/^\S+-web-1 turned unhealthy after \d\.\d\d s$/) })
  expect(alive?.met).toBe(true)
  expect(others?.met).toBe(true)
  await poke(target, '/exit?code=0')
})

/** Docker takes in what a container printed a little later, on a busy machine after the answer to the one who made it print. */
async function logged(lost: number): Promise<void> {
  const all = await containersOf('worker')
  await waitUntil(
    `${lost} lines of each worker in its log`,
    async (abort) => {
      const window = { sinceWallMs: EPOCH, untilWallMs: systemClock.wallMs(), maxBytes: 1_000_000 }
      const logs = await Promise.all(all.map(({ id }) => rig.stack.containers.logs(id, window, abort)))
      return logs.map((lines) => lines.filter(({ text }) => text.includes('lost')).length)
    },
    (counts) => counts.every((count) => count >= lost),
    { everyMs: 50, attemptMs: 5_000, limitMs: 20_000, clock: systemClock, signal: signal() },
  )
}

test('log lines of all containers of a service, from the fault to the end of its window', async () => {
  await healthy()
  const say = async (event: string): Promise<void> => {
    const path = `/say?line=${encodeURIComponent(JSON.stringify({ event }))}`
    await Promise.all((await containersOf('worker')).map((container) => poke(container, path)))
  }
  await say('lost')
  await systemClock.sleep(200)
  const matches = "event == 'lost'"
  const watched = await watch(1_500, [
    ['log', { service: 'worker', matches, at_least: 2, at_most: 2 }],
    ['log', { service: 'worker', matches, at_least: 3 }],
    ['log', { service: 'worker', matches, at_most: 1 }],
    ['log', { service: 'worker', matches: "event == 'never'", at_most: 0 }],
    ['log', { service: 'bare', matches, at_most: 0 }],
  ])
  const seen = watched.observe()
  await say('lost')
  await poke(await first('worker'), '/say?line=not-json')
  const [two, three, one, none, silent] = await seen
  expect(two).toMatchObject({ met: true, observed: '2 of 2 JSON lines' })
  expect(three?.met).toBe(false)
  expect(one?.met).toBe(false)
  expect(none?.met).toBe(true)
  expect(silent).toMatchObject({ met: null, observed: 'the log was empty' })
  // After the fault the log counts until now.
  await say('lost')
  await logged(3)
  const later = await (await begin(asked('log', { service: 'worker', matches, at_least: 4 }), watched.ctx)).observe(watched.ctx)
  expect(later).toMatchObject({ met: true, observed: '4 of 4 JSON lines' })
})

test('a metric, summed over the containers, and what a restart leaves of it', async () => {
  await healthy()
  const page = { service: 'worker', port: PORT, path: '/metrics' }
  const visits = { ...page, metric: 'visits_total', labels: { kind: 'count' } }
  const [one, two] = await containersOf('worker')
  if (one === undefined || two === undefined) throw new Error('the stack has too few workers')
  await poke(one, '/count')
  const calm = await watch(300, [
    ['metric', { ...visits, change: { at_least: 3, at_most: 3 } }],
    ['metric', { ...visits, change: { at_most: 2 } }],
    ['metric', { ...visits, metric: 'visit_total', change: { at_most: 0 } }],
    ['metric', { ...page, path: '/nowhere', metric: 'visits_total', change: { at_least: 1 } }],
    ['metric', { ...page, metric: 'sick', change: { at_most: 0 } }],
  ])
  for (const container of [one, two, two]) await poke(container, '/count')
  const [grew, tooMuch, unknown, missing, gauge] = await calm.observe()
  expect(grew).toMatchObject({ met: true, observed: matching(/^grew by 3 \(\d+ → \d+\) over 2 containers$/) })
  expect(tooMuch?.met).toBe(false)
  expect(unknown).toMatchObject({ met: null, observed: 'no page knows visit_total' })
  expect(missing).toMatchObject({ met: null, observed: matching(/^\S+-worker-1: http:\S+:8000\/nowhere answered 404/) })
  expect(gauge).toMatchObject({ met: true, observed: 'grew by 0 (0 → 0) over 2 containers' })

  const restarted = await watch(300, [
    ['metric', { ...visits, change: { at_least: 1 } }],
    ['metric', { ...visits, change: { at_most: 5 } }],
  ])
  await poke(one, '/exit?code=1')
  await poke(two, '/count')
  const [enough, atMost] = await restarted.observe()
  expect(enough).toMatchObject({
    met: true,
    observed: matching(/^grew by at least 1 over 2 containers; \S+-worker-1 was restarted/),
  })
  expect(atMost?.met).toBeNull()
})

test('new connections that are answered, refused, and left waiting', async () => {
  await healthy()
  const target = { service: 'worker', port: PORT, path: '/', ended_within_ms: 300 }
  const clauses: [string, object][] = [
    ['new_connections', target],
    ['new_connections', { ...target, refused_share: 0.5 }],
    ['new_connections', { ...target, port: PORT + 1, refused_share: 1 }],
  ]
  const [answered, notRefused, refused] = await (await watch(1_200, clauses)).observe()
  expect(answered).toMatchObject({ met: true, observed: 'all 6 did' })
  expect(notRefused).toMatchObject({ met: false, observed: 'all 6 did; 0 % (0 of 6)' })
  expect(refused).toMatchObject({ met: true, observed: 'all 6 did; 100 % (6 of 6)' })

  const silent = await first('worker')
  await rig.stack.containers.act(silent.id, { do: 'pause' }, signal())
  try {
    const [waiting] = await (await watch(1_200, clauses.slice(0, 1))).observe()
    expect(waiting).toMatchObject({
      met: false,
      observed: matching(/^3 of 6 were left waiting \(\S+-worker-1; the first one opened after \d+ ms\)$/),
    })
  } finally {
    await rig.stack.containers.act(silent.id, { do: 'unpause' }, signal())
  }
})

test('a service that the stack does not have, named before anything is injected', async () => {
  const metric = { port: PORT, path: '/', metric: 'm', change: { at_least: 1 } }
  for (const [kind, spec] of Object.entries({ container: { survives: true }, metric }))
    await expect(watch(100, [[kind, { service: 'wbe', ...spec }]])).rejects.toThrow(/no container of the service 'wbe'/)
})
