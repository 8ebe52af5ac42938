/** The guard of the machine, with real readings by a helper and memory that this process really takes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { isChaosError } from '../../src/core/errors.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { HostGuard } from '../../src/engine/watch/host-guard.ts'
import { legsDescriptor } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { signal } from './stack-fixture.ts'

const MIB = 1024 * 1024

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(legsDescriptor())
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function start(memAvailableBytes: number, diskFreeBytes: number): Promise<HostGuard> {
  const floors = { memAvailableBytes, diskFreeBytes }
  return HostGuard.start({
    clock: systemClock,
    read: (inner) => rig.observer.call('host.read', {}, inner),
    floors,
    signal: signal(),
  })
}

test('refuses to begin on a machine that is below a floor, and says which', async () => {
  const tooMuch = 1024 ** 5
  for (const [memoryFloor, diskFloor, what] of [
    [tooMuch, 1, /of memory available, the floor is .+ so nothing was injected$/],
    [1, tooMuch, /^Docker's disk has .+ so nothing was injected$/],
  ] as const) {
    const failure: unknown = await start(memoryFloor, diskFloor).catch((error: unknown) => error)
    expect(isChaosError(failure, 'HOST_GUARD')).toBe(true)
    expect((failure as Error).message).toMatch(what)
  }
})

test('ends the fault when the memory of the machine goes below the floor, and keeps the lowest reading', async () => {
  const { memAvailableBytes, memTotalBytes } = await rig.observer.call('host.read', {}, signal())
  expect(memAvailableBytes).toBeGreaterThan(1_024 * MIB)
  expect(memTotalBytes).toBeGreaterThan(memAvailableBytes)
  const floor = memAvailableBytes - 384 * MIB
  const guard = await start(floor, 1)
  try {
    // Written, so that the pages are really there.
    const taken = Buffer.alloc(768 * MIB, 1)
    const options = { everyMs: 50, attemptMs: 1_000, limitMs: 10_000, signal: signal(), clock: systemClock }
    await waitUntil(
      'the breach',
      () => Promise.resolve(guard.signal.aborted),
      (aborted) => aborted,
      options,
    )
    expect(taken.length).toBe(768 * MIB)
    expect(isChaosError(guard.signal.reason, 'HOST_GUARD')).toBe(true)
    expect(guard.result().memAvailableMinBytes).toBeLessThan(floor)
    expect(guard.result().memAvailableFloorBytes).toBe(floor)
  } finally {
    guard.stop()
  }
})
