/** What the files about helpers share: a rig for each of them, which every test leaves as it found it. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { systemClock } from '../../../src/core/time/clock.ts'
import type { ToolboxHelper, ToolboxPort } from '../../../src/ports/toolbox.ts'
import { waitUntil } from '../../../src/core/time/wait.ts'
import type { Endpoint } from '../../../src/toolbox/operations/arguments.ts'
import { SERVER_PORT, signal, startRig, type Rig } from './toolbox-rig.ts'

export let rig: Rig
export let toolbox: ToolboxPort
export let server: Endpoint
/** By container: one that looks into its namespaces after each test. A helper for each look took as long as the tests. */
let lookers: ReadonlyMap<string, ToolboxHelper> = new Map()
export const wait = { everyMs: 50, attemptMs: 5_000, limitMs: 15_000, clock: systemClock }

beforeAll(async () => {
  rig = await startRig()
  toolbox = rig.toolbox()
  server = { host: `${rig.runId}-server`, port: SERVER_PORT }
  const observer = await toolbox.start(rig.beside('ready'), signal())
  await waitUntil(
    'the server answers',
    () => probe(observer, server, 1),
    ([sample]) => sample?.status === 200,
    { ...wait, signal: signal() },
  )
  await toolbox.stop(observer.name, signal())
  const containers = [rig.client, rig.server, rig.toxiproxy]
  const helpers = await Promise.all(
    containers.map((container, index) => toolbox.start(rig.inside(container, `look-${index}`), signal())),
  )
  lookers = new Map(containers.map((container, index) => [container, at(helpers, index)]))
}, 180_000)

afterAll(async () => {
  const ends: unknown[] = []
  for (const { name } of lookers.values()) ends.push((await toolbox.stop(name, signal()))?.exitCode)
  await rig[Symbol.asyncDispose]()
  expect(ends).toEqual([0, 0, 0])
})

// Whatever a test did, the next one starts with clean namespaces, or says so.
afterEach(async () => {
  for (const container of lookers.keys()) expect(await leftovers(container)).toEqual([])
})

export async function probe(
  helper: ToolboxHelper,
  target: Endpoint,
  count: number,
  options: { path?: string; intervalMs?: number; timeoutMs?: number } = {},
) {
  const args = { target, path: '/', headers: {}, count, intervalMs: 20, timeoutMs: 3_000, ...options }
  return (await helper.call('probe.http', args, signal())).samples
}

export async function leftovers(container: string): Promise<string[]> {
  const looker = lookers.get(container)
  if (looker === undefined) throw new Error(`nobody looks into ${container}`)
  return (await looker.call('leftovers', {}, signal())).found
}

/** Runs `work` with helpers that are stopped whatever happens; each must undo its work and exit with 0. */
export async function withHelpers<T>(
  port: ToolboxPort,
  helpers: Promise<ToolboxHelper>[],
  work: (helpers: ToolboxHelper[]) => Promise<T>,
): Promise<T> {
  const started = await Promise.all(helpers)
  const ends: unknown[] = []
  try {
    return await work(started)
  } finally {
    for (const { name } of started) ends.push((await port.stop(name, signal()))?.exitCode)
    expect(ends).toEqual(started.map(() => 0))
  }
}

export function at<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new Error(`no element ${index}`)
  return value
}
