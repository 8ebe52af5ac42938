import { beforeEach, describe, expect, test, vi } from 'vitest'
import { recordingLog } from '../testing/support.ts'
import { HIVE_POLICY, type HivePolicy } from './policy.ts'
import type { ProcessIdentity } from './process-info.ts'
import { WorkerRegistry, type Member, type WorkerClaim } from './registry.ts'
import { WorkerStopper } from './stopper.ts'

const dead = new Set<number>()
const happened: string[] = []
/** Why whose requests were ended. */
const cutOff: string[] = []
let registry: WorkerRegistry

const claim = (name: string, pid: number | null): WorkerClaim => ({
  workerId: name,
  url: 'http://127.0.0.1:1',
  container: name,
  vramBytes: 0,
  process: pid === null ? null : { pid, startTicks: '1' },
})
const isAlive = (process: ProcessIdentity): boolean => !dead.has(process.pid)
const ids = (): string[] => registry.list().map((member) => `${member.claim.workerId} ${member.state}`)

beforeEach(() => {
  dead.clear()
  happened.length = 0
  cutOff.length = 0
  registry = poolWith(HIVE_POLICY)
})

function poolWith(policy: HivePolicy): WorkerRegistry {
  let next = 0
  return new WorkerRegistry({
    policy,
    newId: () => `reg-${(next += 1)}`,
    openLink: ({ workerId }) => ({ close: (reason) => cutOff.push(`${workerId}: ${reason}`) }),
    isAlive,
    events: {
      failed: (member, reason) => happened.push(`${member.id} failed: ${reason}`),
      removed: (member, reason) => happened.push(`${member.id} removed: ${reason}`),
    },
  })
}

function readyMember(name: string, pid: number | null, nowMs = 0): Member {
  const member = registry.register(claim(name, pid), nowMs)
  expect(registry.ready(member.id, nowMs)).toBe(true)
  return member
}

describe('registration', () => {
  test('work comes only after ready', () => {
    const member = registry.register(claim('a', 1), 0)
    expect(registry.candidates()).toEqual([])
    const listener = vi.fn()
    registry.onCandidate(listener)
    expect(registry.ready(member.id, 10)).toBe(true)
    expect(listener).toHaveBeenCalledOnce()
    expect(registry.candidates()).toEqual([member])
    expect(registry.ready('reg-unknown', 10)).toBe(false)
    registry = poolWith({ ...HIVE_POLICY, givesWork: 'when-registered' })
    const early = registry.register(claim('a', 1), 0)
    expect(registry.candidates()).toEqual([early])
  })

  test('without ready it fails at its limit, stays listed for a minute, and never gets work', () => {
    const member = registry.register(claim('a', 1), 0)
    dead.add(1)
    registry.sweep(2_750, 0)
    expect(ids()).toEqual(['a registering'])
    registry.sweep(3_000, 0)
    expect(ids()).toEqual(['a failed'])
    expect(happened).toEqual(['reg-1 failed: not ready in time'])
    expect(registry.ready(member.id, 3_001)).toBe(false)
    expect(registry.heartbeat(member.id, { stopping: false, vramUsedBytes: 0 }, 3_001)).toBe(false)
    registry.sweep(63_000, 0)
    expect(ids()).toEqual(['a failed'])
    registry.sweep(63_001, 0)
    expect(ids()).toEqual([])
  })

  test('a new registration of the same worker replaces one that was ready, not one that never was', () => {
    readyMember('a', 1)
    registry.register(claim('a', 2), 100)
    expect(ids()).toEqual(['a registering'])
    expect(happened).toEqual(['reg-1 removed: registered again'])
    registry.register(claim('a', 3), 200)
    expect(ids()).toEqual(['a registering', 'a registering'])
    expect(registry.find('a')?.id).toBe('reg-3')
  })

  test('failed ones are bounded', () => {
    for (let index = 0; index < 300; index += 1) registry.register(claim(`w${index}`, index + 1), 0)
    registry.sweep(3_001, 0)
    expect(registry.list()).toHaveLength(256)
    expect(registry.list()[0]?.claim.workerId).toBe('w44')
  })
})

