import { msBetween } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import { breach, HOST_FLOORS, HostGuard } from './host-guard.ts'

const MIB = 1024 * 1024
const floors = { memAvailableBytes: 512 * MIB, diskFreeBytes: 1024 * MIB }
const facts = (memory: number, disk: number): HostFacts => ({
  ...{ memTotalBytes: 16_000 * MIB, cpuTotalTicks: 0, cpuIdleTicks: 0, cpuStolenTicks: 0, cpus: 2 },
  memAvailableBytes: memory * MIB,
  diskFreeBytes: disk * MIB,
})

describe('breach', () => {
  it('is none at the floors or above', () => {
    expect(breach(facts(512, 1_024), floors)).toBeNull()
    expect(breach(facts(8_000, 100_000), floors)).toBeNull()
  })

  it('names what is below, with both figures', () => {
    expect(breach(facts(511, 100_000), floors)).toBe('the machine has 511 MiB of memory available, the floor is 512 MiB')
    expect(breach(facts(8_000, 1_023), floors)).toBe("Docker's disk has 1023 MiB free, the floor is 1024 MiB")
  })
})

type Reading = HostFacts | 'fails' | 'hangs'

/** A watch whose readings come as listed, the last of them for ever. */
async function watched(...readings: readonly Reading[]) {
  const clock = new VirtualClock()
  const { signal } = new AbortController()
  const askedAtMs: number[] = []
  const startMs = clock.nowMs()
  const read = async (inner: AbortSignal): Promise<HostFacts> => {
    const next = readings[Math.min(askedAtMs.length, readings.length - 1)]
    askedAtMs.push(msBetween(startMs, clock.nowMs()))
    if (next === 'hangs') await clock.sleep(1_000_000, inner)
    if (next === undefined || next === 'fails' || next === 'hangs') throw new Error('nobody answers')
    return next
  }
  return { clock, guard: await HostGuard.start({ clock, read, floors, signal }), askedAtMs }
}

const WELL: HostFacts = facts(8_000, 100_000)

describe('the watch of the machine', () => {
  it('tells what the host took of the CPU time between the first look and the last', async () => {
    const at = (cpuTotalTicks: number, cpuStolenTicks: number): HostFacts => ({ ...WELL, cpuTotalTicks, cpuStolenTicks })
    const { clock, guard } = await watched(at(100, 5), at(200, 5), at(300, 55), 'fails')
    expect(guard.result().cpuStolenPercent).toBeNull()
    await clock.pass(600)
    expect(guard.result().cpuStolenPercent).toBe(0)
    await clock.pass(1_000)
    expect(guard.result().cpuStolenPercent).toBe(25)
    guard.stop()
  })

  it('looks twice a second, and keeps the lowest of each figure', async () => {
    const { clock, guard, askedAtMs } = await watched(WELL, facts(6_000, 90_000), facts(7_000, 80_000), WELL)
    await clock.pass(2_100)
    expect(askedAtMs).toEqual([0, 500, 1_000, 1_500, 2_000])
    expect(guard.result()).toEqual({
      memAvailableMinBytes: 6_000 * MIB,
      memAvailableFloorBytes: 512 * MIB,
      diskFreeMinBytes: 80_000 * MIB,
      diskFreeFloorBytes: 1_024 * MIB,
      cpuStolenPercent: null,
    })
    expect(guard.signal.aborted).toBe(false)
    guard.stop()
  })

  it('ends when it is stopped, and that is no breach', async () => {
    const { clock, guard, askedAtMs } = await watched(WELL)
    await clock.pass(600)
    guard.stop()
    await clock.pass(5_000)
    expect([askedAtMs.length, guard.signal.aborted]).toEqual([2, false])
  })

  it('that is stopped while it looks ends as well', async () => {
    const { clock, guard, askedAtMs } = await watched(WELL, 'hangs')
    await clock.pass(1_000)
    guard.stop()
    await clock.pass(60_000)
    expect([askedAtMs.length, guard.signal.aborted]).toEqual([2, false])
  })

  it('says which floor was reached, and looks no more', async () => {
    const { clock, guard, askedAtMs } = await watched(WELL, facts(8_000, 1_000))
    await clock.pass(5_000)
    expect(guard.signal.reason).toMatchObject({
      code: 'HOST_GUARD',
      message: "Docker's disk has 1000 MiB free, the floor is 1024 MiB: the fault was ended",
    })
    expect([askedAtMs.length, guard.result().diskFreeMinBytes]).toEqual([2, 1_000 * MIB])
  })

  it('that cannot look three times in a row ends the fault: an unwatched machine is not put at risk', async () => {
    const { clock, guard, askedAtMs } = await watched(WELL, 'fails')
    await clock.pass(1_400)
    expect(guard.signal.aborted).toBe(false)
    await clock.pass(5_000)
    expect(guard.signal.reason).toMatchObject({
      code: 'HOST_GUARD',
      message: 'the machine could not be watched any more: nobody answers',
    })
    expect(askedAtMs).toEqual([0, 500, 1_000, 1_500])
  })

  it('goes on where it cannot look now and then', async () => {
    const { clock, guard } = await watched(WELL, 'fails', 'fails', WELL, 'fails', 'fails', WELL)
    await clock.pass(10_000)
    expect(guard.signal.aborted).toBe(false)
    guard.stop()
  })

  it('does not wait for a look that hangs: that one has failed', async () => {
    const { clock, guard } = await watched(WELL, 'hangs')
    await clock.pass(10_400)
    expect(guard.signal.aborted).toBe(false)
    await clock.pass(200)
    expect(guard.signal.reason).toMatchObject({
      message: 'the machine could not be watched any more: a look at the machine took longer than 3000 ms',
    })
  })

  it('has floors that leave Docker and the kernel what they need', () => {
    expect(HOST_FLOORS).toEqual({ memAvailableBytes: 536_870_912, diskFreeBytes: 1_073_741_824 })
  })

  it('does not begin below a floor', async () => {
    await expect(watched(facts(100, 100_000))).rejects.toMatchObject({
      code: 'HOST_GUARD',
      message: 'the machine has 100 MiB of memory available, the floor is 512 MiB, so nothing was injected',
      hint: 'Free memory or disk space on the machine that runs Docker.',
    })
  })
})
