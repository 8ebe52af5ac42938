import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { Toxic, ToxiproxyPort } from '../../src/ports/toxiproxy.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { createToxiproxy } from '../../src/stack/links/toxiproxy.ts'
import type { Endpoint } from '../../src/toolbox/operations/arguments.ts'
import { PROXY_PORT, SERVER_PORT, signal, startRig, type Rig } from './support/toolbox-rig.ts'

let rig: Rig
let toxiproxy: ToxiproxyPort

const LATENCY: Toxic = {
  name: 'slow',
  type: 'latency',
  stream: 'downstream',
  toxicity: 0.3,
  attributes: { latency: 500, jitter: 100 },
}

beforeAll(async () => {
  rig = await startRig()
  toxiproxy = createToxiproxy(`${rig.toxiproxyUrl}/`)
  const wait = { everyMs: 50, attemptMs: 1_000, limitMs: 10_000, clock: systemClock, signal: signal() }
  await waitUntil(
    'toxiproxy answers',
    (inner) => toxiproxy.proxies(inner),
    (proxies) => proxies.length === 0,
    wait,
  )
  const proxy = { name: 'web', listen: `0.0.0.0:${PROXY_PORT}`, upstream: `${rig.runId}-server:${SERVER_PORT}` }
  await fetch(`${rig.toxiproxyUrl}/proxies`, { method: 'POST', body: JSON.stringify(proxy) })
}, 180_000)

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

describe('toxiproxy', () => {
  it('lists proxies with their toxics', async () => {
    await toxiproxy.addToxic('web', LATENCY, signal())
    const proxies = await toxiproxy.proxies(signal())
    expect(proxies).toEqual([
      {
        name: 'web',
        listen: `[::]:${PROXY_PORT}`,
        upstream: `${rig.runId}-server:${SERVER_PORT}`,
        enabled: true,
        toxics: [LATENCY],
      },
    ])
    expect(await toxiproxy.removeToxic('web', 'slow', signal())).toBe(true)
    expect(await toxiproxy.removeToxic('web', 'slow', signal())).toBe(false)
    expect(await toxiproxy.removeToxic('no-such-proxy', 'slow', signal())).toBe(false)
  })

  it('refuses a toxic that the server took differently, and leaves none behind', async () => {
    const typo = { ...LATENCY, attributes: { latecny: 500 } }
    await expect(toxiproxy.addToxic('web', typo, signal())).rejects.toMatchObject({
      code: 'TOXIPROXY_FAILED',
      message: expect.stringContaining('attribute latecny is not there, not 500') as string,
    })
    expect((await toxiproxy.proxies(signal()))[0]?.toxics).toEqual([])
  })

  it('passes on what the server says', async () => {
    await toxiproxy.addToxic('web', LATENCY, signal())
    await expect(toxiproxy.addToxic('web', LATENCY, signal())).rejects.toThrow(/answered 409: .*already exists/)
    await toxiproxy.removeToxic('web', 'slow', signal())
    await expect(toxiproxy.addToxic('web', { ...LATENCY, type: 'no_such' }, signal())).rejects.toThrow(
      /answered 400: .*toxic type/,
    )
    await expect(toxiproxy.addToxic('nowhere', LATENCY, signal())).rejects.toThrow(/answered 404: proxy not found/)
    await expect(toxiproxy.setEnabled('nowhere', false, signal())).rejects.toThrow(/answered 404/)
  })

  it('switches a proxy off and on', async () => {
    await toxiproxy.setEnabled('web', false, signal())
    expect((await toxiproxy.proxies(signal()))[0]?.enabled).toBe(false)
    await toxiproxy.setEnabled('web', true, signal())
    expect((await toxiproxy.proxies(signal()))[0]?.enabled).toBe(true)
  })

  it('has toxics that the toolbox measures from inside', async () => {
    const toolbox = rig.toolbox()
    const helper = await toolbox.start(rig.beside('observer'), signal())
    const target: Endpoint = { host: `${rig.runId}-toxiproxy`, port: PROXY_PORT }
    const args = { target, path: '/', headers: {}, count: 5, intervalMs: 20, timeoutMs: 3_000 }
    const measure = async () => (await helper.call('probe.http', args, signal())).samples
    // Some are late on a machine that is busy with something else; all are where a toxic is on.
    const fastest = (samples: Awaited<ReturnType<typeof measure>>): number =>
      Math.min(...samples.map(({ totalMs }) => totalMs ?? Infinity))
    try {
      expect(fastest(await measure())).toBeLessThan(200)
      await toxiproxy.addToxic('web', { ...LATENCY, toxicity: 1, attributes: { latency: 400 } }, signal())
      const slowed = await measure()
      for (const sample of slowed) expect(sample.totalMs).toBeGreaterThan(395)
      // The connection is the proxy's, which accepts at once.
      expect(Math.min(...slowed.map(({ connectMs }) => connectMs ?? Infinity))).toBeLessThan(100)
      await toxiproxy.removeToxic('web', 'slow', signal())
      await toxiproxy.addToxic(
        'web',
        { name: 'narrow', type: 'bandwidth', stream: 'downstream', toxicity: 1, attributes: { rate: 10 } },
        signal(),
      )
      const transfer = { target, path: '/large', headers: {}, repeat: 1, limitMs: 3_000 }
      const moved = await helper.call('probe.transfer', transfer, signal())
      expect(moved.end).toBe('timeout')
      expect(moved.bytes).toBeGreaterThan(20_000)
      expect(moved.bytes).toBeLessThan(40_000)
      await toxiproxy.removeToxic('web', 'narrow', signal())
      await toxiproxy.addToxic(
        'web',
        { name: 'late', type: 'slow_close', stream: 'downstream', toxicity: 1, attributes: { delay: 600 } },
        signal(),
      )
      const closed = await measure()
      expect(fastest(closed)).toBeLessThan(200)
      // Who reads the answer late counts less of the wait as the closing's: together they are no shorter.
      for (const { totalMs, closeMs } of closed) expect((totalMs ?? 0) + (closeMs ?? 0)).toBeGreaterThan(595)
      await toxiproxy.removeToxic('web', 'late', signal())
    } finally {
      expect((await toolbox.stop(helper.name, signal()))?.exitCode).toBe(0)
    }
  })
})

describe('a server that is not toxiproxy', () => {
  async function answering(body: string, status = 200): Promise<{ url: string; close: () => void }> {
    const server = createServer((_request, response) => response.writeHead(status).end(body))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
  }

  it.each([
    ['<html>', 200, /something else than toxiproxy/],
    ['{"web":{"name":"web"}}', 200, /something else than toxiproxy/],
    ['{"error":"boom","status":500}', 500, /answered 500: boom/],
    ['x'.repeat(2_000_000), 200, /longer than 1048576 bytes/],
  ])('is told apart: %.30s', async (body, status, message) => {
    const server = await answering(body, status)
    try {
      await expect(createToxiproxy(server.url).proxies(signal())).rejects.toThrow(message)
    } finally {
      server.close()
    }
  })

  it('or that is not there, is an error with a next step; a cancelled call says so', async () => {
    const nowhere = createToxiproxy('http://127.0.0.1:9')
    await expect(nowhere.proxies(signal())).rejects.toMatchObject({
      code: 'TOXIPROXY_FAILED',
      hint: expect.any(String) as string,
    })
    await expect(nowhere.removeToxic('web', 'slow', AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