describe('death', () => {
  test('a process that is gone is removed at the next sweep', () => {
    readyMember('a', 1)
    readyMember('b', 2)
    dead.add(1)
    registry.sweep(100, 0)
    expect(ids()).toEqual(['b ready'])
    expect(happened).toEqual(['reg-1 removed: process gone'])
  })

  test('one that is silent is removed after 2 s; a heartbeat keeps it; our own standstill does not count', () => {
    const member = readyMember('a', null)
    registry.sweep(2_000, 0)
    registry.heartbeat(member.id, { stopping: false, vramUsedBytes: 7 }, 2_000)
    expect(member.vramUsedBytes).toBe(7)
    registry.sweep(4_000, 0)
    registry.sweep(9_000, 5_000)
    expect(ids()).toEqual(['a ready'])
    registry.sweep(9_001, 0)
    expect(happened).toEqual(['reg-1 removed: no heartbeat'])
  })

  test('one whose request broke off gets no work until it is heard again', () => {
    const member = readyMember('a', 1)
    registry.suspect(member)
    expect(registry.candidates()).toEqual([])
    registry.heartbeat(member.id, { stopping: false, vramUsedBytes: 0 }, 100)
    expect(registry.candidates()).toEqual([member])
    dead.add(1)
    registry.suspect(member)
    registry.suspect(member)
    expect(happened).toEqual(['reg-1 removed: process gone'])
  })
})

describe('the defect that keeps dead workers', () => {
  test('neither a lost process nor silence nor a successor takes one out of the pool', () => {
    registry = poolWith({ ...HIVE_POLICY, removesDead: false })
    const member = readyMember('a', 1)
    dead.add(1)
    registry.suspect(member)
    registry.sweep(60_000, 0)
    readyMember('a', 2, 60_000)
    expect(ids()).toEqual(['a ready', 'a ready'])
    expect(registry.candidates().map(({ id }) => id)).toEqual(['reg-2'])
  })
})

describe('stop', () => {
  const killed: string[] = []
  const stopper = (stopLimitMs: number | null = 50): WorkerStopper => {
    killed.length = 0
    const kill = (pid: number, signal: string): void => void killed.push(`${signal} ${pid}`)
    return new WorkerStopper(registry, { policy: { ...HIVE_POLICY, stopLimitMs }, isAlive, kill }, recordingLog().log)
  }

  test('SIGTERM, then SIGKILL for one that stays; silent meanwhile, but not removed until it is gone', async () => {
    const member = readyMember('a', 1)
    const stop = stopper()
    stop.stop(member)
    stop.stop(member)
    expect(registry.candidates()).toEqual([])
    registry.sweep(2_000, 0)
    expect(cutOff).toEqual([])
    registry.sweep(2_001, 0)
    registry.sweep(60_000, 0)
    expect(ids()).toEqual(['a stopping'])
    // Its work goes to others, once.
    expect(cutOff).toEqual(['a: silent while it is being stopped'])
    await vi.waitFor(() => {
      expect(killed).toEqual(['SIGTERM 1', 'SIGKILL 1'])
    })
    dead.add(1)
    registry.sweep(60_100, 0)
    expect(happened).toEqual(['reg-1 removed: stopped'])
  })

  test('one that heeds SIGTERM is not killed', async () => {
    const member = readyMember('a', 1)
    stopper().stop(member)
    dead.add(1)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(killed).toEqual(['SIGTERM 1'])
  })

  test('one that is gone before SIGTERM gets none: its number may be another process by now', () => {
    const member = readyMember('a', 1)
    dead.add(1)
    stopper().stop(member)
    expect(killed).toEqual([])
  })

  test('the defect that never kills leaves it at SIGTERM', async () => {
    const member = readyMember('a', 1)
    stopper(null).stop(member)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(killed).toEqual(['SIGTERM 1'])
  })

  test('a process that the hive cannot see is not signalled', () => {
    const member = readyMember('a', null)
    expect(() => {
      stopper().stop(member)
    }).toThrow(expect.objectContaining({ status: 409 }))
    expect(killed).toEqual([])
  })
})
