import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { ProbeContext, RunningStack } from '../core/ports.ts'
import { canaryPort } from './canary.ts'
import { descriptor, GET, openContext, stack } from './context.fixture.ts'
import type { OpenContext } from './context.fixture.ts'
import { workloadExpectation } from './workload.ts'
import { WorkloadLanes } from './workload-lanes.ts'

const SPEC = { name: 'page', in_flight: 3, within_ms: 400, good_share: 0.5 }
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server, and a context whose requests go to it as the engine's do. */
async function serving(listener: RequestListener, changes: Partial<ProbeContext> = {}): Promise<OpenContext> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const entryUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const running = stack({ entryUrl, descriptor: descriptor({ requests: { page: GET } }) })
  const signal = changes.signal ?? AbortSignal.timeout(20_000)
  const request: ProbeContext['request'] = (spec, limits) => canaryPort.request(running, spec, limits, signal)
  return openContext(500, { stack: running, request, signal, ...changes })
}

async function begun(ctx: ProbeContext): Promise<WorkloadLanes> {
  const work = await workloadExpectation.begin?.(SPEC, ctx)
  if (!(work instanceof WorkloadLanes)) throw new Error('the probe has begun something else')
  return work
}

const slowly: RequestListener = (_request, response) => {
  setTimeout(() => response.end('ok'), 60)
}

it('keeps so many under way from before the fault to the end of its window, and no longer', async () => {
  let underWay = 0
  let most = 0
  const { ctx, open } = await serving((request, response) => {
    underWay += 1
    most = Math.max(most, underWay)
    response.once('close', () => (underWay -= 1))
    slowly(request, response)
  })
  const work = await begun(ctx)
  await ctx.clock.sleep(100)
  open()
  const seen = await workloadExpectation.observe(SPEC, null, ctx, work)
  expect(seen.met).toBe(true)
  expect(seen.observed).toMatch(/^3 under way when the fault came; \d\d of \d\d did, slowest \d+ ms; 100 % good$/)
  expect(most).toBe(3)
  const { records } = work
  const sent = records.length
  await ctx.clock.sleep(150)
  expect(records).toHaveLength(sent)
  expect(Math.max(...records.map(({ startedMs }) => startedMs))).toBeLessThan(ctx.window().startedMs + 520)
})

it('sees one that hangs and one that is cut, among good ones', async () => {
  let count = 0
  const { ctx, open } = await serving((request, response) => {
    count += 1
    if (count === 5) return
    if (count !== 9) {
      slowly(request, response)
      return
    }
    response.writeHead(200, { 'content-length': '100', 'x-task-id': 't-9' })
    response.write('half')
    setTimeout(() => response.destroy(), 20)
  })
  const work = await begun(ctx)
  await ctx.clock.sleep(100)
  open()
  const seen = await workloadExpectation.observe(SPEC, null, ctx, work)
  expect(seen.met).toBe(false)
  expect(seen.observed).toMatch(/one sent \d+ ms (before|after) the fault: no whole answer within 400 ms/)
  expect(seen.observed).toMatch(/t-9 sent \d+ ms (before|after) the fault: status 200, (ECONNRESET|aborted|cut off)/)
})

it('asks a dead entry again, but not as fast as it can', async () => {
  const { ctx, open } = await serving(slowly)
  const [server] = servers.splice(0)
  server?.close()
  const work = await begun(ctx)
  open()
  const seen = await workloadExpectation.observe(SPEC, null, ctx, work)
  expect(seen.met).toBe(false)
  expect(seen.observed).toMatch(/ECONNREFUSED/)
  const { records } = work
  expect(records.length).toBeGreaterThan(3)
  expect(records.length).toBeLessThanOrEqual(3 * (500 / 50 + 1))
})

it('ends with the window also when nobody observes it yet', async () => {
  const { ctx, open } = await serving(slowly)
  const work = await begun(ctx)
  open()
  await ctx.clock.sleep(650)
  const sent = work.records.length
  await ctx.clock.sleep(200)
  expect(sent).toBeGreaterThan(3)
  expect([work.records.length, work.unendedMs]).toEqual([sent, []])
  expect((await workloadExpectation.observe(SPEC, null, ctx, work)).met).toBe(true)
})

it('ends when it is stopped before the window was opened, and when the scenario is cancelled', async () => {
  let count = 0
  const { ctx } = await serving((request, response) => {
    count += 1
    slowly(request, response)
  })
  const work = await begun(ctx)
  await ctx.clock.sleep(30)
  work.stop()
  work.stop()
  await ctx.clock.sleep(150)
  expect(count).toBe(3)

  const cancel = new AbortController()
  const other = await serving(slowly, { signal: cancel.signal })
  const lanes = await begun(other.ctx)
  other.open()
  const observed = workloadExpectation.observe(SPEC, null, other.ctx, lanes)
  cancel.abort(new Error('enough'))
  await expect(observed).rejects.toThrow()
  await ctx.clock.sleep(20)
  expect([lanes.unendedMs, lanes.records]).toEqual([[], []])
})

it('names a request that the descriptor does not have, before anything is injected', () => {
  const { ctx } = openContext(500)
  expect(() => workloadExpectation.baseline?.({ ...SPEC, name: 'pag' }, ctx)).toThrow(/has no request 'pag'; it has: page/)
})

/** A pool whose one member works on as many requests as `inFlight` says. */
function poolOf(inFlight: () => number): RunningStack['pool'] {
  const one = { id: 'w-1', state: 'busy', meaning: 'busy' as const, container: 'w' }
  return () => ({ members: () => Promise.resolve([{ ...one, inFlight: inFlight() }]), stop: () => Promise.resolve() })
}

it('has begun when the pool works on most of its requests, besides those that it had', async () => {
  let underWay = 0
  const held: (() => void)[] = []
  const { ctx } = await serving((_request, response) => {
    held.push(() => response.end('ok'))
    setTimeout(() => (underWay += 1), 80)
  })
  const asked = { ...ctx, stack: { ...ctx.stack, pool: poolOf(() => 2 + underWay) } }
  const work = await begun(asked)
  expect(underWay).toBeGreaterThanOrEqual(2)
  work.stop()
  for (const end of held) end()
})

it('begins all the same where the pool never has most of them', async () => {
  const { ctx, open } = await serving(slowly)
  const startedMs = ctx.clock.nowMs()
  const work = await begun({ ...ctx, stack: { ...ctx.stack, pool: poolOf(() => 1) } })
  expect(ctx.clock.nowMs() - startedMs).toBeGreaterThanOrEqual(1_990)
  open()
  expect((await workloadExpectation.observe(SPEC, null, ctx, work)).met).toBe(true)
})
