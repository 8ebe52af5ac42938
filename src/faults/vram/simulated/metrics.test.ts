import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ContainerState } from '../../../ports/docker.ts'
import { helper } from '../../../ports/toolbox.fixture.ts'
import type { FetchReply } from '../../../toolbox/operations/requests/fetch.ts'
import type { ArgumentsOf } from '../../../toolbox/operations/registry.ts'
import { container, containers, faultContext } from '../../shared/context.fixture.ts'
import { memoryOn, MemoryReader } from './metrics.ts'

const METRICS = { port: 9_100, path: '/metrics', usedBytes: 'vram_used', totalBytes: 'vram_total' }

describe('memoryOn', () => {
  test('adds up the devices of a page', () => {
    const page =
      '# TYPE vram_used gauge\nvram_used{device="0"} 5\nvram_used{device="1"} 1.5e1\nvram_total 64\nvram_used_ratio 9\n'
    expect(memoryOn(page, METRICS)).toEqual({ usedBytes: 20, totalBytes: 64 })
    expect(memoryOn('vram_used 0\nvram_total 0\n', METRICS)).toEqual({ usedBytes: 0, totalBytes: 0 })
  })

  test.each([
    ['a page without them', 'other 1\n', 'vram_used'],
    ['a page without one of them', 'vram_used 1\n', 'vram_total'],
    ['a number that is none', 'vram_used NaN\nvram_total 4\n', 'vram_used'],
    ['a number without an end', 'vram_used 1\nvram_total +Inf\n', 'vram_total'],
    ['less than nothing', 'vram_used -1\nvram_total 4\n', 'vram_used'],
    ['an empty page', '', 'vram_used'],
  ])('refuses %s', (_name, page, metric) => {
    const refusal = {
      code: 'BAD_INPUT',
      message: `the metrics page has no number under '${metric}'`,
      hint: "Check vram.metrics of the stack descriptor against the service's own page.",
    }
    expect(() => memoryOn(page, METRICS)).toThrow(expect.objectContaining(refusal) as Error)
  })
})

describe('the memory of a service', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const SPEC = { service: 'worker', request: 'infer', sizeKey: 'max_tokens', largest: 100, smallest: 1, metrics: METRICS }

  function worker(place: number, change: Partial<ContainerState> = {}): ContainerState {
    return container({
      id: `w${place}`,
      name: `worker-${place}`,
      addresses: { test: `10.0.0.${place}` },
      ...change,
    })
  }

  function page(used: number, change: Partial<FetchReply> = {}): FetchReply {
    return { status: 200, body: `vram_used ${used}\nvram_total 64\n`, complete: true, totalMs: 1, error: null, ...change }
  }

  /** A reader of a service that is so, and what was asked of it. */
  function reading(
    list: () => readonly ContainerState[],
    fetch: (host: string) => FetchReply,
  ): { readonly reader: MemoryReader; readonly asked: ArgumentsOf<'fetch'>[]; readonly listings: () => number } {
    const asked: ArgumentsOf<'fetch'>[] = []
    let listings = 0
    const { ctx } = faultContext(6_000, {
      containers: containers({
        list: () => {
          listings += 1
          return Promise.resolve([...list()])
        },
      }),
      observer: helper('observer', {
        fetch: (args) => {
          asked.push(args)
          return fetch(args.target.host)
        },
      }),
    })
    return { reader: new MemoryReader(SPEC, ctx), asked, listings: () => listings }
  }
  const { signal } = new AbortController()

  test('is that of each running container, on its own page', async () => {
    const all = [worker(1), worker(2, { status: 'exited' }), worker(3)]
    const { reader, asked } = reading(
      () => all,
      (host) => page(host === '10.0.0.1' ? 7 : 9),
    )
    expect(await reader.read(signal)).toEqual({
      containers: [
        { usedBytes: 7, totalBytes: 64 },
        { usedBytes: 9, totalBytes: 64 },
      ],
      unread: 0,
    })
    const request = { method: 'GET', path: '/metrics', headers: {}, body: null, timeoutMs: 2_000, maxBytes: 2_097_152 }
    expect(asked).toEqual(['10.0.0.1', '10.0.0.3'].map((host) => ({ target: { host, port: 9_100 }, ...request })))
  })

  test.each([
    ['answers with an error', page(7, { status: 503 })],
    ['does not answer', page(7, { status: null })],
    ['is cut', page(7, { complete: false })],
  ])('is not told by a page that %s, and then the containers are listed again', async (_how, bad) => {
    const pages = [page(1), bad, page(3)]
    const { reader, listings } = reading(
      () => [worker(1)],
      () => pages.shift() ?? bad,
    )
    expect(await reader.read(signal)).toMatchObject({ containers: [{ usedBytes: 1 }], unread: 0 })
    expect([await reader.read(signal), listings()]).toEqual([{ containers: [], unread: 1 }, 1])
    expect([(await reader.read(signal)).unread, listings()]).toEqual([0, 2])
  })

  test('is asked of the same containers for a second', async () => {
    const { reader, listings } = reading(
      () => [worker(1)],
      () => page(7),
    )
    await reader.read(signal)
    await vi.advanceTimersByTimeAsync(1_000)
    await reader.read(signal)
    expect(listings()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await reader.read(signal)
    expect(listings()).toBe(2)
  })

  test('is that of one at least', async () => {
    const { reader } = reading(
      () => [worker(1, { status: 'exited' })],
      () => page(7),
    )
    await expect(reader.read(signal)).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: "no container of the service 'worker' is running",
    })
  })
})
