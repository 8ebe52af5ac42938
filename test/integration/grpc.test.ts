/** A stack that speaks gRPC alone: it comes up, its canary is seen, and the clause judges what a pause does to it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryPort } from '../../src/canary/canary.ts'
import { grpcClause } from '../../src/clauses/grpc/clause.ts'
import { begin, openContext } from '../../src/clauses/shared/context.fixture.ts'
import { summarizeCanary, type CanarySample } from '../../src/core/canary.ts'
import { later } from '../../src/core/time/moment.ts'
import { mono } from '../../src/core/time/moment.fixture.ts'
import { systemClock } from '../../src/core/time/clock.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { actionEntry } from '../../src/faults/container-action/entry.ts'
import { connectionsEntry } from '../../src/faults/connections/entry.ts'
import type { Observation } from '../../src/kinds/clause.ts'
import { grpcRequest } from '../../src/requests/grpc/request.ts'
import { grpcRequestSpec } from '../../src/requests/grpc/spec.ts'
import { contextOf } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { descriptorOf, signal } from './stack-fixture.ts'

const WINDOW_MS = 6_000
let rig: OpenRig

function request(spec: Record<string, unknown>): ReturnType<typeof grpcRequest.request> {
  return grpcRequest.request(grpcRequestSpec.parse(spec))
}

beforeAll(async () => {
  rig = await openRig(
    descriptorOf('grpc', {
      services: [{ name: 'shop', health: null, dependsOn: [], replicas: 1, control: false, data: null }],
      entry: { service: 'shop', port: 8000 },
      requests: { health: request({ grpc: 'health' }), pay: request({ grpc: 'shop.Till/Pay' }) },
      canary: { requests: ['health'], ratePerSecond: 20 },
    }),
  )
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

interface Seen {
  readonly observations: readonly Observation[]
  readonly samples: readonly CanarySample[]
}

/** Three clauses and the canary over a window that `during` opens. */
async function watch(during: (open: () => void) => Promise<void>): Promise<Seen> {
  const limit = signal(60_000)
  const canary = canaryPort.start(rig.stack, { clock: systemClock, signal: limit })
  try {
    const { ctx, open } = openContext(WINDOW_MS, {
      ...{ stack: rig.stack, containers: rig.stack.containers, observer: rig.observer, signal: limit },
      request: (asked, limits) =>
        asked.send({ baseUrl: rig.stack.entryUrl, variables: rig.stack.variables, ...limits, signal: limit }),
    })
    const asked = [
      grpcClause.expect({ name: 'health', within_ms: 1_000, share: 0.95 }, 'during'),
      grpcClause.expect({ name: 'health', within_ms: 1_000, code: ['UNAVAILABLE'], share: 0.95 }, 'during'),
      grpcClause.expect({ name: 'pay', within_ms: 1_000, share: 0.95 }, 'during'),
    ]
    const begun = await Promise.all(asked.map((clause) => begin(clause, ctx)))
    const observing: Promise<Observation>[] = []
    await during(() => {
      open()
      observing.push(...begun.map((clause) => clause.observe(ctx)))
    })
    const observations = await Promise.all(observing)
    const { startedMs } = ctx.window()
    const endMs = later(startedMs, WINDOW_MS)
    return { observations, samples: canary.samples(startedMs).filter(({ intendedMs }) => intendedMs < endMs) }
  } finally {
    canary.stop()
  }
}

async function healthAnswers(): Promise<void> {
  const ask = async (inner: AbortSignal): Promise<boolean> => {
    const options = { baseUrl: rig.stack.entryUrl, variables: {}, deadlineMs: 1_000, maxBytes: 1_000, signal: inner }
    return (await request({ grpc: 'health' }).send(options)).good
  }
  const limits = { everyMs: 100, attemptMs: 2_000, limitMs: 20_000, signal: signal(), clock: systemClock }
  await waitUntil('the health service to answer', ask, (good) => good, limits)
}

test('a stack that is left alone answers, and what had no answer before decides nothing', async () => {
  const { observations, samples } = await watch(async (open) => {
    open()
    await systemClock.sleep(WINDOW_MS, signal())
  })
  const [well, unavailable, unknown] = observations
  expect(well).toMatchObject({ met: true, observed: expect.stringMatching(/^100 % of \d+ \(\d+ × OK\)$/) as string })
  expect(unavailable).toMatchObject({ met: false, observed: expect.stringMatching(/^0 % of \d+ \(\d+ × OK\)$/) as string })
  expect(unknown).toMatchObject({
    met: null,
    observed: 'no answer in the steady state either (reflection: the server offers none)',
  })
  const { total, failed } = summarizeCanary(samples, mono(0), mono(Infinity))
  expect(total).toBeGreaterThan(50)
  expect(failed).toBe(0)
  expect(samples[0]).toMatchObject({ status: null, code: 'OK', ok: true })
})

test('a pause turns the clause red, no code stands for it, and all is well after it', async () => {
  const { ctx, open: openFault } = contextOf(rig, WINDOW_MS)
  const fault = await actionEntry.read({ action: 'pause', target: 'shop' }).plan(ctx)
  try {
    const armed = await fault.arm(ctx)
    const { observations } = await watch(async (open) => {
      await armed.inject(ctx)
      openFault()
      open()
      expect((await armed.effect(ctx)).confirmed).toBe(true)
    })
    const [well, unavailable] = observations
    const hanging = expect.stringMatching(/^0 % of \d+ \(\d+ × deadline\)$/) as string
    expect(well).toMatchObject({ met: false, observed: hanging })
    expect(unavailable).toMatchObject({ met: false, observed: hanging })
  } finally {
    await fault.revert(ctx)
  }
  await healthAnswers()
})

test('a flood with the canary’s request is refused by name', async () => {
  const flood = connectionsEntry.read({ resource: 'connections', target: 'shop', threshold: 10 })
  await expect(flood.plan(contextOf(rig, WINDOW_MS).ctx)).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: expect.stringMatching(/^the request 'health' is one of gRPC, and .* takes HTTP requests only$/) as string,
  })
})
